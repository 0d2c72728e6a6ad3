"""What changed of late, with the changes that one person made at once as one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from horde_model_reference.domain.categories import Category
from horde_model_reference.store.tables import RecordVersionRow

_MOST_NAMED: Final = 20
_SAME: Final[dict[str, sa.ColumnElement[Any]]] = {
    "category": RecordVersionRow.category,
    "operation": RecordVersionRow.operation,
    "author": RecordVersionRow.author,
    "recorded_at": RecordVersionRow.recorded_at,
}
"""What changes have in common that were made together; their serials follow each other too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRecord:
    """One record of those that changed together."""

    name: str
    serial: int
    previous_serial: int
    """Of the version or tombstone before; 0 where there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """Changes of one kind to one category that one person made at once."""

    category: str
    operation: str
    author: str
    recorded_at: int
    records: tuple[ChangedRecord, ...]
    """Newest first, the first 20 of them."""
    count: int
    """How many there are in all."""
    first_serial: int
    """The lowest serial: what the group is called by, also when more come to it within its second."""


def change_groups(
    connection: sa.Connection, *, limit: int, before: int | None = None, category: Category | None = None
) -> Iterator[ChangeGroup]:
    """Yield the newest groups below a serial, newest first.

    Each is found from its newest change backwards, so the cost is that of the changes in the groups shown.
    """
    here: list[sa.ColumnElement[bool]] = [] if category is None else [RecordVersionRow.category == category]
    for _ in range(limit):
        below = [*here, *([] if before is None else [RecordVersionRow.serial < before])]
        newest = _newest(connection, below)
        if newest is None:
            return
        others = sa.or_(*(column != newest[name] for name, column in _SAME.items()))
        end = _newest(connection, [*below, others])
        together = [*below, *([] if end is None else [RecordVersionRow.serial > end["serial"]])]
        group = _group(connection, newest, together)
        yield group
        before = group.first_serial


def _newest(connection: sa.Connection, conditions: list[sa.ColumnElement[bool]]) -> sa.RowMapping | None:
    query = sa.select(RecordVersionRow.serial, *_SAME.values()).where(*conditions)
    return connection.execute(query.order_by(RecordVersionRow.serial.desc()).limit(1)).mappings().first()


def _group(
    connection: sa.Connection, newest: sa.RowMapping, together: list[sa.ColumnElement[bool]]
) -> ChangeGroup:
    columns = (RecordVersionRow.name, RecordVersionRow.serial, RecordVersionRow.previous_serial)
    named = sa.select(*columns).where(*together).order_by(RecordVersionRow.serial.desc()).limit(_MOST_NAMED)
    sums = sa.select(sa.func.count(), sa.func.min(RecordVersionRow.serial)).where(*together)
    count, first = connection.execute(sums).one()
    shared: dict[str, Any] = {name: newest[name] for name in _SAME}
    records = tuple(ChangedRecord(**row) for row in connection.execute(named).mappings())
    return ChangeGroup(**shared, records=records, count=count, first_serial=first)
