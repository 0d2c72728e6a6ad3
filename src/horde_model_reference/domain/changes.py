"""A requested change to one record, from its proposal to its end, and the states in between (spec 22)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.errors import (
    ConflictError,
    InvalidRecordError,
    InvalidTransitionError,
    NotFoundError,
)

Document: TypeAlias = Mapping[str, Any]
"""A record as stored: a plain mapping in its original order."""


class BatchNotFoundError(NotFoundError):
    """No batch with that number, or nothing in it can still be applied."""


class MixedBatchError(ConflictError):
    """Changes of several batches, or of none, were asked to be applied as one batch."""


class MissingPayloadError(ConflictError):
    """A change that needs a proposed record carries none."""


class InvalidRequestError(InvalidRecordError):
    """A step was asked for in a way that makes no sense, such as a decision about nothing."""


class InvalidNameError(InvalidRecordError):
    """A name that no record may have (spec 21, order of checks 7)."""


class ReservedNameError(InvalidRecordError):
    """A name that belongs to a per-backend duplicate of a text model (spec 21, order of checks 8)."""


class RecordTooLargeError(InvalidRecordError):
    """A document is larger than this registry accepts."""


class Operation(StrEnum):
    """What a change does to its record."""

    create = "create"
    update = "update"
    delete = "delete"


class ResourceKind(StrEnum):
    """What a change is about: one model record, or a set of changes to a side resource (spec 24)."""

    model_reference = "model_reference"
    text_guidance = "text_guidance"
    image_baseline = "image_baseline"


class RecordForm(StrEnum):
    """The form of a change's payload, and of the audit events about it; the name is the one on the wire."""

    legacy = "legacy"
    v2 = "v2"


class ChangeStatus(StrEnum):
    """Where a change stands. ``purged`` is a tombstone: the number stays taken, readers see nothing."""

    pending = "pending"
    approved = "approved"
    applied = "applied"
    rejected = "rejected"
    withdrawn = "withdrawn"
    purged = "purged"


TRANSITIONS: Final[Mapping[ChangeStatus, frozenset[ChangeStatus]]] = MappingProxyType(
    {
        ChangeStatus.pending: frozenset(
            {
                ChangeStatus.approved,
                ChangeStatus.rejected,
                ChangeStatus.withdrawn,
                ChangeStatus.purged,
            }
        ),
        ChangeStatus.approved: frozenset(
            {
                ChangeStatus.applied,
                ChangeStatus.pending,
                ChangeStatus.withdrawn,
                ChangeStatus.purged,
            }
        ),
        ChangeStatus.applied: frozenset({ChangeStatus.purged}),
        ChangeStatus.rejected: frozenset({ChangeStatus.purged}),
        ChangeStatus.withdrawn: frozenset({ChangeStatus.purged}),
        ChangeStatus.purged: frozenset(),
    }
)
"""Every step that a change may take. Applying is one transaction, so no status says that it is under way."""

OPEN_STATUSES: Final = frozenset({ChangeStatus.pending, ChangeStatus.approved})
"""The statuses of changes that may still be applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What somebody said about a change."""

    user_id: str
    username: str
    written_at: int
    """Unix seconds."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One requested change; times are unix seconds (spec 22, PendingChangeRecord).

    The fields carry the names that they have on the wire, except ``base_serial``, ``form``, ``comments``,
    ``withdrawn_at`` and the two about purging, which the public service does not know.
    """

    change_id: int
    category: str
    model_name: str
    operation: Operation
    requested_by: str
    requested_username: str
    requested_at: int
    updated_at: int
    payload: Document | None = None
    """The proposed record; for a deletion the record as it stood when the deletion was proposed."""
    base_serial: int | None = None
    """Serial of the record's version that the change was made from; None: there was no record."""
    form: RecordForm = RecordForm.v2
    resource_kind: ResourceKind = ResourceKind.model_reference
    resource_id: str | None = None
    """A UUID for the kinds other than model_reference."""
    status: ChangeStatus = ChangeStatus.pending
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
    request_metadata: Document | None = None
    related_models: tuple[str, ...] | None = None
    comments: tuple[Comment, ...] = ()
    purged_by: str | None = None
    purged_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the change may still be applied, now or after a decision."""
        return self.status in OPEN_STATUSES

    @property
    def fingerprint(self) -> str:
        """What the change would do, as 16 hexadecimal digits: others once it is made anew."""
        proposed = json.dumps([self.operation, self.base_serial, self.payload], sort_keys=True, default=dict)
        return sha256(proposed.encode()).hexdigest()[:16]

    def approve(self, by: Actor, *, now: int, batch_id: int, batch_title: str) -> "Change":
        """Return the change approved into a batch; raise InvalidTransitionError unless it is pending."""
        return replace(
            self._moved(ChangeStatus.approved, now),
            batch_id=batch_id,
            batch_title=batch_title,
            approved_by=by.user_id,
            approved_username=by.username,
            approved_at=now,
        )

    def reject(
        self, by: Actor, *, now: int, reason: str, batch_id: int | None, batch_title: str | None
    ) -> "Change":
        """Return the change rejected for good; raise InvalidTransitionError unless it is pending."""
        return replace(
            self._moved(ChangeStatus.rejected, now),
            batch_id=batch_id,
            batch_title=batch_title,
            rejected_by=by.user_id,
            rejected_username=by.username,
            rejected_at=now,
            reject_reason=reason,
        )

    def withdraw(self, *, now: int) -> "Change":
        """Return the change taken back; raise InvalidTransitionError where it has come to an end."""
        return replace(self._moved(ChangeStatus.withdrawn, now), withdrawn_at=now)

    def reopen(self, *, now: int) -> "Change":
        """Return an approved change as pending, its approval and batch forgotten.

        Raises:
            InvalidTransitionError: the change is not approved.
        """
        return replace(
            self._moved(ChangeStatus.pending, now),
            batch_id=None,
            batch_title=None,
            approved_by=None,
            approved_username=None,
            approved_at=None,
        )

    def rebase(
        self, *, now: int, operation: Operation, payload: Document, base_serial: int | None
    ) -> "Change":
        """Return the change made anew from another version of the record; an approval is void with that.

        Raises:
            InvalidTransitionError: the change is neither pending nor approved.
        """
        pending = self if self.status is ChangeStatus.pending else self.reopen(now=now)
        return replace(pending, operation=operation, payload=payload, base_serial=base_serial, updated_at=now)

    def apply(self, by: Actor, *, now: int, job_id: str) -> "Change":
        """Return the change applied; raise InvalidTransitionError unless it is approved."""
        return replace(
            self._moved(ChangeStatus.applied, now),
            applied_by=by.user_id,
            applied_username=by.username,
            applied_at=now,
            applied_job_id=job_id,
        )

    def purge(self, by: Actor, *, now: int) -> "Change":
        """Return the tombstone that keeps the number taken; payload and comments are gone."""
        return replace(
            self._moved(ChangeStatus.purged, now),
            payload=None,
            comments=(),
            purged_by=by.user_id,
            purged_at=now,
        )

    def comment(self, by: Actor, *, now: int, text: str) -> "Change":
        """Return the change with one more comment; ``updated_at`` stays, as the proposal is the same."""
        said = Comment(user_id=by.user_id, username=by.username, written_at=now, text=text)
        return replace(self, comments=(*self.comments, said))

    def join_batch(self, batch_id: int, *, now: int) -> "Change":
        """Return the change as a member of another batch."""
        return replace(self, batch_id=batch_id, updated_at=now)

    def _moved(self, to: ChangeStatus, now: int) -> "Change":
        if to not in TRANSITIONS[self.status]:
            raise InvalidTransitionError(
                f"Change {self.change_id} is {self.status.value} and can't become {to.value}."
            )
        return replace(self, status=to, updated_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFilter:
    """Which changes are meant; conditions that are empty or None hold for every change (spec 22, filters)."""

    statuses: Collection[ChangeStatus] = ()
    categories: Collection[str] = ()
    requested_by: Collection[str] = ()
    """User ids."""
    not_requested_by: str | None = None
    """User id of whose changes are not meant."""
    requested_username: str | None = None
    """Part of the name of who proposed them, in whichever case."""
    model_name: str | None = None
    """Part of the name, in whichever case."""
    batch_id: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether every change is meant."""
        return self == ChangeFilter()

    def matches(self, change: Change) -> bool:
        """Tell whether the change meets all conditions."""
        return (
            (not self.statuses or change.status in self.statuses)
            and (not self.categories or change.category in self.categories)
            and (not self.requested_by or change.requested_by in self.requested_by)
            and change.requested_by != self.not_requested_by
            and (self.batch_id is None or change.batch_id == self.batch_id)
            and _is_part(self.requested_username, change.requested_username)
            and _is_part(self.model_name, change.model_name)
        )


def _is_part(text: str | None, whole: str) -> bool:
    return text is None or text.casefold() in whole.casefold()
