"""The queue's past as its audit events tell it (spec 22, Audit views).

A history takes in events one after the other, so that whoever keeps one reads every event once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from heapq import nlargest
from types import MappingProxyType
from typing import Any, Final

from horde_model_reference.domain.audit import QUEUE_CATEGORY, AuditEvent
from horde_model_reference.domain.changes import BatchNotFoundError, ChangeStatus, Document, Operation
from horde_model_reference.domain.diff import FieldChange, NetOperation, diff, is_critical, net_operation


@dataclass(slots=True, kw_only=True)
class AuditedChange:
    """What became of one change; fields are None where no event of this history says."""

    change_id: int
    status: ChangeStatus = ChangeStatus.pending
    operation: Operation | None = None
    category: str | None = None
    model_name: str | None = None
    requested_by: str | None = None
    requested_at: int | None = None
    approved_by: str | None = None
    approved_at: int | None = None
    rejected_by: str | None = None
    rejected_at: int | None = None
    reject_reason: str | None = None
    applied_by: str | None = None
    applied_at: int | None = None
    applied_job_id: str | None = None
    batch_id: int | None = None
    batch_title: str | None = None
    events: list[AuditEvent] = field(default_factory=list[AuditEvent])
    """Oldest first."""

    @property
    def is_approved(self) -> bool:
        """Whether an approval of it stands, also after it was applied or purged."""
        return self.approved_at is not None and self.status is not ChangeStatus.withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """One batch in figures; times are Unix seconds."""

    batch_id: int
    batch_title: str | None = None
    """The last one that was given."""
    approved_by: str | None = None
    """Who decided first; None for a batch that only took over changes of another one."""
    approved_at: int | None = None
    applied_at: int | None = None
    """When a change of it was applied last."""
    approved_change_count: int = 0
    rejected_change_count: int = 0
    applied_change_count: int = 0
    total_change_count: int = 0
    """Approved or rejected."""
    last_event_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetChange:
    """What the applied changes of a batch made of one record."""

    model_name: str
    category: str
    net_operation: NetOperation
    before_state: Document | None
    after_state: Document | None
    field_diffs: tuple[FieldChange, ...]
    is_critical: bool


class QueueHistory:
    """Everything that the events about the queue in one domain say."""

    def __init__(self) -> None:
        self._changes: dict[int, AuditedChange] = {}
        self._batches: dict[int, BatchSummary] = {}
        self._members: dict[int, set[int]] = {}
        """By batch: the numbers of the changes that are in it now."""

    def take(self, event: AuditEvent) -> None:
        """Take in the next event; events about records say nothing here."""
        if event.category != QUEUE_CATEGORY:
            return
        told: Document = event.payload.get("after") or {}
        if told.get("action") == "batch_split":
            self._split(event, told)
        elif "change_id" in told:
            change = self._changes.setdefault(told["change_id"], AuditedChange(change_id=told["change_id"]))
            change.events.append(event)
            left = change.batch_id
            _STEPS.get(told.get("action", ""), _note)(change, event, told)
            self._move(change, left)
            self._note_batch(change, event, told)

    def pending_changes(self) -> list[AuditedChange]:
        """Return the changes that nobody has decided on, newest first."""
        pending = (change for change in self._changes.values() if change.status is ChangeStatus.pending)
        return sorted(pending, key=lambda change: (change.requested_at or 0, change.change_id), reverse=True)

    def batch_page(self, *, below: int | None, limit: int) -> tuple[list[BatchSummary], int | None]:
        """Return some batches, newest first, and the number to go on below; None: there are no more."""
        wanted = nlargest(limit + 1, (key for key in self._batches if below is None or key < below))
        page = wanted[:limit]
        summaries = [self.batch(batch_id)[0] for batch_id in page]
        return summaries, page[-1] if len(wanted) > limit else None

    def batch(self, batch_id: int) -> tuple[BatchSummary, list[AuditedChange]]:
        """Return a batch and its changes by rising number; raise BatchNotFoundError."""
        known = self._batches.get(batch_id)
        if known is None:
            raise BatchNotFoundError("Batch not found")
        members = [self._changes[change_id] for change_id in sorted(self._members.get(batch_id, ()))]
        rejected = [change for change in members if change.rejected_at is not None]
        approved = [change for change in members if change.is_approved]
        summary = replace(
            known,
            approved_change_count=len(approved),
            rejected_change_count=len(rejected),
            applied_change_count=sum(change.applied_at is not None for change in members),
            total_change_count=len(approved) + len(rejected),
        )
        return summary, members

    def _move(self, change: AuditedChange, left: int | None) -> None:
        """Count a change among those of the batch that it is in now, and no longer of the one it left."""
        if left is not None:
            self._members[left].discard(change.change_id)
        if change.batch_id is not None:
            self._members.setdefault(change.batch_id, set()).add(change.change_id)

    def _note_batch(self, change: AuditedChange, event: AuditEvent, told: Document) -> None:
        batch_id = told.get("batch_id")
        if batch_id is None:
            return
        batch = self._batches.get(batch_id, BatchSummary(batch_id=batch_id))
        told_facts: dict[str, Any] = {"last_event_id": event.event_id}
        if told.get("batch_title") is not None:
            told_facts["batch_title"] = told["batch_title"]
        if told["action"] in ("approve", "reject") and batch.approved_by is None:
            told_facts |= {"approved_by": event.logical_user_id, "approved_at": event.timestamp}
        if change.applied_at is not None:
            told_facts["applied_at"] = max(batch.applied_at or 0, change.applied_at)
        self._batches[batch_id] = replace(batch, **told_facts)

    def _split(self, event: AuditEvent, told: Document) -> None:
        original, new = told["original_batch_id"], told["new_batch_id"]
        title: str | None = None
        for change_id in told["reassigned_change_ids"]:
            moved = self._changes.setdefault(change_id, AuditedChange(change_id=change_id))
            left, moved.batch_id = moved.batch_id, new
            self._move(moved, left)
            title = moved.batch_title or title
        before = self._batches.get(original, BatchSummary(batch_id=original))
        self._batches[original] = replace(before, last_event_id=event.event_id)
        self._batches[new] = BatchSummary(batch_id=new, batch_title=title, last_event_id=event.event_id)


_Step = Callable[[AuditedChange, AuditEvent, Document], None]


def _enqueue(change: AuditedChange, event: AuditEvent, told: Document) -> None:
    change.operation = Operation(told["operation"])
    change.category, change.model_name = told["category"], told["model"]
    change.requested_by, change.requested_at = event.logical_user_id, event.timestamp


def _approve(change: AuditedChange, event: AuditEvent, told: Document) -> None:
    change.status = ChangeStatus.approved
    change.approved_by, change.approved_at = event.logical_user_id, event.timestamp
    change.batch_id, change.batch_title = told["batch_id"], told.get("batch_title")


def _reject(change: AuditedChange, event: AuditEvent, told: Document) -> None:
    change.status = ChangeStatus.rejected
    change.rejected_by, change.rejected_at = event.logical_user_id, event.timestamp
    change.reject_reason = told.get("reason")
    change.batch_id, change.batch_title = told.get("batch_id"), told.get("batch_title")


def _apply(change: AuditedChange, event: AuditEvent, told: Document) -> None:
    change.status = ChangeStatus.applied
    change.applied_by, change.applied_at = event.logical_user_id, event.timestamp
    change.applied_job_id = told.get("job_id")
    change.batch_id = told.get("batch_id", change.batch_id)


def _withdraw(change: AuditedChange, _event: AuditEvent, _told: Document) -> None:
    change.status = ChangeStatus.withdrawn


def _reopen(change: AuditedChange, _event: AuditEvent, told: Document) -> None:
    change.status = ChangeStatus.pending
    change.approved_by = change.approved_at = change.batch_id = change.batch_title = None
    change.operation = Operation(told["operation"]) if "operation" in told else change.operation


def _purge(change: AuditedChange, _event: AuditEvent, _told: Document) -> None:
    change.status = ChangeStatus.purged


def _note(_change: AuditedChange, _event: AuditEvent, _told: Document) -> None:
    """Take note of the event alone, as for a comment."""


_STEPS: Final[Mapping[str, _Step]] = MappingProxyType(
    {
        "enqueue": _enqueue,
        "approve": _approve,
        "reject": _reject,
        "apply": _apply,
        "withdraw": _withdraw,
        "unapprove": _reopen,
        "rebase": _reopen,
        "purge": _purge,
    }
)


def apply_event_id(change: AuditedChange) -> int | None:
    """Return the number of the event of applying a change; that of its record comes right before."""
    applied = (event for event in change.events if event.payload["after"].get("action") == "apply")
    return next((event.event_id for event in applied), None)


def net_changes(record_events: Iterable[AuditEvent]) -> list[NetChange]:
    """Return what events about records come to, record by record, in the order in which they were touched.

    Before is the state before the first event of a record, after that after its last one, both as they were
    kept with the events.
    """
    events_of: dict[tuple[str, str], list[AuditEvent]] = {}
    for event in record_events:
        events_of.setdefault((event.category, event.model_name), []).append(event)
    return [
        _net_change(category, name, events[0].payload.get("before"), events[-1].payload.get("after"))
        for (category, name), events in events_of.items()
    ]


def _net_change(category: str, name: str, before: Document | None, after: Document | None) -> NetChange:
    found = diff(before, after)
    return NetChange(
        model_name=name,
        category=category,
        net_operation=net_operation(before, after),
        before_state=before,
        after_state=after,
        field_diffs=tuple(found),
        is_critical=is_critical(category, found),
    )
