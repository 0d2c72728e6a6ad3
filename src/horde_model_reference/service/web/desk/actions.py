"""What somebody may do with a change; the steps refuse whoever sends another form all the same."""

from dataclasses import dataclass

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.changes import Change, ChangeStatus, Operation, ResourceKind
from horde_model_reference.domain.diff import ChangeDiff
from horde_model_reference.service.review_desk import ReviewDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What the visitor may do with a change at the moment."""

    approve: bool = False
    reject: bool = False
    unapprove: bool = False
    apply: bool = False
    withdraw: bool = False
    rebase: bool = False
    edit: bool = False
    """Whether they may propose it once more in the form, on top of the record as it stands."""
    comment: bool = False
    is_own_to_review: bool = False
    """Whether they could decide, had they not proposed it themselves."""


def may_decide(actor: Actor, change: Change, desk: ReviewDesk) -> bool:
    """Tell whether somebody may decide about a change, were it pending."""
    allows_own = desk.registry.settings.pending_queue.allow_self_approval
    return actor.has(Role.approver) and (allows_own or change.requested_by != actor.user_id)


def not_by(actor: Actor, desk: ReviewDesk) -> str | None:
    """Return whose changes are none to decide on for a reviewer: their own, mostly."""
    is_bound = actor.has(Role.approver) and not desk.registry.settings.pending_queue.allow_self_approval
    return actor.user_id if is_bound else None


def actions_on(found: ChangeDiff, actor: Actor, desk: ReviewDesk) -> Actions:
    """Return what somebody may do with a change."""
    change = found.change
    is_own = change.requested_by == actor.user_id
    is_reviewer, may_act = actor.has(Role.approver), may_decide(actor, change, desk)
    is_record = change.resource_kind is ResourceKind.model_reference
    is_pending = change.status is ChangeStatus.pending
    is_approved = change.status is ChangeStatus.approved
    has_form = change.operation is not Operation.delete and actor.has(Role.requestor)
    is_own_and_open = is_own and change.is_open and actor.has(Role.requestor)
    return Actions(
        approve=is_pending and may_act and not found.conflict,
        reject=is_pending and may_act,
        unapprove=is_approved and is_reviewer,
        apply=is_approved and may_act and not found.conflict,
        withdraw=is_own_and_open,
        rebase=is_own_and_open and is_record and found.conflict,
        edit=is_own and is_record and change.status is not ChangeStatus.applied and has_form,
        comment=actor.has(Role.requestor),
        is_own_to_review=is_own and change.is_open and is_reviewer and not may_act,
    )
