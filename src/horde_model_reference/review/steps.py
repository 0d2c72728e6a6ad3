"""The steps of a change before it is applied: one transaction each, or an error and no effect (spec 22)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.changes import (
    Change,
    ChangeFilter,
    ChangeStatus,
    Document,
    InvalidRequestError,
    Operation,
    ResourceKind,
)
from horde_model_reference.domain.errors import (
    ChangeNotFoundError,
    InvalidTransitionError,
    RevisionConflictError,
)
from horde_model_reference.review.change_sets import check_change_set
from horde_model_reference.review.events import Moment, change_event
from horde_model_reference.review.payloads import Proposal, proposed_payload, rebased_payload
from horde_model_reference.review.policy import (
    ReviewRules,
    check_document,
    check_name,
    check_proposer,
    check_text,
    check_two_people,
    rules_now,
)
from horde_model_reference.review.ports import Head, UnitOfWork
from horde_model_reference.review.shapers import record_in_form

MAX_TITLE_LENGTH: Final = 120
MAX_REASON_LENGTH: Final = 500
MAX_COMMENT_LENGTH: Final = 2000
_MAX_ID: Final = 2**63 - 1
_NO_SUCH_CHANGE: Final = "Change not found"  # clients know it by these words (spec 22, Endpoints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an approver decides in one go (spec 22, POST /batches)."""

    batch_title: str
    approved_ids: tuple[int, ...] = ()
    rejected_ids: tuple[int, ...] = ()
    reject_reason: str | None = None
    seen: Mapping[int, str] = field(default_factory=dict[int, str])
    """Fingerprints of changes as the approver saw them; one without is decided on as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The changes after a decision, by rising number."""

    batch_title: str
    batch_id: int | None
    """None where nothing was approved."""
    approved: tuple[Change, ...]
    rejected: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """The numbers of the changes that were removed, or would have been."""

    removed_change_ids: tuple[int, ...]
    dry_run: bool


def propose(uow: UnitOfWork, proposal: Proposal, *, actor: Actor, now: int, rules: ReviewRules) -> Change:
    """Put a change into the queue and return it.

    Raises:
        NotPermittedError: the actor may not propose.
        InvalidRecordError: name or record break a rule; subclasses say which.
        RecordExistsError: a create of a record that is there.
        RecordNotFoundError: an update or a deletion of one that is not.
        RevisionConflictError: the record is at another version than the one that the actor looked at.
    """
    (change,) = propose_together(uow, lambda _uow: (proposal,), actor=actor, now=now, rules=rules)
    return change


def propose_together(
    uow: UnitOfWork,
    proposals: Callable[[UnitOfWork], Iterable[Proposal]],
    *,
    actor: Actor,
    now: int,
    rules: ReviewRules,
) -> tuple[Change, ...]:
    """Put several changes into the queue, all or none; ``proposals`` may look at what there is.

    Raises:
        NotPermittedError: the actor may not propose.
        RegistryError: what `propose` raises, and what ``proposals`` does.
    """
    actor.require(Role.requestor)
    with uow:
        changes = tuple(
            _enqueue(uow, proposal, actor=actor, now=now, rules=rules) for proposal in proposals(uow)
        )
        uow.commit()
    return changes


def _enqueue(uow: UnitOfWork, proposal: Proposal, *, actor: Actor, now: int, rules: ReviewRules) -> Change:
    head, payload = _base_and_payload(uow, proposal, rules)
    change = proposal.change(uow.changes.next_id(), payload, head, by=actor, now=now)
    about = {"operation": change.operation.value, "category": str(change.category)}
    _record(uow, change, "enqueue", _moment(actor, now, rules), {**about, "model": change.model_name})
    return change


def check_proposal(uow: UnitOfWork, proposal: Proposal, *, actor: Actor, rules: ReviewRules) -> None:
    """Raise what `propose` would raise, and leave the queue as it is."""
    actor.require(Role.requestor)
    with uow:
        _base_and_payload(uow, proposal, rules)


def decide(uow: UnitOfWork, decision: Decision, *, actor: Actor, now: int, rules: ReviewRules) -> Decided:
    """Approve and reject changes, all of them or none.

    Raises:
        NotPermittedError: the actor may not decide, or would approve what they proposed.
        InvalidRequestError: the decision makes no sense.
        InvalidTransitionError: a change does not exist or is not pending.
        RevisionConflictError: it was made anew since the actor looked at it.
    """
    moment = _moment(actor, now, rules)
    with uow:
        decided = decide_within(uow, decision, moment=moment, rules=rules)
        uow.commit()
    return decided


def decide_within(
    uow: UnitOfWork, decision: Decision, *, moment: Moment, rules: ReviewRules, in_new_batch: bool = False
) -> Decided:
    """Do what `decide` does in a transaction that is under way, and raise what it raises.

    What is approved joins the open batch where there is one, unless it is to have one of its own.
    """
    moment.by.require(Role.approver)
    wanted = _clean(decision)
    to_approve = [_pending(uow, change_id) for change_id in wanted.approved_ids]
    to_reject = [_pending(uow, change_id) for change_id in wanted.rejected_ids]
    for change in to_approve:
        check_two_people(change, moment.by, rules)
    for change in (*to_approve, *to_reject):
        _check_seen(change, wanted.seen)
    batch_id = _batch_to_join(uow, in_new_batch=in_new_batch) if to_approve else None
    approved = (
        ()
        if batch_id is None
        else tuple(_approve(uow, change, moment, batch_id, wanted) for change in to_approve)
    )
    rejected = tuple(_reject(uow, change, moment, batch_id, wanted) for change in to_reject)
    return Decided(batch_title=wanted.batch_title, batch_id=batch_id, approved=approved, rejected=rejected)


def withdraw(uow: UnitOfWork, change_id: int, *, actor: Actor, now: int, rules: ReviewRules) -> Change:
    """Take back one's own change for good.

    Raises:
        ChangeNotFoundError: there is no such change.
        NotPermittedError: somebody else proposed it.
        InvalidTransitionError: it has come to an end already.
    """
    actor.require(Role.requestor)
    with uow:
        change = find_change(uow, change_id)
        check_proposer(change, actor)
        withdrawn = change.withdraw(now=now)
        _record(uow, withdrawn, "withdraw", _moment(actor, now, rules), {"batch_id": change.batch_id})
        uow.commit()
    return withdrawn


def unapprove(uow: UnitOfWork, change_id: int, *, actor: Actor, now: int, rules: ReviewRules) -> Change:
    """Take back an approval, so that the change is pending again.

    Raises:
        ChangeNotFoundError: there is no such change.
        NotPermittedError: the actor may not decide.
        InvalidTransitionError: the change is not approved.
    """
    actor.require(Role.approver)
    with uow:
        change = find_change(uow, change_id)
        if change.status is not ChangeStatus.approved:
            raise InvalidTransitionError(f"Change {change_id} is {change.status.value}, not approved.")
        reopened = change.reopen(now=now)
        _record(uow, reopened, "unapprove", _moment(actor, now, rules), {"batch_id": change.batch_id})
        uow.commit()
    return reopened


def rebase(
    uow: UnitOfWork,
    change_id: int,
    *,
    actor: Actor,
    now: int,
    rules: ReviewRules,
    payload: Document | None = None,
) -> Change:
    """Make one's own change anew from the record as it stands, which voids an approval.

    A create whose record exists by now becomes an update, an update whose record is gone a create.
    ``payload`` is the new record; None carries over what the change did to its base, and leaves alone what
    others changed meanwhile. A change that needs no rebase is returned as it is.

    Raises:
        ChangeNotFoundError: there is no such change.
        NotPermittedError: somebody else proposed it.
        InvalidTransitionError: it has come to an end, or is no change to a model record.
        RevisionConflictError: the record to delete is gone.
        InvalidRecordError: the record breaks a rule by now.
    """
    actor.require(Role.requestor)
    with uow:
        change = find_change(uow, change_id)
        check_proposer(change, actor)
        _check_rebasable(change)
        head = uow.records.head(change.category, change.model_name)
        serial = None if head is None else head.serial
        if serial == change.base_serial and payload is None:
            return change
        operation = _operation_on(change, head)
        proposal = _again(change, operation, payload or _carried_over(uow, change, head))
        new_payload = proposed_payload(proposal, head, rules_now(uow, rules))
        rebased = change.rebase(now=now, operation=operation, payload=new_payload, base_serial=serial)
        told = {"operation": operation.value, "base_serial": serial, "batch_id": change.batch_id}
        _record(uow, rebased, "rebase", _moment(actor, now, rules), told)
        uow.commit()
    return rebased


def comment(
    uow: UnitOfWork, change_id: int, text: str, *, actor: Actor, now: int, rules: ReviewRules
) -> Change:
    """Say something about a change, whatever its status.

    Raises:
        ChangeNotFoundError: there is no such change.
        NotPermittedError: the actor may neither propose nor decide.
        InvalidRequestError: the text is blank, too long or can't be stored.
    """
    actor.require(Role.requestor)
    said = check_text(text, "comment", max_length=MAX_COMMENT_LENGTH)
    with uow:
        commented = find_change(uow, change_id).comment(actor, now=now, text=said)
        _record(uow, commented, "comment", _moment(actor, now, rules), {"text": said})
        uow.commit()
    return commented


def purge(
    uow: UnitOfWork,
    wanted: ChangeFilter,
    *,
    actor: Actor,
    now: int,
    rules: ReviewRules,
    dry_run: bool = False,
) -> Purged:
    """Remove changes from the queue, whatever their status; tombstones keep their numbers taken.

    Raises:
        NotPermittedError: the actor may not decide.
    """
    actor.require(Role.approver)
    moment = _moment(actor, now, rules)
    with uow:
        found = uow.changes.find(wanted).items
        if not dry_run:
            for change in found:
                about = {"category": str(change.category), "model": change.model_name}
                who = {"requested_by": change.requested_by, "purged_by_username": actor.username}
                _record(uow, change.purge(actor, now=now), "purge", moment, {**about, **who})
            uow.commit()
    return Purged(removed_change_ids=tuple(change.change_id for change in found), dry_run=dry_run)


def find_change(uow: UnitOfWork, change_id: int) -> Change:
    """Return a change, locked; raise ChangeNotFoundError, also for numbers that no store can hold."""
    try:
        if 0 < change_id <= _MAX_ID:
            return uow.changes.get(change_id)
    except ChangeNotFoundError:
        pass
    raise ChangeNotFoundError(_NO_SUCH_CHANGE)


def _moment(actor: Actor, now: int, rules: ReviewRules) -> Moment:
    return Moment(by=actor, now=now, form=rules.queue_form)


def _record(uow: UnitOfWork, change: Change, action: str, moment: Moment, details: Document) -> None:
    uow.changes.save(change)
    uow.audit.append(change_event(change, action, moment, details))


def _base_and_payload(
    uow: UnitOfWork, proposal: Proposal, rules: ReviewRules
) -> tuple[Head | None, Document | None]:
    if proposal.resource_kind is not ResourceKind.model_reference:
        check_document(proposal.payload or {}, max_bytes=rules.max_record_bytes)
        if kind := rules.change_sets.get(proposal.resource_kind):
            check_change_set(uow, kind, proposal.payload or {})
        return None, proposal.payload
    if "\0" in proposal.model_name:
        check_name(proposal.category, proposal.model_name)  # not every database can be asked for it
    head = uow.records.head(proposal.category, proposal.model_name)
    return head, proposed_payload(proposal, head, rules_now(uow, rules))


def _clean(decision: Decision) -> Decision:
    approved, rejected = _ids(decision.approved_ids), _ids(decision.rejected_ids)
    if not approved and not rejected:
        raise InvalidRequestError("The decision names no change.")
    if both := set(approved) & set(rejected):
        raise InvalidRequestError(f"Changes can't be approved and rejected at once: {sorted(both)}.")
    reason = decision.reject_reason
    if rejected:
        reason = check_text(reason or "", "reason for rejecting", max_length=MAX_REASON_LENGTH)
    return Decision(
        batch_title=check_text(decision.batch_title, "title of the batch", max_length=MAX_TITLE_LENGTH),
        approved_ids=approved,
        rejected_ids=rejected,
        reject_reason=reason,
        seen=decision.seen,
    )


def _check_seen(change: Change, seen: Mapping[int, str]) -> None:
    """Refuse what nobody looked at: who proposed a change may make it anew at any moment."""
    if seen.get(change.change_id, change.fingerprint) != change.fingerprint:
        raise RevisionConflictError(
            f"Change {change.change_id} was made anew since you looked at it. Look at it as it is now."
        )


def _ids(given: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted({change_id for change_id in given if change_id > 0}))


def _pending(uow: UnitOfWork, change_id: int) -> Change:
    try:
        change = find_change(uow, change_id)
    except ChangeNotFoundError as error:
        raise InvalidTransitionError(f"Change {change_id} does not exist, so nothing was decided.") from error
    if change.status is not ChangeStatus.pending:
        raise InvalidTransitionError(f"Change {change_id} is {change.status.value}, so nothing was decided.")
    return change


def _batch_to_join(uow: UnitOfWork, *, in_new_batch: bool) -> int:
    open_id = None if in_new_batch else uow.batches.open_id()
    return uow.batches.next_id() if open_id is None else open_id


def _approve(uow: UnitOfWork, change: Change, moment: Moment, batch_id: int, decision: Decision) -> Change:
    title = decision.batch_title
    approved = change.approve(moment.by, now=moment.now, batch_id=batch_id, batch_title=title)
    _record(uow, approved, "approve", moment, {"batch_id": batch_id, "batch_title": title})
    return approved


def _reject(
    uow: UnitOfWork, change: Change, moment: Moment, batch_id: int | None, decision: Decision
) -> Change:
    reason, title = decision.reject_reason or "", decision.batch_title
    rejected = change.reject(moment.by, now=moment.now, reason=reason, batch_id=batch_id, batch_title=title)
    told = {"batch_id": batch_id, "batch_title": title, "reason": reason}
    _record(uow, rejected, "reject", moment, told)
    return rejected


def _check_rebasable(change: Change) -> None:
    if change.resource_kind is not ResourceKind.model_reference:
        raise InvalidTransitionError(f"Change {change.change_id} is a change set, which can't be rebased.")
    if not change.is_open:
        raise InvalidTransitionError(
            f"Change {change.change_id} is {change.status.value} and can't be rebased."
        )


def _operation_on(change: Change, head: Head | None) -> Operation:
    if change.operation is not Operation.delete:
        return Operation.create if head is None else Operation.update
    if head is None:
        raise RevisionConflictError(
            f"{change.model_name!a} is gone already; withdraw change {change.change_id}."
        )
    return Operation.delete


def _carried_over(uow: UnitOfWork, change: Change, head: Head | None) -> Document | None:
    if change.payload is None:
        return None
    base = None if change.base_serial is None else uow.records.version(change.base_serial)
    return rebased_payload(change.payload, base=_in_form(change, base), current=_in_form(change, head))


def _in_form(change: Change, version: Head | None) -> Document | None:
    return None if version is None else record_in_form(change.category, version, change.form)


def _again(change: Change, operation: Operation, payload: Document | None) -> Proposal:
    return Proposal(
        category=change.category,
        model_name=change.model_name,
        operation=operation,
        payload=None if operation is Operation.delete else payload,
        form=change.form,
    )
