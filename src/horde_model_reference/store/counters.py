"""Bookkeeping of the operations on each category (spec 11, Metadata)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from horde_model_reference.domain.audit import EventDraft
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Operation, RecordForm
from horde_model_reference.store.tables import CategoryCountersRow, CategoryRow, RecordRow, RegistryRow

FORMAT_NAMES: Final[Mapping[RecordForm, str]] = {RecordForm.legacy: "v1", RecordForm.v2: "v2"}
"""The API version whose bookkeeping a change counts in, by the form of the change."""
_TOTALS: Final[Mapping[Operation, str]] = {
    Operation.create: "total_creates",
    Operation.update: "total_updates",
    Operation.delete: "total_deletes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCounters:
    """What happened to a category through one API version; times are Unix seconds."""

    category: Category
    last_updated: int
    last_operation_type: str | None = None
    last_operation_model: str | None = None
    total_creates: int = 0
    total_updates: int = 0
    total_deletes: int = 0
    total_models: int = 0
    initialization_time: int
    last_successful_operation: int
    error_count: int = 0


def read_counters(connection: sa.Connection, format_name: str) -> dict[Category, CategoryCounters]:
    """Return the bookkeeping of all categories; without operations it dates from the first start."""
    models = dict(
        connection.execute(sa.select(RecordRow.category, sa.func.count()).group_by(RecordRow.category)).all()
    )
    started = dict(connection.execute(sa.select(CategoryRow.name, CategoryRow.initialized_at)).all())
    origin = connection.execute(sa.select(RegistryRow.initialized_at)).scalar_one()
    query = sa.select(CategoryCountersRow.__table__).where(CategoryCountersRow.format == format_name)
    counted = {row["category"]: dict(row) for row in connection.execute(query).mappings()}
    return {
        category: _counters(
            category, counted.get(category), models.get(category, 0), started.get(category, origin)
        )
        for category in Category
    }


def count_operation(connection: sa.Connection, event: EventDraft) -> None:
    """Count what an event tells about a record."""
    total = _TOTALS[event.operation]
    key = {"format": FORMAT_NAMES[event.domain], "category": str(event.category)}
    latest = {
        "last_updated": event.timestamp,
        "last_successful_operation": event.timestamp,
        "last_operation_type": event.operation.value,
        "last_operation_model": event.model_name,
    }
    column = getattr(CategoryCountersRow, total)
    known = sa.update(CategoryCountersRow).filter_by(**key).values({**latest, total: column + 1})
    if connection.execute(known).rowcount:
        return
    started = connection.execute(
        sa.select(CategoryRow.initialized_at).where(CategoryRow.name == key["category"])
    ).scalar()
    totals = dict.fromkeys(_TOTALS.values(), 0) | {total: 1, "error_count": 0}
    origin = event.timestamp if started is None else started
    connection.execute(
        sa.insert(CategoryCountersRow).values({**key, **latest, **totals, "initialization_time": origin})
    )


def _counters(
    category: Category, row: dict[str, object] | None, total_models: int, started: int
) -> CategoryCounters:
    if row is None:
        return CategoryCounters(
            category=category,
            last_updated=started,
            initialization_time=started,
            last_successful_operation=started,
            total_models=total_models,
        )
    known: dict[str, Any] = {key: value for key, value in row.items() if key not in {"format", "category"}}
    return CategoryCounters(category=category, total_models=total_models, **known)
