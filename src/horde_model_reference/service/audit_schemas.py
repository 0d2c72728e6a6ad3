"""Wire forms of the audit views (contract: openapi-facts.json; spec 22, Audit views)."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from horde_model_reference.domain.audit import AuditEvent
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import ChangeStatus, Operation, RecordForm
from horde_model_reference.domain.diff import NetOperation
from horde_model_reference.review.history import AuditedChange, BatchSummary, NetChange
from horde_model_reference.service.queue_schemas import FieldDiff


class PendingQueueAuditEvent(BaseModel):
    """One step of a change."""

    event_id: int
    timestamp: int
    action: str
    logical_user_id: str | None = None
    payload: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def of(cls, event: AuditEvent) -> Self:
        """Return the wire form of an event about the queue."""
        told: dict[str, Any] = dict(event.payload["after"])
        return cls(
            event_id=event.event_id,
            timestamp=event.timestamp,
            action=told.get("action", ""),
            logical_user_id=event.logical_user_id,
            payload=told,
        )


class PendingQueueAuditChange(BaseModel):
    """A change as its events tell of it."""

    change_id: int
    status: ChangeStatus
    operation: Operation | None = None
    category: Category | None = None
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
    events: list[PendingQueueAuditEvent] = Field(default_factory=list[PendingQueueAuditEvent])

    @classmethod
    def of(cls, change: AuditedChange) -> Self:
        """Return the wire form of a change's past."""
        told = {name: getattr(change, name) for name in cls.model_fields if name != "events"}
        return cls(**told, events=[PendingQueueAuditEvent.of(event) for event in change.events])


class PendingQueueAuditCurrentResponse(BaseModel):
    """The changes that nobody has decided on, newest first."""

    domain: RecordForm
    pending_changes: list[PendingQueueAuditChange]
    total_pending: int
    generated_at: int


class PendingQueueAuditBatchSummary(BaseModel):
    """A batch in figures."""

    model_config = ConfigDict(from_attributes=True)

    batch_id: int
    batch_title: str | None = None
    approved_by: str | None = None
    approved_at: int | None = None
    applied_at: int | None = None
    approved_change_count: int = 0
    rejected_change_count: int = 0
    applied_change_count: int = 0
    total_change_count: int = 0
    last_event_id: int | None = None

    @classmethod
    def of(cls, summary: BatchSummary) -> Self:
        """Return the wire form of a batch."""
        return cls.model_validate(summary)


class PendingQueueAuditBatchPage(BaseModel):
    """Some batches, newest first."""

    domain: RecordForm
    batches: list[PendingQueueAuditBatchSummary]
    next_cursor: int | None = None
    """Where the next page goes on; null: there is none."""


class PendingQueueAuditBatchDetail(PendingQueueAuditBatchSummary):
    """A batch with its changes."""

    changes: list[PendingQueueAuditChange] = Field(default_factory=list[PendingQueueAuditChange])


class ModelNetChange(BaseModel):
    """What the applied changes of a batch made of one record."""

    model_name: str
    category: Category
    net_operation: NetOperation
    before_state: dict[str, Any] | None = None
    after_state: dict[str, Any] | None = None
    field_diffs: list[FieldDiff] = Field(default_factory=list[FieldDiff])
    is_critical: bool = False

    @classmethod
    def of(cls, change: NetChange) -> Self:
        """Return the wire form of a net change."""
        before, after = change.before_state, change.after_state
        return cls(
            model_name=change.model_name,
            category=Category(change.category),
            net_operation=change.net_operation,
            before_state=None if before is None else dict(before),
            after_state=None if after is None else dict(after),
            field_diffs=[FieldDiff.of(field) for field in change.field_diffs],
            is_critical=change.is_critical,
        )


class BatchNetChangeResponse(BaseModel):
    """What a batch did, record by record."""

    batch_id: int
    batch_title: str | None = None
    domain: RecordForm
    model_changes: list[ModelNetChange] = Field(default_factory=list[ModelNetChange])
    models_added: int = 0
    models_modified: int = 0
    models_deleted: int = 0
    models_unchanged: int = 0
    total_field_changes: int = 0
    has_critical_changes: bool = False
    generated_at: int
