"""Conditions on records: values that combine, and that a table can answer by column (spec 30 §5)."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, ClassVar, cast

from horde_model_reference.catalog.ordering import value_at
from horde_model_reference.catalog.record_table import RecordTable, Rows, is_hashable, plain_value

Test = Callable[[Any], bool]


class Predicate:
    """A condition on a record, made of any function; it combines with ``&``, ``|`` and ``~``."""

    can_fail: ClassVar[bool] = True
    """Whether it may raise for some records. Others are not put before it: they could hide that."""

    def __init__(self, test: Test) -> None:
        self._test = test

    def __call__(self, record: Any) -> bool:
        """Tell whether a record meets the condition."""
        return bool(self._test(record))

    def __and__(self, other: "Predicate") -> "Predicate":
        return _Both(self, other)

    def __or__(self, other: "Predicate") -> "Predicate":
        return _Either(self, other)

    def __invert__(self) -> "Predicate":
        return _Not(self)

    def select(self, table: RecordTable, rows: Rows) -> Rows:
        """Return the rows that meet the condition, in their order."""
        test = self._test
        return [row for row, record in zip(rows, table.take(rows), strict=True) if test(record)]

    def known_rows(self, table: RecordTable) -> Rows | None:
        """Return all rows that meet it, ascending, where the table can look them up without reading all."""
        return None


def as_predicate(condition: Test) -> Predicate:
    """Return a condition as a predicate, itself where it is one."""
    return condition if isinstance(condition, Predicate) else Predicate(condition)


class FieldPredicate(Predicate):
    """A condition on one field; a record that lacks the field has None there."""

    can_fail = False

    def __init__(self, field: str, test: Test) -> None:
        super().__init__(lambda record: test(getattr(record, field, None)))
        self._field = field
        self._value_test = test

    def select(self, table: RecordTable, rows: Rows) -> Rows:
        """Return the rows whose value passes."""
        column, test = table.column(self._field), self._value_test
        return [row for row in rows if test(column[row])]


class ComparesField(FieldPredicate):
    """A condition that can't be asked of every value, as an order of numbers can't of texts."""

    can_fail = True

    def select(self, table: RecordTable, rows: Rows) -> Rows:
        """Return the rows whose value passes; raise ValueError where one can't be compared."""
        try:
            return super().select(table, rows)
        except TypeError as error:
            raise ValueError(f"{self._field} can't be compared: {error}") from error


class FieldEquals(FieldPredicate):
    """The field has this value."""

    def __init__(self, field: str, value: object) -> None:
        super().__init__(field, lambda found: bool(found == value))
        self._value = value

    def select(self, table: RecordTable, rows: Rows) -> Rows:
        """Return the rows with the value."""
        column, value = table.column(self._field), self._value
        return [row for row in rows if column[row] == value]

    def known_rows(self, table: RecordTable) -> Rows | None:
        """Return all rows with the value."""
        return table.rows_with_value(self._field, self._value)


class FieldIsIn(FieldPredicate):
    """The field has one of these values."""

    def __init__(self, field: str, values: Iterable[object]) -> None:
        self._values = tuple(values)
        super().__init__(field, membership(self._values))

    def known_rows(self, table: RecordTable) -> Rows | None:
        """Return all rows with one of the values."""
        parts = [table.rows_with_value(self._field, value) for value in self._values]
        if any(part is None for part in parts):
            return None
        return sorted({row for part in parts for row in part or ()})


class HasTags(FieldPredicate):
    """The tags hold one or all of these; no tags hold none, and not even all of nothing (spec 30 §5)."""

    def __init__(self, tags: Iterable[str], *, every: bool) -> None:
        wanted = self._tags = frozenset(tags)
        self._every = every
        super().__init__("tags", _has_every(wanted) if every else _has_any(wanted))

    def known_rows(self, table: RecordTable) -> Rows | None:
        """Return all rows with such tags."""
        if not self._tags:
            return None
        parts = [table.rows_with_item("tags", tag) for tag in self._tags]
        if not self._every:
            return sorted({row for part in parts for row in part})
        fewest, *others = sorted(parts, key=len)
        for part in map(frozenset, others):
            fewest = [row for row in fewest if row in part]
        return fewest


class LacksTags(FieldPredicate):
    """The tags hold none of these; no tags at all do (spec 30 §5)."""

    def __init__(self, tags: Iterable[str]) -> None:
        has_any = _has_any(frozenset(tags))
        super().__init__("tags", lambda found: not has_any(found))


class DerivedIs(FieldPredicate):
    """What a function makes of the field passes a test; a table works it out once for all queries."""

    def __init__(self, field: str, derive: Callable[[Any], Any], test: Test) -> None:
        super().__init__(field, lambda found: test(derive(found)))
        self._derive = derive
        self._derived_test = test

    def select(self, table: RecordTable, rows: Rows) -> Rows:
        """Return the rows whose derived value passes."""
        column, test = table.derived(self._field, self._derive), self._derived_test
        return [row for row in rows if test(column[row])]


class PathPredicate(Predicate):
    """A condition on a value inside a field, as in ``metadata__created_at``."""

    def __init__(self, path: tuple[str, ...], test: Test) -> None:
        super().__init__(lambda record: test(value_at(getattr(record, path[0], None), path)))
        self._path = path
        self._value_test = test

    def select(self, table: RecordTable, rows: Rows) -> Rows:
        """Return the rows whose value passes; raise ValueError where a row has nothing at the path."""
        path, test, column = self._path, self._value_test, table.column(self._path[0])
        try:
            return [row for row in rows if test(value_at(column[row], path))]
        except TypeError as error:
            raise ValueError(f"{'__'.join(path)} can't be compared: {error}") from error


class _Both(Predicate):
    def __init__(self, first: Predicate, second: Predicate) -> None:
        super().__init__(lambda record: first(record) and second(record))
        self._parts = (first, second)

    def select(self, table: RecordTable, rows: Rows) -> Rows:
        first, second = self._parts
        return second.select(table, first.select(table, rows))


class _Either(Predicate):
    def __init__(self, first: Predicate, second: Predicate) -> None:
        super().__init__(lambda record: first(record) or second(record))
        self._parts = (first, second)

    def select(self, table: RecordTable, rows: Rows) -> Rows:
        first, second = self._parts
        kept = set(first.select(table, rows))
        kept.update(second.select(table, [row for row in rows if row not in kept]))
        return [row for row in rows if row in kept]


class _Not(Predicate):
    def __init__(self, part: Predicate) -> None:
        super().__init__(lambda record: not part(record))
        self._part = part

    def select(self, table: RecordTable, rows: Rows) -> Rows:
        dropped = frozenset(self._part.select(table, rows))
        return [row for row in rows if row not in dropped]


def matching_rows(table: RecordTable, predicates: Sequence[Predicate]) -> Rows:
    """Return the rows that meet all conditions, ascending.

    The condition that the fewest rows are known to meet goes first, unless one that may raise stands before
    it. The others follow as given, so that an error shows whenever reading record by record would show it.
    """
    best: int | None = None
    rows: Rows = range(len(table))
    for position, predicate in enumerate(predicates):
        if predicate.can_fail:
            break
        known = predicate.known_rows(table)
        if known is not None and len(known) <= len(rows):
            best, rows = position, known
    for position, predicate in enumerate(predicates):
        if position != best:
            rows = predicate.select(table, rows)
    return rows


def membership(values: tuple[object, ...]) -> Test:
    """Return a test for being equal to one of the values, quick where they can be looked up."""
    plain = [plain_value(value) for value in values]
    if not all(map(is_hashable, plain)):
        return plain.__contains__
    hashable = frozenset(cast("list[Hashable]", plain))
    return lambda found: found in hashable if is_hashable(found) else found in plain


def _has_any(wanted: frozenset[str]) -> Test:
    return lambda found: bool(found) and not wanted.isdisjoint(found)


def _has_every(wanted: frozenset[str]) -> Test:
    return lambda found: bool(found) and wanted.issubset(found)
