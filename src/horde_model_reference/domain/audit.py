"""What happened, as a chain of events in which every change of the past shows (spec 22, Audit trail)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any, Final, cast

from horde_model_reference.domain.changes import Document, Operation, RecordForm
from horde_model_reference.domain.errors import InvalidRecordError

QUEUE_CATEGORY: Final = "pending_queue"
"""Stands in place of a category in the events about the queue itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The end of a chain, kept apart from the events so that a missing last event shows too."""

    count: int
    """How many events there are; also the number of the last one."""
    hash: str
    """Hash of the last event, hexadecimal."""


EMPTY_CHAIN: Final = ChainHead(count=0, hash="0" * 64)
"""The head of a chain without events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """An event before it has its place in the chain."""

    timestamp: int
    """Unix seconds."""
    domain: RecordForm
    category: str
    """A category, a type of side resources, or ``pending_queue``."""
    model_name: str
    """Name of the record or key of the resource; for the queue the number of the change, or ``queue``."""
    operation: Operation
    logical_user_id: str
    payload: Document
    request_id: str | None = None
    serial: int | None = None
    """Serial of the version that this event brought about; None for events about the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent(EventDraft):
    """An event at its place in the chain."""

    event_id: int
    """From 1, without gaps."""
    prev_hash: str
    hash: str
    """SHA-256 over the canonical JSON of everything else in the event, hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBreak:
    """The first place where a chain does not hold."""

    event_id: int
    """Number of the event at fault, as counted from 1; past the last event where the end is missing."""
    reason: str
    """One sentence."""


# The order in which recorded event lines carry their fields, then the fields of the chain.
_FIELD_ORDER: Final = (
    "event_id",
    "timestamp",
    "domain",
    "category",
    "model_name",
    "operation",
    "logical_user_id",
    "request_id",
    "payload",
    "serial",
    "prev_hash",
    "hash",
)
_DRAFT_FIELDS: Final = tuple(field.name for field in fields(EventDraft))


def canonical_json(value: object) -> str:
    """Return the one JSON text for a value: sorted keys, no spaces, ASCII; raise ValueError for NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def seal(draft: EventDraft, *, after: ChainHead) -> AuditEvent:
    """Give an event its number and its link to the event before it."""
    content: dict[str, Any] = {name: getattr(draft, name) for name in _DRAFT_FIELDS}
    unsealed = AuditEvent(**content, event_id=after.count + 1, prev_hash=after.hash, hash="")
    return replace(unsealed, hash=event_hash(unsealed))


def head_after(event: AuditEvent) -> ChainHead:
    """Return the head of a chain that ends with the event."""
    return ChainHead(count=event.event_id, hash=event.hash)


def event_hash(event: AuditEvent) -> str:
    """Return the hash that belongs to the event's content and to the hash before it."""
    content = event_to_json(event)
    content.pop("hash", None)
    return sha256(canonical_json(content).encode()).hexdigest()


def event_to_json(event: AuditEvent) -> dict[str, Any]:
    """Return the event in the recorded form, keys in the recorded order, nulls left out."""
    present = ((name, getattr(event, name)) for name in _FIELD_ORDER)
    return {name: value for name, value in present if value is not None}


def event_to_line(event: AuditEvent) -> str:
    """Return the event as one line of an export, compact and ASCII, without a line end."""
    return json.dumps(event_to_json(event), separators=(",", ":"), allow_nan=False)


def event_from_json(data: Mapping[str, Any]) -> AuditEvent:
    """Read an event in the form that ``event_to_json`` gives; raise InvalidRecordError where it is none."""
    content: dict[str, Any] = {"request_id": None, "serial": None, **data}
    try:
        canonical_json(content)
        content["domain"] = RecordForm(content["domain"])
        content["operation"] = Operation(content["operation"])
        event = AuditEvent(**content)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidRecordError(f"This is no audit event: {error}.") from error
    if not isinstance(content["payload"], Mapping) or not isinstance(content["serial"], int | None):
        raise InvalidRecordError(f"Audit event {event.event_id} has a payload or serial of the wrong type.")
    return event


def verify_chain(
    events: Iterable[AuditEvent], *, head: ChainHead | None = None, start: ChainHead = EMPTY_CHAIN
) -> ChainBreak | None:
    """Return the first place where events were edited, removed, added or reordered; None: nowhere.

    ``head`` is the end that the chain should have. Without it, missing last events can't be noticed.
    ``start`` is the head before the first event, for a part of a chain.
    """
    last, last_serial = start, 0
    for event in events:
        if reason := _fault(event, after=last, last_serial=last_serial):
            return ChainBreak(event_id=last.count + 1, reason=reason)
        last, last_serial = head_after(event), event.serial or last_serial
    if head is not None and last != head:
        return _break_at_end(last, head)
    return None


def _fault(event: AuditEvent, *, after: ChainHead, last_serial: int) -> str | None:
    if event.event_id != after.count + 1:
        return f"Event {event.event_id} stands where event {after.count + 1} belongs."
    if event.prev_hash != after.hash:
        return f"Event {event.event_id} does not follow the event before it."
    if event.hash != event_hash(event):
        return f"Event {event.event_id} is not what it was when it was recorded."
    if event.serial is not None and event.serial <= last_serial:
        return f"Event {event.event_id} has serial {event.serial} after serial {last_serial}."
    return None


def _break_at_end(last: ChainHead, head: ChainHead) -> ChainBreak:
    if last.count == head.count:
        reason = f"The last event, {last.count}, is not the one that was recorded as the end."
        return ChainBreak(event_id=last.count, reason=reason)
    reason = f"The chain has {last.count} events, recorded as its end is event {head.count}."
    return ChainBreak(event_id=min(last.count, head.count) + 1, reason=reason)


def record_payload(before: Document | None, after: Document | None) -> dict[str, Any]:
    """Return the payload of an event about a record: both states, and for an update what differs.

    ``delta`` names the top-level fields only, as recorded; both its sides are always there, so that a field
    which was added or removed can be read back.
    """
    payload: dict[str, Any] = {}
    if before is not None:
        payload["before"] = before
    if after is not None:
        payload["after"] = after
    if before is not None and after is not None:
        payload["delta"] = {
            key: {"old": before.get(key), "new": after.get(key)}
            for key in dict.fromkeys((*before, *after))
            if _entry(before, key) != _entry(after, key)
        }
    return payload


def _entry(document: Document, key: str) -> str | None:
    return canonical_json(document[key]) if key in document else None


def replay(
    events: Iterable[AuditEvent],
    *,
    category: str,
    form: RecordForm = RecordForm.v2,
    at: int | None = None,
    base: Mapping[str, Document] | None = None,
) -> dict[str, Document]:
    """Rebuild the records of a category from its events, by name in the order of their creation.

    ``at`` is the last serial to take in; None: all. ``base`` holds the records that were there before the
    first event, such as those of the first import.
    """
    records = dict(base or {})
    for event in events:
        concerned = event.category == category and event.domain is form
        if concerned and (at is None or event.serial is None or event.serial <= at):
            _replay_one(records, event)
    return records


def _replay_one(records: dict[str, Document], event: AuditEvent) -> None:
    after = event.payload.get("after")
    if event.operation is Operation.delete:
        records.pop(event.model_name, None)
    elif after is not None:
        records[event.model_name] = after
    elif event.model_name in records:
        delta = cast("Mapping[str, Mapping[str, Any]]", event.payload.get("delta", {}))
        records[event.model_name] = _with_delta(records[event.model_name], delta)


def _with_delta(record: Document, delta: Mapping[str, Mapping[str, Any]]) -> Document:
    # Recorded lines leave out the side that is null, so a missing new value means a removed field.
    changed = dict(record)
    for key, sides in delta.items():
        if sides.get("new") is None:
            changed.pop(key, None)
        else:
            changed[key] = sides["new"]
    return changed
