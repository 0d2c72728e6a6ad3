"""Applying approved changes: records, queue, batches and audit in one transaction per request (spec 22)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.changes import (
    BatchNotFoundError,
    Change,
    ChangeFilter,
    ChangeStatus,
    Document,
    InvalidRequestError,
    MissingPayloadError,
    MixedBatchError,
    ResourceKind,
)
from horde_model_reference.domain.errors import (
    ConflictError,
    InvalidRecordError,
    InvalidTransitionError,
    NotFoundError,
    NotPermittedError,
    RegistryError,
    RevisionConflictError,
)
from horde_model_reference.review.change_sets import write_change_set
from horde_model_reference.review.events import Moment, change_event, record_event, split_event
from horde_model_reference.review.payloads import written_form
from horde_model_reference.review.policy import ReviewRules, check_text, check_two_people
from horde_model_reference.review.ports import (
    ApplyFailure,
    BatchSplit,
    FailureKind,
    JobOutcome,
    UnitOfWork,
)
from horde_model_reference.review.resources import ResourceEdit, write_resources
from horde_model_reference.review.steps import Decision, decide_within, find_change
from horde_model_reference.review.text_edits import writes_beside

MAX_JOB_ID_LENGTH: Final = 120

# The first class that fits decides; whatever is not listed is no refusal but a breakdown.
_FAILURE_KINDS: Final[Mapping[type[RegistryError], FailureKind]] = {
    NotFoundError: FailureKind.not_found,
    NotPermittedError: FailureKind.permission,
    RevisionConflictError: FailureKind.conflict,
    MissingPayloadError: FailureKind.payload,
    InvalidRecordError: FailureKind.payload,
    ConflictError: FailureKind.state,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Under which name changes are applied, so that a repeated request is recognised."""

    given_id: str | None = None
    """The caller's own name for the request; None: the request is never recognised as a repetition."""
    token: str
    """32 hexadecimal digits that no other job has, for changes that are applied without such a name."""

    def id_for(self, change_id: int) -> str:
        """Return what is kept with the change as the job that applied it."""
        return self.given_id or f"apply-{change_id}-{self.token}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Changes to apply in the given order, each once."""

    change_ids: tuple[int, ...]
    allow_mixed_batch: bool = False
    """Whether they may be of several batches or of none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a request to apply changes did."""

    applied: tuple[Change, ...]
    failure: ApplyFailure | None = None
    """Where it came to a stop; what was applied before that stays applied."""
    split: BatchSplit | None = None


def new_job(job_id: str | None, *, token: str) -> Job:
    """Return the job of a request; a blank id counts as none.

    Raises:
        InvalidRequestError: the id is too long or can't be stored.
    """
    if job_id is None or not job_id.strip():
        return Job(token=token)
    return Job(given_id=check_text(job_id, "job id", max_length=MAX_JOB_ID_LENGTH), token=token)


def apply_one(
    uow: UnitOfWork, change_id: int, *, actor: Actor, now: int, job: Job, rules: ReviewRules
) -> Applied:
    """Apply one approved change; the same job again gives the same answer again.

    Raises:
        ChangeNotFoundError: there is no such change.
        NotPermittedError: the actor may not apply it.
        InvalidTransitionError: it is not approved.
        RevisionConflictError: its record moved on since it was proposed.
        MissingPayloadError: it carries no record.
        InvalidRecordError: its record can't be stored.
    """
    actor.require(Role.approver)
    run = _Run(uow, Moment(by=actor, now=now, form=rules.queue_form), job, rules)
    return run.answer(f"one {change_id}", lambda: run.one(change_id))


def decide_and_apply(
    uow: UnitOfWork, decision: Decision, *, actor: Actor, now: int, job: Job, rules: ReviewRules
) -> Applied:
    """Decide, and apply what was approved, in one transaction: all of it or nothing.

    The approved changes get a batch of their own, so that what was approved before goes on waiting.

    Raises:
        RegistryError: what `decide` raises, and `apply_one` for the first change that can't be applied.
    """
    run = _Run(uow, Moment(by=actor, now=now, form=rules.queue_form), job, rules)
    named = ",".join(map(str, decision.approved_ids))
    return run.answer(f"decide {named}", lambda: run.at_once(decision))


def apply_many(
    uow: UnitOfWork, selection: Selection, *, actor: Actor, now: int, job: Job, rules: ReviewRules
) -> Applied:
    """Apply approved changes up to the first that can't be; the same job again gives the same answer again.

    Raises:
        NotPermittedError: the actor may not apply changes at all.
        InvalidRequestError: nothing is selected.
        ChangeNotFoundError: mixed batches are not allowed, and there is no such change.
        MixedBatchError: mixed batches are not allowed, and these are.
    """
    actor.require(Role.approver)
    wanted = replace(selection, change_ids=tuple(dict.fromkeys(selection.change_ids)))
    if not wanted.change_ids:
        raise InvalidRequestError("No change is selected.")
    run = _Run(uow, Moment(by=actor, now=now, form=rules.queue_form), job, rules)
    named = ",".join(map(str, wanted.change_ids))
    request = f"many {'mixed ' if wanted.allow_mixed_batch else ''}{named}"
    return run.answer(request, lambda: run.selection(wanted))


def apply_batch(
    uow: UnitOfWork, batch_id: int, *, actor: Actor, now: int, job: Job, rules: ReviewRules
) -> Applied:
    """Apply the approved changes of a batch by rising number, up to the first that can't be.

    Where all its changes are applied already, nothing happens.

    Raises:
        NotPermittedError: the actor may not apply changes at all.
        BatchNotFoundError: there is no such batch, or none of its changes is approved or applied.
    """
    actor.require(Role.approver)
    run = _Run(uow, Moment(by=actor, now=now, form=rules.queue_form), job, rules)
    return run.answer(f"batch {batch_id}", lambda: run.batch(batch_id))


@dataclass(frozen=True, slots=True)
class _Run:
    """One request to apply changes."""

    uow: UnitOfWork
    moment: Moment
    job: Job
    rules: ReviewRules

    def answer(self, request: str, work: Callable[[], Applied]) -> Applied:
        """Do the work and remember what it did, or return what the same request did before."""
        given_id = self.job.given_id
        with self.uow:
            earlier = self.uow.jobs.find(given_id, request) if given_id is not None else None
            if earlier is not None:
                return self._recalled(earlier)
            done = work()
            # A request that changed nothing is tried anew: what stood in its way may be gone by then.
            if given_id is not None and done.applied:
                self.uow.jobs.save(given_id, request, _outcome(done))
            self.uow.commit()
        return done

    def one(self, change_id: int) -> Applied:
        change = self._apply(change_id)
        return Applied(applied=(change,), split=self._split((change,)))

    def at_once(self, decision: Decision) -> Applied:
        decided = decide_within(self.uow, decision, moment=self.moment, rules=self.rules, in_new_batch=True)
        return Applied(applied=tuple(self._apply(change.change_id) for change in decided.approved))

    def selection(self, wanted: Selection) -> Applied:
        if not wanted.allow_mixed_batch:
            _check_one_batch([find_change(self.uow, change_id) for change_id in wanted.change_ids])
        return self._in_order(wanted.change_ids)

    def batch(self, batch_id: int) -> Applied:
        members = self.uow.changes.find(ChangeFilter(batch_id=batch_id)).items
        approved = [member.change_id for member in members if member.status is ChangeStatus.approved]
        if not approved and not any(member.status is ChangeStatus.applied for member in members):
            raise BatchNotFoundError(f"Batch {batch_id} has no changes that can be applied.")
        return self._in_order(approved)

    def _in_order(self, change_ids: Sequence[int]) -> Applied:
        applied: list[Change] = []
        failure = None
        for change_id in change_ids:
            try:
                applied.append(self._apply(change_id))
            except tuple(_FAILURE_KINDS) as error:
                failure = _failure(change_id, error)
                break
        return Applied(applied=tuple(applied), failure=failure, split=self._split(applied))

    def _apply(self, change_id: int) -> Change:
        """Apply a change, or find it applied by the same job; refusals come before anything is written."""
        change = find_change(self.uow, change_id)
        check_two_people(change, self.moment.by, self.rules)
        given_id = self.job.given_id
        if given_id is not None and change.applied_job_id == given_id:
            return change
        job_id = self.job.id_for(change_id)
        applied = change.apply(self.moment.by, now=self.moment.now, job_id=job_id)
        written = self._write(change, job_id)
        self.uow.changes.save(applied)
        told = {"batch_id": applied.batch_id, "job_id": job_id, **written}
        self.uow.audit.append(change_event(applied, "apply", self.moment, told))
        return applied

    def _write(self, change: Change, job_id: str) -> Document:
        """Write what a change brings and return what its event is to say of that."""
        if change.resource_kind is not ResourceKind.model_reference:
            return self._write_change_set(change, job_id)
        head = self.uow.records.head(change.category, change.model_name)
        moment = self.moment
        written = written_form(change, head, by=moment.by, now=moment.now, rules=self.rules)
        beside = writes_beside(self.uow, change.request_metadata)
        write_resources(self.uow, beside, ResourceEdit(by=moment.by, now=moment.now, request_id=job_id))
        serial = self.uow.records.write(
            change.category, change.model_name, written.document, written.legacy, change.requested_by
        )
        self.uow.audit.append(record_event(change, written, moment, serial=serial, job_id=job_id))
        return {}

    def _write_change_set(self, change: Change, job_id: str) -> Document:
        kind = self.rules.change_sets.get(change.resource_kind)
        if kind is None:
            raise InvalidTransitionError(
                f"Changes of kind {change.resource_kind.value} can't be applied here."
            )
        if change.payload is None:
            raise MissingPayloadError(f"Change {change.change_id} carries no change set.")
        edit = ResourceEdit(
            by=self.moment.by,
            now=self.moment.now,
            request_id=job_id,
            max_bytes=self.rules.max_record_bytes,
        )
        written = write_change_set(self.uow, kind, change.payload, edit)
        if not written:
            return {}
        serials = {"first_serial": written[0].serial, "last_serial": written[-1].serial}
        return {"resource_kind": change.resource_kind.value, **serials}

    def _split(self, applied: Sequence[Change]) -> BatchSplit | None:
        """Move what is left of the batch to a new one, so that a batch with applied changes is closed."""
        open_id = self.uow.batches.open_id()
        if open_id is None or open_id not in {change.batch_id for change in applied}:
            return None
        wanted = ChangeFilter(batch_id=open_id, statuses=(ChangeStatus.approved,))
        left = self.uow.changes.find(wanted).items
        split = BatchSplit(
            original_batch_id=open_id,
            new_batch_id=self.uow.batches.next_id(),
            reassigned_change_ids=tuple(change.change_id for change in left),
        )
        for change in left:
            self.uow.changes.save(change.join_batch(split.new_batch_id, now=self.moment.now))
        self.uow.audit.append(split_event(split, self.moment))
        return split

    def _recalled(self, earlier: JobOutcome) -> Applied:
        applied = tuple(find_change(self.uow, change_id) for change_id in earlier.applied_ids)
        return Applied(applied=applied, failure=earlier.failure, split=earlier.split)


def _outcome(done: Applied) -> JobOutcome:
    applied_ids = tuple(change.change_id for change in done.applied)
    return JobOutcome(applied_ids=applied_ids, failure=done.failure, split=done.split)


def _failure(change_id: int, error: RegistryError) -> ApplyFailure:
    kind = next(kind for refusal, kind in _FAILURE_KINDS.items() if isinstance(error, refusal))
    return ApplyFailure(change_id=change_id, kind=kind, message=str(error))


def _check_one_batch(changes: Sequence[Change]) -> None:
    batches = {change.batch_id for change in changes}
    if None in batches:
        without = next(change.change_id for change in changes if change.batch_id is None)
        raise MixedBatchError(f"Change {without} is in no batch.")
    if len(batches) > 1:
        raise MixedBatchError(f"The changes are of several batches: {sorted(filter(None, batches))}.")
