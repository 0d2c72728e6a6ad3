"""The forms on the page of a change: each takes one step of the review."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from starlette.responses import Response

from horde_model_reference.review import steps
from horde_model_reference.review.applying import apply_one, decide_and_apply
from horde_model_reference.review.steps import Decision
from horde_model_reference.service.web.desk.batches import batch_title, open_batch
from horde_model_reference.service.web.desk.change_page import Place
from horde_model_reference.service.web.desk.taking_steps import (
    CurrentForm,
    FormOfChange,
    seen_after,
)
from horde_model_reference.service.web.page_route import PageRoute

router = APIRouter(route_class=PageRoute)

Text = Annotated[str, Form()]
Back = Annotated[Literal["queue", "my-changes"], Form()]


@router.post("/queue/{change_id:int}/approve")
async def approve(
    form: CurrentForm, title: Text = "", seen: Text = "", then: Annotated[Literal["", "apply"], Form()] = ""
) -> Response:
    """Approve a change and, if wanted, apply it at once: both or neither."""
    place = form.place
    if not title.strip():
        title = await place.desk.look(lambda view: batch_title(open_batch(view)))
    wanted = Decision(batch_title=title, approved_ids=(place.change_id,), seen=_seen(place, seen))
    if not then:
        return await _decided(form, wanted, "approved", title=title)
    job = place.desk.job(None)
    taken = await form.write(
        lambda uow, rules, now: decide_and_apply(
            uow, wanted, actor=place.actor, now=now, job=job, rules=rules
        ),
        "applied",
        title=title,
    )
    return taken.refusal or await form.to_next("applied")


@router.post("/queue/{change_id:int}/reject")
async def reject(form: CurrentForm, reason: Text = "", title: Text = "Review", seen: Text = "") -> Response:
    """Reject a change for good."""
    place = form.place
    wanted = Decision(
        batch_title=title,
        rejected_ids=(place.change_id,),
        reject_reason=reason,
        seen=_seen(place, seen),
    )
    return await _decided(form, wanted, "rejected", reason=reason)


@router.post("/queue/{change_id:int}/apply")
async def apply(form: CurrentForm) -> Response:
    """Apply an approved change; the next page shows it."""
    place, job = form.place, form.place.desk.job(None)
    taken = await form.write(
        lambda uow, rules, now: apply_one(
            uow, place.change_id, actor=place.actor, now=now, job=job, rules=rules
        ),
        "applied",
    )
    return taken.refusal or form.to_change("applied")


@router.post("/queue/{change_id:int}/unapprove")
async def unapprove(form: CurrentForm) -> Response:
    """Take an approval back."""
    place = form.place
    taken = await form.take(
        lambda uow, rules, now: steps.unapprove(
            uow, place.change_id, actor=place.actor, now=now, rules=rules
        ),
        "unapproved",
    )
    return taken.refusal or form.to_change("unapproved")


@router.post("/queue/{change_id:int}/withdraw")
async def withdraw(form: CurrentForm, back: Back = "queue") -> Response:
    """Take back one's own change for good."""
    place = form.place
    taken = await form.take(
        lambda uow, rules, now: steps.withdraw(uow, place.change_id, actor=place.actor, now=now, rules=rules),
        "withdrawn",
    )
    return taken.refusal or _to_list_or_change(form, back, "withdrawn")


@router.post("/queue/{change_id:int}/rebase")
async def rebase(form: CurrentForm, back: Back = "queue") -> Response:
    """Make one's own change anew from the record as it stands."""
    place = form.place
    taken = await form.take(
        lambda uow, rules, now: (
            now,
            steps.rebase(uow, place.change_id, actor=place.actor, now=now, rules=rules),
        ),
        "rebased",
    )
    was_needed = taken.result is not None and taken.result[1].updated_at >= taken.result[0]
    return taken.refusal or _to_list_or_change(form, back, "rebased" if was_needed else "unchanged")


@router.post("/queue/{change_id:int}/comment")
async def comment(form: CurrentForm, text: Text = "") -> Response:
    """Say something about a change."""
    place = form.place
    taken = await form.take(
        lambda uow, rules, now: steps.comment(
            uow, place.change_id, text, actor=place.actor, now=now, rules=rules
        ),
        "commented",
        text=text,
    )
    return taken.refusal or form.to_change("commented", fragment="#said")


async def _decided(form: FormOfChange, wanted: Decision, done: str, **typed: str) -> Response:
    actor = form.place.actor
    taken = await form.take(
        lambda uow, rules, now: steps.decide(uow, wanted, actor=actor, now=now, rules=rules), done, **typed
    )
    return taken.refusal or await form.to_next(done)


def _seen(place: Place, fingerprint: str) -> dict[int, str]:
    return {place.change_id: fingerprint} if fingerprint else {}


def _to_list_or_change(form: FormOfChange, back: str, done: str) -> Response:
    if back == "my-changes":
        return seen_after(f"/my-changes?done={done}&of={form.place.change_id}")
    return form.to_change(done)
