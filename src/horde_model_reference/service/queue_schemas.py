"""Wire forms of the pending queue (contract: openapi-facts.json; spec 22)."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import (
    Change,
    ChangeFilter,
    ChangeStatus,
    Operation,
    ResourceKind,
)
from horde_model_reference.domain.diff import ChangeDiff, FieldChange, FieldChangeType, NetOperation
from horde_model_reference.review.applying import MAX_JOB_ID_LENGTH, Applied
from horde_model_reference.review.check_shapes import Outcome
from horde_model_reference.review.policy import MAX_NAME_LENGTH
from horde_model_reference.review.ports import BatchSplit
from horde_model_reference.review.steps import (
    MAX_COMMENT_LENGTH,
    MAX_REASON_LENGTH,
    MAX_TITLE_LENGTH,
    Decision,
)

MAX_STORED_INTEGER = 2**63 - 1
"""Databases hold no larger numbers, so no id or offset can be larger."""


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold the character NUL")
    return text


StoredNumber = Annotated[int, Field(ge=1, le=MAX_STORED_INTEGER)]
"""A number that the database may have given to something."""

SearchText = Annotated[str, AfterValidator(_without_nul)]
"""A text to look for in a database, some of which take no NUL."""

NamePart = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_NAME_LENGTH), AfterValidator(_without_nul)
]
"""Part of the name of a record."""


class PendingChangeStatus(StrEnum):
    """Where a change stands. Nothing is ever seen `applying`; the word is known to clients."""

    pending = "pending"
    approved = "approved"
    applying = "applying"
    applied = "applied"
    rejected = "rejected"
    withdrawn = "withdrawn"


class _FromDomain(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PendingChangeRecord(_FromDomain):
    """One change in the queue; times are Unix seconds."""

    change_id: int
    resource_kind: ResourceKind = ResourceKind.model_reference
    resource_id: str | None = None
    category: Category
    model_name: str
    operation: Operation
    payload: dict[str, Any] | None = None
    requested_by: str
    requested_username: str
    requested_at: int
    status: PendingChangeStatus = PendingChangeStatus.pending
    notes: str | None = None
    batch_id: int | None = None
    batch_title: str | None = None
    approved_by: str | None = None
    approved_username: str | None = None
    approved_at: int | None = None
    rejected_by: str | None = None
    rejected_username: str | None = None
    rejected_at: int | None = None
    reject_reason: str | None = None
    withdrawn_at: int | None = None
    applied_at: int | None = None
    applied_by: str | None = None
    applied_username: str | None = None
    applied_job_id: str | None = None
    updated_at: int
    request_metadata: dict[str, Any] | None = None
    related_models: list[str] | None = None
    base_serial: int | None = None
    """Serial of the record's version that the change was made from."""

    @classmethod
    def of(cls, change: Change) -> Self:
        """Return the wire form of a change."""
        return cls.model_validate(change)


class ProposalCheck(_FromDomain):
    """One question about a proposal, with its answer."""

    subject: str
    """What was looked at, in a word or two."""
    outcome: Outcome
    text: str
    about: str | None = None
    """Which file or field, where there may be several."""
    change_ids: list[int] = []
    """Other open changes that the text speaks of."""


class PendingQueuePage(BaseModel):
    """A part of the changes that a filter selects, by rising number."""

    items: list[PendingChangeRecord]
    total: int
    offset: int
    limit: int | None


class MyChangesQuery(BaseModel):
    """Which of one's own changes to list."""

    statuses: list[PendingChangeStatus] | None = None
    categories: list[Category] | None = None
    offset: Annotated[int, Field(ge=0, le=MAX_STORED_INTEGER)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50

    def wanted(self, *, by: str) -> ChangeFilter:
        """Return the changes that are meant, of one person."""
        return change_filter(statuses=self.statuses, categories=self.categories, requested_by=[by])


class ChangesQuery(BaseModel):
    """Which changes to list; all conditions have to hold."""

    statuses: list[PendingChangeStatus] | None = None
    categories: list[Category] | None = None
    batch_id: StoredNumber | None = None
    model_name: NamePart | None = None
    """In whichever case."""
    requested_by: list[SearchText] | None = None
    """User ids."""
    offset: Annotated[int, Field(ge=0, le=MAX_STORED_INTEGER)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50

    def wanted(self) -> ChangeFilter:
        """Return the changes that are meant."""
        return change_filter(
            statuses=self.statuses,
            categories=self.categories,
            requested_by=self.requested_by,
            model_name=self.model_name,
            batch_id=self.batch_id,
        )


class PendingBatchRequest(BaseModel):
    """What an approver decides in one go."""

    batch_title: str = Field(min_length=1, max_length=MAX_TITLE_LENGTH)
    approved_ids: list[int] | None = None
    rejected_ids: list[int] | None = None
    reject_reason: str | None = Field(default=None, max_length=MAX_REASON_LENGTH)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        approved, rejected = (
            {i for i in ids or () if i > 0} for ids in (self.approved_ids, self.rejected_ids)
        )
        reasons = {
            "batch_title must not be blank": not self.batch_title.strip(),
            "approved_ids or rejected_ids must name a change": not approved and not rejected,
            "a change can't be approved and rejected at once": bool(approved & rejected),
            "reject_reason is needed to reject": bool(rejected) and not (self.reject_reason or "").strip(),
        }
        if reason := next((reason for reason, applies in reasons.items() if applies), None):
            raise ValueError(reason)
        return self

    def decision(self) -> Decision:
        """Return what is asked for."""
        return Decision(
            batch_title=self.batch_title,
            approved_ids=tuple(self.approved_ids or ()),
            rejected_ids=tuple(self.rejected_ids or ()),
            reject_reason=self.reject_reason,
        )


class PendingBatchResult(BaseModel):
    """The changes after a decision."""

    batch_id: int | None
    """None where nothing was approved."""
    batch_title: str
    approved: list[PendingChangeRecord]
    rejected: list[PendingChangeRecord]


JobId = Annotated[str | None, Field(max_length=MAX_JOB_ID_LENGTH)]


class ApplyPendingChangeRequest(BaseModel):
    """How to apply one change."""

    job_id: JobId = None
    """The caller's name for this request: the same again gets the same answer again."""


class ApplyPendingChangesRequest(ApplyPendingChangeRequest):
    """Which changes to apply, in this order."""

    change_ids: list[int] = Field(min_length=1)
    allow_mixed_batch: bool = False
    """Whether they may be of several batches or of none."""

    @model_validator(mode="after")
    def _are_ids(self) -> Self:
        if any(change_id <= 0 for change_id in self.change_ids):
            raise ValueError("change_ids must be greater than 0")
        return self


class _WithSplit(BaseModel):
    batch_split_occurred: bool = False
    batch_split_original_batch_id: int | None = None
    batch_split_new_batch_id: int | None = None
    batch_split_reassigned_count: int | None = None


def _split_fields(split: BatchSplit | None) -> dict[str, Any]:
    if split is None:
        return {}
    return {
        "batch_split_occurred": True,
        "batch_split_original_batch_id": split.original_batch_id,
        "batch_split_new_batch_id": split.new_batch_id,
        "batch_split_reassigned_count": len(split.reassigned_change_ids),
    }


class ApplySingleChangeResponse(_WithSplit):
    """A change after it was applied."""

    record: PendingChangeRecord

    @classmethod
    def of(cls, done: Applied) -> Self:
        """Return the wire form of what applying one change did."""
        return cls(record=PendingChangeRecord.of(done.applied[0]), **_split_fields(done.split))


class ApplyPendingChangesResponse(_WithSplit):
    """The changes that were applied, and where applying came to a stop, if it did."""

    applied: list[PendingChangeRecord] = Field(default_factory=list[PendingChangeRecord])
    failed_change_id: int | None = None
    failed_error: str | None = None
    failed_error_type: str | None = None

    @classmethod
    def of(cls, done: Applied, *, failed_error_type: str | None) -> Self:
        """Return the wire form of what applying several changes did."""
        failure = done.failure
        return cls(
            applied=[PendingChangeRecord.of(change) for change in done.applied],
            failed_change_id=None if failure is None else failure.change_id,
            failed_error=None if failure is None else failure.message,
            failed_error_type=failed_error_type,
            **_split_fields(done.split),
        )


class PurgePendingChangesRequest(BaseModel):
    """Which changes to remove from the queue; filters win over `purge_all`."""

    statuses: list[PendingChangeStatus] | None = None
    categories: list[Category] | None = None
    model_name: (
        Annotated[str, StringConstraints(max_length=MAX_NAME_LENGTH), AfterValidator(_without_nul)] | None
    ) = None
    """Part of the name, in whichever case."""
    requested_by: list[SearchText] | None = None
    purge_all: bool = False
    dry_run: bool = False

    @model_validator(mode="after")
    def _selects_something(self) -> Self:
        if self.wanted().is_empty and not self.purge_all and not self.statuses:
            raise ValueError("a filter or purge_all is needed")
        return self

    def wanted(self) -> ChangeFilter:
        """Return the changes that are meant."""
        return change_filter(
            statuses=self.statuses,
            categories=self.categories,
            requested_by=self.requested_by,
            model_name=self.model_name,
        )


class PurgePendingChangesResponse(BaseModel):
    """The changes that were removed, or would have been."""

    removed_count: Annotated[int, Field(ge=0)]
    removed_change_ids: list[int] = Field(default_factory=list[int])
    dry_run: bool = False


def change_filter(
    *,
    statuses: list[PendingChangeStatus] | None = None,
    categories: list[Category] | None = None,
    requested_by: list[str] | None = None,
    model_name: str | None = None,
    batch_id: int | None = None,
) -> ChangeFilter:
    """Return a filter of the wire in the words of the domain; blank users and names select nothing."""
    return ChangeFilter(
        statuses=tuple(known_statuses(statuses)),
        categories=tuple(categories or ()),
        requested_by=tuple(user.strip() for user in requested_by or () if user.strip()),
        model_name=model_name or None,
        batch_id=batch_id,
    )


def known_statuses(statuses: list[PendingChangeStatus] | None) -> list[ChangeStatus]:
    """Return the statuses that a change can have."""
    return [
        ChangeStatus(status.value) for status in statuses or () if status is not PendingChangeStatus.applying
    ]


def selects_nothing(statuses: list[PendingChangeStatus] | None) -> bool:
    """Tell whether statuses are asked for that no change ever has."""
    return bool(statuses) and not known_statuses(statuses)


class FieldDiff(_FromDomain):
    """One field that differs; the path is joined with full stops."""

    field_path: str
    old_value: Any = None
    new_value: Any = None
    change_type: FieldChangeType

    @classmethod
    def of(cls, change: FieldChange) -> Self:
        """Return the wire form of a difference."""
        return cls.model_validate(change)


class PendingChangeDiff(BaseModel):
    """A change beside the record as it stands."""

    change_id: int
    category: Category
    model_name: str
    operation: Operation
    current_state: dict[str, Any] | None = None
    proposed_state: dict[str, Any] | None = None
    net_operation: NetOperation
    field_diffs: list[FieldDiff] = Field(default_factory=list[FieldDiff])
    is_critical: bool = False
    fields_added: list[str] = Field(default_factory=list)
    fields_removed: list[str] = Field(default_factory=list)
    fields_modified: list[str] = Field(default_factory=list)
    conflict: bool = False
    """Whether the record moved on since the change was made, so that applying it would be refused."""

    @classmethod
    def of(cls, found: ChangeDiff) -> Self:
        """Return the wire form of a comparison."""
        change = found.change
        current, proposed = found.current_state, found.proposed_state
        return cls(
            change_id=change.change_id,
            category=Category(change.category),
            model_name=change.model_name,
            operation=change.operation,
            current_state=None if current is None else dict(current),
            proposed_state=None if proposed is None else dict(proposed),
            net_operation=found.net_operation,
            field_diffs=[FieldDiff.of(field) for field in found.field_diffs],
            is_critical=found.is_critical,
            fields_added=list(found.paths(FieldChangeType.added)),
            fields_removed=list(found.paths(FieldChangeType.removed)),
            fields_modified=list(found.paths(FieldChangeType.modified)),
            conflict=found.conflict,
        )


class DiffError(BaseModel):
    """A change that could not be compared."""

    change_id: int
    error: str
    error_type: str


class PendingChangeDiffPage(BaseModel):
    """The comparisons of several changes."""

    diffs: list[PendingChangeDiff] = Field(default_factory=list[PendingChangeDiff])
    total: int = 0
    """How many were asked for."""
    errors: list[DiffError] = Field(default_factory=list[DiffError])


class RebaseRequest(BaseModel):
    """How to make a change anew from the record as it stands."""

    payload: dict[str, Any] | None = None
    """The whole record; without it, what the change did to its base is carried over."""


class CommentRequest(BaseModel):
    """What to say about a change."""

    text: str = Field(min_length=1, max_length=MAX_COMMENT_LENGTH)


class ChangeComment(_FromDomain):
    """What somebody said about a change; the time is in Unix seconds."""

    user_id: str
    username: str
    written_at: int
    text: str
