"""The queue of changes in the database."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

import sqlalchemy as sa

from horde_model_reference.domain.changes import (
    OPEN_STATUSES,
    Change,
    ChangeFilter,
    ChangeStatus,
    Comment,
    Operation,
    RecordForm,
    ResourceKind,
)
from horde_model_reference.domain.errors import ChangeNotFoundError
from horde_model_reference.review.ports import ChangePage, OpenProposal
from horde_model_reference.store.tables import ChangeRow

_NAMES: Final = tuple(field.name for field in fields(Change))
_COLUMNS: Final = tuple(getattr(ChangeRow, name) for name in _NAMES)
_IS_VISIBLE: Final = ChangeRow.status != ChangeStatus.purged.value

_PEOPLE: Final = (
    (ChangeRow.requested_by, ChangeRow.requested_username),
    (ChangeRow.approved_by, ChangeRow.approved_username),
    (ChangeRow.rejected_by, ChangeRow.rejected_username),
    (ChangeRow.applied_by, ChangeRow.applied_username),
)


class SqlChanges:
    """The changes that one transaction sees; the lock on the registry is the lock on all of them."""

    def __init__(self, connection: sa.Connection, *, allow_self_approval: bool) -> None:
        self._connection = connection
        self._allow_self_approval = allow_self_approval

    def next_id(self) -> int:
        """Return the next number, from 1, which no change ever had."""
        return (self._connection.execute(sa.select(sa.func.max(ChangeRow.change_id))).scalar() or 0) + 1

    def get(self, change_id: int) -> Change:
        """Return a change; raise ChangeNotFoundError, also for tombstones."""
        query = sa.select(*_COLUMNS).where(ChangeRow.change_id == change_id, _IS_VISIBLE)
        row = self._connection.execute(query).mappings().first()
        if row is None:
            raise ChangeNotFoundError(f"There is no change {change_id}.")
        return _change(row)

    def save(self, change: Change) -> None:
        """Store a change, new or known; the database refuses what breaks a rule, with an IntegrityError."""
        values = _values(change)
        # Whoever decided before now did so under the rule of that time.
        rule_of = {
            "self_approved": (ChangeRow.approved_by, change.approved_by),
            "self_applied": (ChangeRow.applied_by, change.applied_by),
        }
        kept = {
            name: sa.case(
                (column.is_not_distinct_from(person), getattr(ChangeRow, name)),
                else_=sa.literal(self._allow_self_approval),
            )
            for name, (column, person) in rule_of.items()
        }
        known = sa.update(ChangeRow).where(ChangeRow.change_id == change.change_id)
        if self._connection.execute(known.values(**values, **kept)).rowcount:
            return
        rules: dict[str, bool] = dict.fromkeys(rule_of, self._allow_self_approval)
        self._connection.execute(sa.insert(ChangeRow).values(**values, **rules))

    def find(self, wanted: ChangeFilter, *, offset: int = 0, limit: int | None = None) -> ChangePage:
        """Return the changes that a filter selects; a limit of None gives all of them."""
        conditions = _conditions(wanted)
        query = sa.select(*_COLUMNS).where(*conditions).order_by(ChangeRow.change_id)
        if limit is not None or offset:
            # SQLite has no offset without a limit.
            query = query.offset(offset).limit(2**62 if limit is None else limit)
        items = [_change(row) for row in self._connection.execute(query).mappings()]
        if limit is None and not offset:
            return ChangePage(items=items, total=len(items))
        return ChangePage(items=items, total=self.count(wanted))

    def count(self, wanted: ChangeFilter) -> int:
        """Return how many changes a filter selects."""
        query = sa.select(sa.func.count(ChangeRow.change_id)).where(*_conditions(wanted))
        counted: int = self._connection.execute(query).scalar_one()
        return counted

    def neighbours(self, change_id: int, wanted: ChangeFilter) -> tuple[Change | None, Change | None]:
        """Return the nearest changes that a filter selects before and after a number, None where none is."""
        query = sa.select(*_COLUMNS).where(*_conditions(wanted)).limit(1)
        number = ChangeRow.change_id
        before = query.where(number < change_id).order_by(number.desc())
        after = query.where(number > change_id).order_by(number)
        rows = [self._connection.execute(each).mappings().first() for each in (before, after)]
        preceding, following = (None if row is None else _change(row) for row in rows)
        return preceding, following

    def open_by_record(self, names: Iterable[str]) -> dict[tuple[str, str], list[int]]:
        """Return the numbers of all open changes to records of these names, by category and name."""
        query = sa.select(ChangeRow.category, ChangeRow.model_name, ChangeRow.change_id).where(
            ChangeRow.status.in_([status.value for status in OPEN_STATUSES]),
            ChangeRow.resource_kind == ResourceKind.model_reference.value,
            ChangeRow.model_name.in_(list(names)),
        )
        found: dict[tuple[str, str], list[int]] = {}
        for category, name, change_id in self._connection.execute(query.order_by(ChangeRow.change_id)):
            found.setdefault((category, name), []).append(change_id)
        return found

    def open_creations(self) -> list[OpenProposal]:
        """Return the records that open changes would create, by rising number."""
        return self._proposals(ChangeRow.operation == Operation.create.value)

    def open_saying(self, texts: Collection[str], *, limit: int) -> list[OpenProposal]:
        """Return records that open changes would write, of which a field is one of some texts."""
        position = sa.func.strpos if self._connection.dialect.name == "postgresql" else sa.func.instr
        says = [position(ChangeRow.payload, _to_json(text)) > 0 for text in texts]
        return self._proposals(
            ChangeRow.operation != Operation.delete.value, sa.or_(sa.false(), *says), limit=limit
        )

    def _proposals(self, *wanted: sa.ColumnElement[bool], limit: int | None = None) -> list[OpenProposal]:
        query = (
            sa.select(ChangeRow.change_id, ChangeRow.category, ChangeRow.model_name)
            .where(ChangeRow.status.in_([status.value for status in OPEN_STATUSES]))
            .where(ChangeRow.resource_kind == ResourceKind.model_reference.value, *wanted)
            .order_by(ChangeRow.change_id)
            .limit(limit)
        )
        rows = self._connection.execute(query)
        return [
            OpenProposal(change_id=number, category=category, name=name) for number, category, name in rows
        ]

    def names_of(self, change_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """Return category and name of what changes are about, by number; of a change set its title."""
        columns = (ChangeRow.change_id, ChangeRow.category, ChangeRow.model_name)
        # What a change to a record proposes may be long, and says nothing of its name.
        of_set = sa.case((ChangeRow.resource_kind != ResourceKind.model_reference.value, ChangeRow.payload))
        query = sa.select(*columns, of_set).where(ChangeRow.change_id.in_(list(change_ids)), _IS_VISIBLE)
        rows = self._connection.execute(query)
        return {number: (category, _title(payload) or name) for number, category, name, payload in rows}

    def usernames(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Return the names that people had when they last took a step of a change, by user id."""
        wanted = list(user_ids)
        parts = [
            sa.select(
                person.label("user_id"), name.label("username"), ChangeRow.change_id.label("number")
            ).where(person.in_(wanted))
            for person, name in _PEOPLE
        ]
        told = sa.union_all(*parts).subquery()
        rows = self._connection.execute(sa.select(told).order_by(told.c.number))
        return {user_id: username for user_id, username, _ in rows}

    def open_batch_id(self) -> int | None:
        """Return the batch of the changes that are approved and not yet applied; None: there are none."""
        query = sa.select(ChangeRow.batch_id).where(ChangeRow.status == ChangeStatus.approved.value).limit(1)
        return self._connection.execute(query).scalar()


def _conditions(wanted: ChangeFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [_IS_VISIBLE]
    if wanted.statuses:
        conditions.append(ChangeRow.status.in_([status.value for status in wanted.statuses]))
    if wanted.categories:
        conditions.append(ChangeRow.category.in_([str(category) for category in wanted.categories]))
    if wanted.requested_by:
        conditions.append(ChangeRow.requested_by.in_(list(wanted.requested_by)))
    if wanted.not_requested_by is not None:
        conditions.append(ChangeRow.requested_by != wanted.not_requested_by)
    if wanted.requested_username is not None:
        # Names are those of accounts of the AI-Horde; only in ASCII do all databases fold case.
        name = sa.func.lower(ChangeRow.requested_username)
        conditions.append(name.contains(wanted.requested_username.lower(), autoescape=True))
    if wanted.batch_id is not None:
        conditions.append(ChangeRow.batch_id == wanted.batch_id)
    if wanted.model_name is not None:
        folded = wanted.model_name.casefold()
        conditions.append(ChangeRow.folded_name.contains(folded, autoescape=True))
    return conditions


def _title(payload: str | None) -> str | None:
    """Return the title of a change set; None where it has none, or is none."""
    title = json.loads(payload).get("title") if payload else None
    return title if isinstance(title, str) and title.strip() else None


def _to_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _comments_to_json(comments: Sequence[Comment]) -> str | None:
    return _to_json([asdict(said) for said in comments]) if comments else None


def _comments(text: str | None) -> tuple[Comment, ...]:
    return tuple(Comment(**said) for said in json.loads(text)) if text else ()


def _optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


_WRITE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "category": str,
    "operation": lambda operation: operation.value,
    "form": lambda form: form.value,
    "resource_kind": lambda kind: kind.value,
    "status": lambda status: status.value,
    "payload": _optional(_to_json),
    "request_metadata": _optional(_to_json),
    "related_models": _optional(_to_json),
    "comments": _comments_to_json,
}
_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "operation": Operation,
    "form": RecordForm,
    "resource_kind": ResourceKind,
    "status": ChangeStatus,
    "payload": _optional(json.loads),
    "request_metadata": _optional(json.loads),
    "related_models": _optional(lambda text: tuple(json.loads(text))),
    "comments": _comments,
}


def _values(change: Change) -> dict[str, Any]:
    values = {name: getattr(change, name) for name in _NAMES}
    written = {name: write(values[name]) for name, write in _WRITE.items()}
    return {**values, **written, "folded_name": change.model_name.casefold()}


def _change(row: Mapping[Any, Any]) -> Change:
    values: dict[str, Any] = {**row, **{name: read(row[name]) for name, read in _READ.items()}}
    return Change(**values)
