"""The audit trail in the database: payloads are kept as the texts that were sealed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from horde_model_reference.domain.audit import (
    AuditEvent,
    ChainHead,
    EventDraft,
    event_from_json,
    event_to_json,
    head_after,
    seal,
)
from horde_model_reference.domain.errors import InvalidRecordError, StoreDamagedError
from horde_model_reference.domain.resources import RESOURCE_TYPE_NAMES
from horde_model_reference.store.counters import count_operation
from horde_model_reference.store.tables import AuditEventRow, RegistryRow

_EVENTS_AT_A_TIME: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are meant; conditions that are None hold for every event."""

    category: str | None = None
    """A category, a type of side resources, or ``pending_queue``."""
    model_name: str | None = None
    """Name of the record or key of the resource; for the queue the number of the change."""
    user_id: str | None = None
    since: int | None = None
    """Unix seconds, included."""
    until: int | None = None
    """Unix seconds, included."""
    after_event_id: int = 0
    """Only later ones."""
    before_event_id: int | None = None
    """Only earlier ones."""


class SqlAuditTrail:
    """The chain as one transaction sees it; ``save_head`` makes the end of it known."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._stored_head = self._head = read_chain_head(connection)

    def head(self) -> ChainHead:
        """Return the recorded end of the chain."""
        return self._head

    def append(self, draft: EventDraft) -> AuditEvent:
        """Seal an event to the end of the chain; one about a record moves its category's bookkeeping too."""
        event = seal(draft, after=self._head)
        content = event_to_json(event)
        payload = json.dumps(content.pop("payload"), separators=(",", ":"), allow_nan=False)
        row: dict[str, Any] = {"request_id": None, "serial": None, **content, "payload": payload}
        row |= {name: str(row[name]) for name in ("domain", "category", "operation")}
        self._connection.execute(sa.insert(AuditEventRow).values(**row))
        self._head = head_after(event)
        if event.serial is not None and event.category not in RESOURCE_TYPE_NAMES:
            count_operation(self._connection, event)
        return event

    def events(self, wanted: EventFilter | None = None) -> Iterator[AuditEvent]:
        """Return the events that a filter selects in order; None: all of them.

        Raises:
            StoreDamagedError: an event can't be read.
        """
        return read_events(self._connection, wanted or EventFilter())

    def last_events(self, wanted: EventFilter, limit: int) -> list[AuditEvent]:
        """Return some of the last events that a filter selects, the newest first.

        Raises:
            StoreDamagedError: an event can't be read.
        """
        query = sa.select(AuditEventRow.__table__).where(*_conditions(wanted))
        query = query.where(AuditEventRow.event_id > wanted.after_event_id)
        rows = self._connection.execute(query.order_by(AuditEventRow.event_id.desc()).limit(limit))
        return [_event(row) for row in rows.mappings()]

    def save_head(self) -> None:
        """Store the end of the chain."""
        if self._head != self._stored_head:
            values = {"last_event_id": self._head.count, "last_event_hash": self._head.hash}
            self._connection.execute(sa.update(RegistryRow).values(values))


def read_chain_head(connection: sa.Connection) -> ChainHead:
    """Return the end of the chain as it was recorded apart from the events."""
    query = sa.select(RegistryRow.last_event_id, RegistryRow.last_event_hash)
    count, last_hash = connection.execute(query).one()
    return ChainHead(count=count, hash=last_hash)


def read_events(connection: sa.Connection, wanted: EventFilter) -> Iterator[AuditEvent]:
    """Return the events that a filter selects, in order.

    Raises:
        StoreDamagedError: an event can't be read.
    """
    query = sa.select(AuditEventRow.__table__).where(*_conditions(wanted)).order_by(AuditEventRow.event_id)
    last_event_id = wanted.after_event_id
    # One part after the other, so that nobody has to read to the end, or hold all of them.
    while True:
        part = query.where(AuditEventRow.event_id > last_event_id).limit(_EVENTS_AT_A_TIME)
        rows = connection.execute(part).mappings().all()
        for row in rows:
            yield _event(row)
        if len(rows) < _EVENTS_AT_A_TIME:
            return
        last_event_id = rows[-1]["event_id"]


def _conditions(wanted: EventFilter) -> list[sa.ColumnElement[bool]]:
    equal = {
        AuditEventRow.category: wanted.category,
        AuditEventRow.model_name: wanted.model_name,
        AuditEventRow.logical_user_id: wanted.user_id,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if wanted.since is not None:
        conditions.append(AuditEventRow.timestamp >= wanted.since)
    if wanted.before_event_id is not None:
        conditions.append(AuditEventRow.event_id < wanted.before_event_id)
    if wanted.until is not None:
        conditions.append(AuditEventRow.timestamp <= wanted.until)
    return conditions


def _event(row: sa.RowMapping) -> AuditEvent:
    try:
        return event_from_json({**row, "payload": json.loads(row["payload"])})
    except (ValueError, InvalidRecordError) as error:
        raise StoreDamagedError(f"audit event {row['event_id']} can't be read: {error}") from error
