"""The events that steps of the review leave in the audit trail (spec 22, Audit trail storage)."""

from dataclasses import dataclass
from typing import Final

from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.audit import QUEUE_CATEGORY, EventDraft, record_payload
from horde_model_reference.domain.changes import Change, Document, Operation, RecordForm
from horde_model_reference.review.payloads import Written
from horde_model_reference.review.ports import BatchSplit

_QUEUE: Final = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Who takes a step, and when."""

    by: Actor
    now: int
    """Unix seconds."""
    form: RecordForm
    """The domain under which the events about the queue are listed."""


def change_event(change: Change, action: str, moment: Moment, details: Document) -> EventDraft:
    """Return the event of one step of one change; details that are None are left out."""
    told = {key: value for key, value in details.items() if value is not None}
    return _queue_event(
        str(change.change_id), moment, {"change_id": change.change_id, **told, "action": action}
    )


def split_event(split: BatchSplit, moment: Moment) -> EventDraft:
    """Return the event of changes that move to a batch of their own."""
    return _queue_event(
        _QUEUE,
        moment,
        {
            "original_batch_id": split.original_batch_id,
            "new_batch_id": split.new_batch_id,
            "reassigned_change_ids": list(split.reassigned_change_ids),
            "reason": "partial_apply",
            "action": "batch_split",
        },
    )


def record_event(change: Change, written: Written, moment: Moment, *, serial: int, job_id: str) -> EventDraft:
    """Return the event of a record that is written, with its state before and after."""
    return EventDraft(
        timestamp=moment.now,
        domain=change.form,
        category=change.category,
        model_name=change.model_name,
        operation=change.operation,
        logical_user_id=moment.by.user_id,
        payload=record_payload(written.before, written.after),
        request_id=job_id,
        serial=serial,
    )


def _queue_event(name: str, moment: Moment, told: Document) -> EventDraft:
    return EventDraft(
        timestamp=moment.now,
        domain=moment.form,
        category=QUEUE_CATEGORY,
        model_name=name,
        operation=Operation.update,
        logical_user_id=moment.by.user_id,
        payload={"after": told},
    )
