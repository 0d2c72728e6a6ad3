"""One change: what it does, what checks say of it, who would notice, what was said, and what can be done."""

import time
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.changes import Change, ChangeStatus, Operation, ResourceKind
from horde_model_reference.domain.diff import ChangeDiff
from horde_model_reference.review.steps import find_change
from horde_model_reference.service.comparing import compared_as_done
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.web.desk.findings import look_up
from horde_model_reference.service.web.desk.queue_page import (
    OpenBatch,
    batch_title,
    may_decide,
    open_batch,
)
from horde_model_reference.service.web.differences import differences_of, pretty
from horde_model_reference.service.web.rendering import render
from horde_model_reference.service.web.signed_in import SignedIn
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

router = APIRouter()

DONE: Final = {
    "approved": "Approved. It waits to be applied.",
    "rejected": "Rejected.",
    "applied": "Applied: readers see it now.",
    "withdrawn": "Withdrawn.",
    "unapproved": "The approval is taken back; the change is pending again.",
    "rebased": "Made anew from the record as it stands.",
    "unchanged": "The record has not moved on; there was nothing to do.",
    "commented": "Your comment is there.",
    "proposed": "Proposed. Somebody else has to approve it.",
}
"""What pages say after a step, by the word in the address that people are led back to."""


class ChangeQuery(BaseModel):
    """How to show a change, as it stands in the address."""

    view: Literal["side", "unified"] = "side"
    ask: bool = False
    """Has its addresses asked first, for those who have no script that does."""
    done: Annotated[str, Field(max_length=20)] = ""
    """The step that led here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What the visitor may do with a change at the moment."""

    decide: bool = False
    unapprove: bool = False
    apply: bool = False
    withdraw: bool = False
    rebase: bool = False
    edit: bool = False
    """Whether they may propose it once more in the form, on top of the record as it stands."""
    comment: bool = False
    is_own_to_review: bool = False
    """Whether they could decide, had they not proposed it themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A change with all that the database knows about it."""

    diff: ChangeDiff
    batch: OpenBatch | None
    following: Change | None
    """The next change that waits for a decision; None: this was the last."""
    preceding: Change | None


@router.get("/queue/{change_id}")
async def change(
    request: Request,
    desk: CurrentDesk,
    actor: SignedIn,
    change_id: int,
    query: Annotated[ChangeQuery, Query()],
) -> Response:
    """Show a change."""
    desk.require_queue()
    seen = await desk.look(lambda uow: _seen(uow, change_id))
    change = seen.diff.change
    found = await look_up(request, desk, change, ask=query.ask)
    return render(
        request,
        "desk/change.html",
        change=change,
        diff=seen.diff,
        differences=differences_of(seen.diff),
        payload=pretty(change),
        is_record=change.resource_kind is ResourceKind.model_reference,
        actions=actions_on(seen.diff, actor, desk),
        batch=seen.batch,
        now=int(time.time()),
        title=batch_title(seen.batch),
        following=seen.following,
        preceding=seen.preceding,
        view=query.view,
        done=DONE.get(query.done),
        found=found,
    )


@router.get("/queue/{change_id}/checks")
async def checks(request: Request, desk: CurrentDesk, actor: SignedIn, change_id: int) -> Response:
    """Return the part of the page that takes seconds to find out, for its script."""
    del actor
    desk.require_queue()
    change = await desk.look(lambda view: find_change(view, change_id))
    found = await look_up(request, desk, change, ask=True)
    return render(request, "desk/checks.html", change=change, found=found)


def actions_on(found: ChangeDiff, actor: Actor, desk: ReviewDesk) -> Actions:
    """Return what somebody may do with a change; the steps refuse whoever sends another form all the same."""
    change = found.change
    is_own = change.requested_by == actor.user_id
    is_reviewer, may_act = actor.has(Role.approver), may_decide(actor, change, desk)
    is_record = change.resource_kind is ResourceKind.model_reference
    is_approved = change.status is ChangeStatus.approved
    has_form = change.operation is not Operation.delete and actor.has(Role.requestor)
    is_own_and_open = is_own and change.is_open and actor.has(Role.requestor)
    return Actions(
        decide=change.status is ChangeStatus.pending and may_act,
        unapprove=is_approved and is_reviewer,
        apply=is_approved and may_act,
        withdraw=is_own_and_open,
        rebase=is_own_and_open and is_record and found.conflict,
        edit=is_own and is_record and change.status is not ChangeStatus.applied and has_form,
        comment=actor.has(Role.requestor),
        is_own_to_review=is_own and change.is_open and is_reviewer and not may_act,
    )


def _seen(uow: SqlUnitOfWork, change_id: int) -> _Seen:
    found = compared_as_done(uow, find_change(uow, change_id))
    preceding, following = uow.changes.neighbours(change_id, ChangeStatus.pending)
    return _Seen(
        diff=found,
        batch=open_batch(uow),
        following=following,
        preceding=preceding,
    )
