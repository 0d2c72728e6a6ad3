"""The query builder: lazy, immutable, the same for the library and the service (spec 30 §5)."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeVar, cast

from horde_model_reference.catalog.conditions import condition
from horde_model_reference.catalog.ordering import value_at
from horde_model_reference.catalog.predicates import (
    HasTags,
    LacksTags,
    PathPredicate,
    Predicate,
    as_predicate,
    matching_rows,
)
from horde_model_reference.catalog.query_fields import FieldRef, OrderSpec
from horde_model_reference.catalog.record_table import RecordTable, Rows
from horde_model_reference.domain.categories import Domain, Purpose
from horde_model_reference.domain.records import GenericModelRecord

CANONICAL_SOURCE = "horde"
"""Where records come from that carry no other origin."""

Record = TypeVar("Record", bound=GenericModelRecord)
Field = str | FieldRef


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What a query asks for, apart from the records."""

    predicates: tuple[Predicate, ...] = ()
    source_tests: tuple[Callable[[str], bool], ...] = ()
    path: tuple[str, ...] | None = None
    descending: bool = False
    offset: int = 0
    limit: int | None = None


class ModelQuery(Generic[Record]):
    """A question to a set of records; nothing is read before a call that ends it.

    Every call before that returns a new query and leaves this one as it is.
    """

    def __init__(  # noqa: PLR0913 - public; the names are the contract (spec 30 §5)
        self,
        records: Iterable[Record] | RecordTable,
        record_type: type[Record],
        *,
        predicates: Iterable[Callable[[Any], bool]] = (),
        sort_key: str | None = None,
        sort_descending: bool = False,
        offset_value: int = 0,
        limit_value: int | None = None,
        sources: Sequence[str] | None = None,
        source_predicates: Iterable[Callable[[str], bool]] = (),
        source_status: Mapping[str, str] | None = None,
    ) -> None:
        """Ask all of these records, which share a class.

        A table keeps its look-ups from query to query; other records are read anew by each query made from
        them.

        Raises:
            ValueError: There are not as many sources as records, or the sort key is no field.
        """
        self._table = records if isinstance(records, RecordTable) else RecordTable(records)
        self._record_type = record_type
        self._sources = sources
        self._source_status = source_status
        if sources is not None and len(sources) != len(self._table):
            raise ValueError(f"{len(self._table)} records need as many sources, not {len(sources)}")
        self._plan = _Plan(
            predicates=tuple(map(as_predicate, predicates)),
            source_tests=tuple(source_predicates),
            path=None if sort_key is None else self._checked_path(sort_key),
            descending=sort_descending,
            offset=offset_value,
            limit=limit_value,
        )

    def where(self, *predicates: Callable[[Any], bool], **conditions: object) -> Self:
        """Keep the records that meet all conditions.

        A keyword is a field or a path (``metadata__created_at``), with one of the endings ``__lt``,
        ``__lte``, ``__gt``, ``__gte``, ``__ne``, ``__in`` and ``__contains``, or without one for equality,
        where several values mean one of them. None meets no condition with an ending.

        Raises:
            ValueError: A keyword begins with no field of the records. Later, when the query runs: nothing is
                at a path, or values can't be compared.
        """
        asked = [as_predicate(predicate) for predicate in predicates]
        for name, value in conditions.items():
            field, predicate = condition(name, value)
            self._require_field(field)
            asked.append(predicate)
        return self._with(predicates=(*self._plan.predicates, *asked))

    def where_classification(
        self, *, domain: Domain | str | None = None, purpose: Purpose | str | None = None
    ) -> Self:
        """Keep the records of a domain, of a purpose, or of both."""
        asked = [
            PathPredicate(("model_classification", part), _equals(value))
            for part, value in (("domain", domain), ("purpose", purpose))
            if value is not None
        ]
        return self._with(predicates=(*self._plan.predicates, *asked))

    def tags_any(self, tags: Iterable[str]) -> Self:
        """Keep the records that have one of the tags; raise ValueError where records have no tags."""
        return self._with_tags(HasTags(tags, every=False))

    def tags_all(self, tags: Iterable[str]) -> Self:
        """Keep the records that have all tags, and at least one; raise ValueError as `tags_any` does."""
        return self._with_tags(HasTags(tags, every=True))

    def tags_none(self, tags: Iterable[str]) -> Self:
        """Keep the records that have none of the tags; raise ValueError as `tags_any` does."""
        return self._with_tags(LacksTags(tags))

    def filter(self, predicate: Callable[[Any], bool]) -> Self:
        """Keep the records for which a function of the record says so."""
        return self._with(predicates=(*self._plan.predicates, as_predicate(predicate)))

    def where_source(self, *source_ids: str) -> Self:
        """Keep the records of some sources, before equal names are dropped."""
        return self._with(source_tests=(*self._plan.source_tests, frozenset(source_ids).__contains__))

    def order_by(self, field: Field | OrderSpec, *, descending: bool = False) -> Self:
        """Sort by a field or path, in place of an earlier order; None is greater than everything.

        Raises:
            ValueError: It begins with no field of the records. Later: values can't be compared.
        """
        if isinstance(field, OrderSpec):
            return self._with(path=self._checked_path(field.field_name), descending=field.descending)
        return self._with(path=self._checked_path(field), descending=descending)

    def offset(self, count: int) -> Self:
        """Leave out that many of the first records."""
        return self._with(offset=count)

    def limit(self, count: int) -> Self:
        """Take at most that many; a negative number leaves out that many at the end."""
        return self._with(limit=count)

    def to_list(self) -> list[Record]:
        """Return the records: of equal names the first that met the conditions, in the order asked for."""
        return self._records(self._rows())

    def first(self) -> Record | None:
        """Return the first record, None where there is none."""
        rows = self._rows()
        return self._records(rows[:1])[0] if rows else None

    def count(self) -> int:
        """Return how many records there are, within offset and limit."""
        return len(self._rows())

    def distinct(self, field: Field) -> list[Any]:
        """Return the values of a field, each once, in the order they come.

        Raises:
            ValueError: The records have no such field, or a value is a mapping.
        """
        first_of: dict[Hashable, Any] = {}
        for _, key, value in self._keyed(field):
            first_of.setdefault(key, value)
        return list(first_of.values())

    def group_by(self, field: Field) -> dict[Any, list[Record]]:
        """Return the records by the value of a field, in the order they come; lists become tuples.

        Raises:
            ValueError: The records have no such field, or a value is a mapping.
        """
        rows_of: dict[Any, list[int]] = {}
        for row, key, _ in self._keyed(field):
            rows_of.setdefault(key, []).append(row)
        return {key: self._records(rows) for key, rows in rows_of.items()}

    def rows(self) -> tuple[RecordTable, Rows]:
        """Return the table and the rows that `to_list` would take, for readers that need no records."""
        return self._table, self._rows()

    def to_list_with_source(self) -> list[tuple[Record, str]]:
        """Return the records, each with the id of its source."""
        rows = self._rows()
        return list(zip(self._records(rows), map(self._source_of, rows), strict=True))

    def sources(self) -> list[str]:
        """Return the ids of the sources that the records come from, in the order they come."""
        return list(dict.fromkeys(map(self._source_of, self._rows())))

    def group_by_source(self) -> dict[str, list[Record]]:
        """Return the records by source."""
        groups: dict[str, list[Record]] = {}
        for record, source in self.to_list_with_source():
            groups.setdefault(source, []).append(record)
        return groups

    def duplicate_names(self) -> dict[str, list[str]]:
        """Return the names that more than one record has that meets the conditions, with their sources."""
        names = self._table.column("name")
        sources_of: dict[str, list[str]] = {}
        for row in self._matching():
            sources_of.setdefault(names[row], []).append(self._source_of(row))
        return {name: sources for name, sources in sources_of.items() if len(sources) > 1}

    def has_duplicate_names(self) -> bool:
        """Tell whether `duplicate_names` has any."""
        return bool(self.duplicate_names())

    def source_status(self) -> dict[str, str]:
        """Return how reading each selected source went: ``ok``, ``empty`` or ``error``."""
        if self._source_status is not None:
            return dict(self._source_status)
        return dict.fromkeys(map(self._source_of, range(len(self._table))), "ok")

    def failed_sources(self) -> list[str]:
        """Return the ids of the sources that could not be read."""
        return [source for source, status in self.source_status().items() if status == "error"]

    def _rows(self) -> Rows:
        plan = self._plan
        rows = self._table.first_of_each_name(self._matching())
        if plan.path is not None:
            rows = self._table.in_order(rows, plan.path, descending=plan.descending)
        if plan.offset:
            rows = rows[plan.offset :]
        return rows if plan.limit is None else rows[: plan.limit]

    def _matching(self) -> Rows:
        rows = matching_rows(self._table, self._plan.predicates)
        for test in self._plan.source_tests:
            rows = [row for row in rows if test(self._source_of(row))]
        return rows

    def _records(self, rows: Rows) -> list[Record]:
        return cast("list[Record]", self._table.take(rows))

    def _source_of(self, row: int) -> str:
        return CANONICAL_SOURCE if self._sources is None else self._sources[row]

    def _keyed(self, field: Field) -> list[tuple[int, Hashable, Any]]:
        path = self._checked_path(field)
        column = self._table.column(path[0])
        found = [(row, value_at(column[row], path)) for row in self._rows()]
        return [(row, _as_key(value, path), value) for row, value in found]

    def _checked_path(self, field: Field) -> tuple[str, ...]:
        name = field.field_name if isinstance(field, FieldRef) else field
        path = tuple(name.split("__"))
        self._require_field(path[0])
        return path

    def _require_field(self, name: str) -> None:
        fields = self._record_type.model_fields
        if name not in fields:
            raise ValueError(
                f"{self._record_type.__name__} has no field {name!r}; there are {', '.join(fields)}"
            )

    def _with_tags(self, predicate: Predicate) -> Self:
        self._require_field("tags")
        return self._with(predicates=(*self._plan.predicates, predicate))

    def _with(self, **changes: Any) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._plan = replace(self._plan, **changes)
        return other


def _equals(value: object) -> Callable[[Any], bool]:
    return lambda found: bool(found == value)


def _as_key(value: Any, path: tuple[str, ...]) -> Hashable:
    key: Any = tuple(cast("list[object]", value)) if isinstance(value, list) else value
    try:
        hash(key)
    except TypeError as error:
        raise ValueError(f"the values of {'__'.join(path)} can't be told apart: {error}") from error
    return cast("Hashable", key)
