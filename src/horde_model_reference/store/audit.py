"""Looking into the audit trail: does it hold, and what does it say a category was?"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa

from horde_model_reference.domain.audit import (
    EMPTY_CHAIN,
    AuditEvent,
    ChainBreak,
    ChainHead,
    replay,
    verify_chain,
)
from horde_model_reference.domain.bundled_resources import bundled_resources
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document, Operation, RecordForm
from horde_model_reference.domain.errors import StoreDamagedError
from horde_model_reference.domain.json_values import same_json
from horde_model_reference.domain.resources import ResourceType
from horde_model_reference.store.audit_rows import EventFilter, read_chain_head, read_events
from horde_model_reference.store.engine import read_transaction
from horde_model_reference.store.store import Store
from horde_model_reference.store.tables import AuditEventRow, RecordVersionRow, ResourceVersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What a verification of the whole trail found."""

    head: ChainHead
    """The recorded end of the chain."""
    fault: ChainBreak | None
    """The first place where the trail does not hold; None: nowhere."""


def verify_audit(store: Store, *, after: ChainHead = EMPTY_CHAIN) -> AuditReport:
    """Read the trail and every version that it tells of; ``after`` is up to where that was done before.

    Raises:
        StoreUnavailableError: The database can't be asked.
    """
    with read_transaction(store.engine) as connection:
        return verify_connection(connection, after=after)


def verify_connection(connection: sa.Connection, *, after: ChainHead = EMPTY_CHAIN) -> AuditReport:
    """Verify the trail that a transaction sees."""
    head = read_chain_head(connection)
    wanted = EventFilter(after_event_id=after.count)
    seen: list[AuditEvent] = []

    def watched(events: Iterable[AuditEvent]) -> Iterator[AuditEvent]:
        for event in events:
            seen[:] = [event]
            yield event

    try:
        fault = verify_chain(watched(read_events(connection, wanted)), head=head, start=after)
    except StoreDamagedError as error:
        following = (seen[0].event_id if seen else after.count) + 1
        fault = ChainBreak(event_id=following, reason=f"{error}.")
    return AuditReport(head=head, fault=fault or _first_other_version(connection, after.count))


def audit_events(store: Store, wanted: EventFilter) -> Iterator[AuditEvent]:
    """Return the events that a filter selects, in order.

    Raises:
        StoreDamagedError: An event can't be read.
        StoreUnavailableError: The database can't be asked.
    """
    with read_transaction(store.engine) as connection:
        yield from read_events(connection, wanted)


def replay_category(store: Store, category: Category, *, at: int | None = None) -> dict[str, Document]:
    """Return the v2 documents of a category by name, as they were after the change with serial ``at``.

    They are rebuilt from the audit trail; what the trail does not tell of, such as imports, comes from the
    versions that are kept of each record.

    Raises:
        StoreDamagedError: An event or a version can't be read.
    """
    with read_transaction(store.engine) as connection:
        told = (
            event
            for event in read_events(connection, EventFilter(category=category))
            if event.domain is RecordForm.v2 and event.serial is not None
        )
        events = heapq.merge(told, _untold(connection, category), key=_serial)
        return replay(events, category=category, at=at)


def stored_category(store: Store, category: Category, *, at: int | None = None) -> dict[str, Document]:
    """Return the v2 documents of a category by name at a serial, from the versions that are kept."""
    query = _versions(category)
    if at is not None:
        query = query.where(RecordVersionRow.serial <= at)
    with read_transaction(store.engine) as connection:
        return replay(
            (_as_event(row, category) for row in connection.execute(query).mappings()), category=category
        )


def replay_resources(
    store: Store, resource_type: ResourceType, *, at: int | None = None
) -> dict[str, Document]:
    """Return the side resources of a type by key, as they were after the change with serial ``at``.

    They are rebuilt from the audit trail, beginning with what is bundled.

    Raises:
        StoreDamagedError: An event can't be read.
    """
    with read_transaction(store.engine) as connection:
        events = read_events(connection, EventFilter(category=resource_type.value))
        return replay(events, category=resource_type.value, at=at, base=_bundled(resource_type))


def stored_resources(
    store: Store, resource_type: ResourceType, *, at: int | None = None
) -> dict[str, Document]:
    """Return the side resources of a type by key at a serial, from the versions that are kept."""
    query = sa.select(ResourceVersionRow.key, ResourceVersionRow.document).where(
        ResourceVersionRow.resource_type == resource_type.value
    )
    if at is not None:
        query = query.where(ResourceVersionRow.serial <= at)
    found = _bundled(resource_type)
    with read_transaction(store.engine) as connection:
        for key, document in connection.execute(query.order_by(ResourceVersionRow.serial)):
            if document is None:
                found.pop(key, None)
            else:
                found[key] = orjson.loads(document)
    return found


def _bundled(resource_type: ResourceType) -> dict[str, Document]:
    return {key: resource.document for key, resource in bundled_resources(resource_type).items()}


def _serial(event: AuditEvent) -> int:
    return event.serial or 0


def _versions(category: Category) -> sa.Select[Any]:
    query = sa.select(RecordVersionRow.__table__).where(RecordVersionRow.category == category)
    return query.order_by(RecordVersionRow.serial)


def _untold(connection: sa.Connection, category: Category) -> Iterator[AuditEvent]:
    """Return the versions of which no v2 event tells, in the form of events."""
    told = sa.select(AuditEventRow.serial).where(
        AuditEventRow.serial.is_not(None), AuditEventRow.domain == RecordForm.v2.value
    )
    query = _versions(category).where(RecordVersionRow.serial.not_in(told))
    for row in connection.execute(query).mappings():
        yield _as_event(row, category)


def _as_event(row: sa.RowMapping, category: Category) -> AuditEvent:
    document: str | None = row["document"]
    return AuditEvent(
        event_id=0,
        prev_hash="",
        hash="",
        timestamp=row["recorded_at"],
        domain=RecordForm.v2,
        category=category,
        model_name=row["name"],
        operation=Operation(row["operation"]),
        logical_user_id=row["author"],
        payload={} if document is None else {"after": orjson.loads(document)},
        serial=row["serial"],
    )


def _first_other_version(connection: sa.Connection, after_event_id: int) -> ChainBreak | None:
    """Return the first event whose version of a record or resource is another than the one it tells of."""
    query = (
        sa.select(
            AuditEventRow.event_id,
            AuditEventRow.serial,
            AuditEventRow.payload,
            AuditEventRow.category,
            AuditEventRow.model_name,
            sa.func.coalesce(RecordVersionRow.category, ResourceVersionRow.resource_type).label("stored_in"),
            sa.func.coalesce(RecordVersionRow.name, ResourceVersionRow.key).label("stored_as"),
            sa.func.coalesce(RecordVersionRow.document, ResourceVersionRow.document).label("document"),
        )
        .outerjoin(RecordVersionRow, RecordVersionRow.serial == AuditEventRow.serial)
        .outerjoin(ResourceVersionRow, ResourceVersionRow.serial == AuditEventRow.serial)
        .where(AuditEventRow.serial.is_not(None), AuditEventRow.domain == RecordForm.v2.value)
        .where(AuditEventRow.event_id > after_event_id)
        .order_by(AuditEventRow.event_id)
    )
    with connection.execute(query.execution_options(yield_per=500)) as rows:
        row = next((row for row in rows.mappings() if not _is_as_told(row)), None)
    if row is None:
        return None
    reason = f"Version {row['serial']} of the records is not what event {row['event_id']} tells of."
    return ChainBreak(event_id=row["event_id"], reason=reason)


def _is_as_told(row: sa.RowMapping) -> bool:
    told: dict[str, Any] = orjson.loads(row["payload"])
    stored = None if row["document"] is None else orjson.loads(row["document"])
    place = (row["stored_in"], row["stored_as"])
    return place == (row["category"], row["model_name"]) and same_json(stored, told.get("after"))
