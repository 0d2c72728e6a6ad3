"""The forms of the desk: each takes one step of the review and leads back to the page."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from horde_model_reference.domain.changes import Change
from horde_model_reference.review import steps
from horde_model_reference.review.applying import Applied, apply_batch, apply_one, decide_and_apply
from horde_model_reference.review.steps import Decision
from horde_model_reference.service.review_desk import CurrentDesk
from horde_model_reference.service.web.rendering import render
from horde_model_reference.service.web.signed_in import SignedIn

router = APIRouter()

Text = Annotated[str, Form()]
Back = Annotated[Literal["queue", "my-changes"], Form()]


@router.post("/queue/decide")
async def decide(
    desk: CurrentDesk,
    actor: SignedIn,
    decision: Annotated[Literal["approve", "reject"], Form()],
    change_ids: Annotated[list[int], Form()] = [],  # noqa: B006 - FastAPI copies it
    title: Text = "",
    reason: Text = "",
) -> Response:
    """Approve or reject several changes, all of them or none."""
    chosen = tuple(change_ids)
    is_approval = decision == "approve"
    wanted = Decision(
        batch_title=title,
        approved_ids=chosen if is_approval else (),
        rejected_ids=() if is_approval else chosen,
        reject_reason=reason or None,
    )
    desk.require_queue()
    await desk.take(lambda uow, rules, now: steps.decide(uow, wanted, actor=actor, now=now, rules=rules))
    return _to("/queue")


@router.post("/queue/{change_id}/approve")
async def approve(
    desk: CurrentDesk,
    actor: SignedIn,
    change_id: int,
    title: Text = "",
    then: Annotated[Literal["", "apply"], Form()] = "",
) -> Response:
    """Approve a change and, if wanted, apply it at once: both or neither."""
    wanted = Decision(batch_title=title, approved_ids=(change_id,))
    desk.require_queue()
    if not then:
        await desk.take(lambda uow, rules, now: steps.decide(uow, wanted, actor=actor, now=now, rules=rules))
        return _to(f"/queue/{change_id}", done="approved")
    job = desk.job(None)
    await desk.write(
        lambda uow, rules, now: decide_and_apply(uow, wanted, actor=actor, now=now, job=job, rules=rules),
        _categories,
    )
    return _to(f"/queue/{change_id}", done="applied")


@router.post("/queue/{change_id}/reject")
async def reject(
    desk: CurrentDesk, actor: SignedIn, change_id: int, reason: Text = "", title: Text = "Review"
) -> Response:
    """Reject a change for good."""
    wanted = Decision(batch_title=title, rejected_ids=(change_id,), reject_reason=reason)
    desk.require_queue()
    await desk.take(lambda uow, rules, now: steps.decide(uow, wanted, actor=actor, now=now, rules=rules))
    return _to(f"/queue/{change_id}", done="rejected")


@router.post("/queue/{change_id}/apply")
async def apply(desk: CurrentDesk, actor: SignedIn, change_id: int) -> Response:
    """Apply an approved change; the next page shows it."""
    desk.require_queue()
    job = desk.job(None)
    await desk.write(
        lambda uow, rules, now: apply_one(uow, change_id, actor=actor, now=now, job=job, rules=rules),
        _categories,
    )
    return _to(f"/queue/{change_id}", done="applied")


@router.post("/queue/batches/{batch_id}/apply")
async def apply_open_batch(request: Request, desk: CurrentDesk, actor: SignedIn, batch_id: int) -> Response:
    """Apply what is approved of a batch, up to the first change that can't be; what was applied stays."""
    desk.require_queue()
    job = desk.job(None)
    done = await desk.write(
        lambda uow, rules, now: apply_batch(uow, batch_id, actor=actor, now=now, job=job, rules=rules),
        _categories,
    )
    status = HTTPStatus.OK if done.failure is None else HTTPStatus.CONFLICT
    return render(request, "desk/applied.html", status=status, batch_id=batch_id, done=done)


@router.post("/queue/{change_id}/unapprove")
async def unapprove(desk: CurrentDesk, actor: SignedIn, change_id: int) -> Response:
    """Take an approval back."""
    desk.require_queue()
    await desk.take(
        lambda uow, rules, now: steps.unapprove(uow, change_id, actor=actor, now=now, rules=rules)
    )
    return _to(f"/queue/{change_id}", done="unapproved")


@router.post("/queue/{change_id}/withdraw")
async def withdraw(desk: CurrentDesk, actor: SignedIn, change_id: int, back: Back = "queue") -> Response:
    """Take back one's own change for good."""
    desk.require_queue()
    await desk.take(lambda uow, rules, now: steps.withdraw(uow, change_id, actor=actor, now=now, rules=rules))
    return _to_list_or_change(back, change_id, done="withdrawn")


@router.post("/queue/{change_id}/rebase")
async def rebase(desk: CurrentDesk, actor: SignedIn, change_id: int, back: Back = "queue") -> Response:
    """Make one's own change anew from the record as it stands."""
    desk.require_queue()
    before, after = await desk.take(
        lambda uow, rules, now: (
            now,
            steps.rebase(uow, change_id, actor=actor, now=now, rules=rules),
        )
    )
    done = "rebased" if after.updated_at >= before else "unchanged"
    return _to_list_or_change(back, change_id, done=done)


@router.post("/queue/{change_id}/comment")
async def comment(desk: CurrentDesk, actor: SignedIn, change_id: int, text: Text = "") -> Response:
    """Say something about a change."""
    desk.require_queue()
    await desk.take(
        lambda uow, rules, now: steps.comment(uow, change_id, text, actor=actor, now=now, rules=rules)
    )
    return _to(f"/queue/{change_id}", done="commented", fragment="#said")


def _categories(done: Applied) -> Iterable[str]:
    changes: tuple[Change, ...] = done.applied
    return [change.category for change in changes]


def _to_list_or_change(back: str, change_id: int, *, done: str) -> Response:
    if back == "my-changes":
        return _to("/my-changes", done=done)
    return _to(f"/queue/{change_id}", done=done)


def _to(path: str, *, done: str | None = None, fragment: str = "") -> Response:
    query = f"?done={done}" if done else ""
    return RedirectResponse(f"{path}{query}{fragment}", HTTPStatus.SEE_OTHER)
