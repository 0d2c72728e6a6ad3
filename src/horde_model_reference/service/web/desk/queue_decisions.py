"""The forms of the queue: deciding on several changes at once, applying what is approved."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from horde_model_reference.domain.actors import Actor
from horde_model_reference.review import steps
from horde_model_reference.review.applying import apply_batch, decide_and_apply
from horde_model_reference.review.steps import Decision
from horde_model_reference.service.errors import status_of
from horde_model_reference.service.queue_schemas import StoredNumber
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.web.desk.addresses import PAGE_LENGTH, QueueQuery
from horde_model_reference.service.web.desk.batches import batch_title, open_batch
from horde_model_reference.service.web.desk.queue_page import queue_page
from horde_model_reference.service.web.desk.refusals import Refused
from horde_model_reference.service.web.desk.taking_steps import (
    REFUSALS,
    categories_of,
    seen_after,
    were_done_before,
)
from horde_model_reference.service.web.page_route import PageRoute
from horde_model_reference.service.web.rendering import render_in_thread
from horde_model_reference.service.web.signed_in import SignedIn

router = APIRouter(route_class=PageRoute)

Text = Annotated[str, Form()]

_LONGEST_NUMBER: Final = 20
_DONE: Final = {"approve": "approved", "apply": "applied", "reject": "rejected"}


@dataclass(frozen=True, slots=True)
class FormOfQueue:
    """A form about several changes, and the page that it stood on."""

    request: Request
    desk: ReviewDesk
    actor: Actor
    query: QueueQuery


def form_of_queue(
    request: Request, desk: CurrentDesk, actor: SignedIn, query: Annotated[QueueQuery, Query()]
) -> FormOfQueue:
    """Return the form that a request sends."""
    desk.require_queue()
    return FormOfQueue(request, desk, actor, query)


CurrentForm = Annotated[FormOfQueue, Depends(form_of_queue)]


@router.post("/queue/decide")
async def decide(
    form: CurrentForm,
    decision: Annotated[Literal["approve", "apply", "reject"], Form()],
    change_ids: Annotated[list[int], Form()] = [],  # noqa: B006 - FastAPI copies it
    seen: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    title: Text = "",
    reason: Text = "",
) -> Response:
    """Approve, reject, or approve and apply several changes, all of them or none."""
    is_rejection, done = decision == "reject", _DONE[decision]
    wanted = Decision(
        batch_title=title.strip() or await form.desk.look(lambda view: batch_title(open_batch(view))),
        approved_ids=() if is_rejection else tuple(change_ids),
        rejected_ids=tuple(change_ids) if is_rejection else (),
        reject_reason=reason or None,
        seen=dict(_seen(seen)),
    )
    try:
        await (_apply(form, wanted) if decision == "apply" else _decide(form, wanted))
    except REFUSALS as error:
        if not await were_done_before(form.desk, change_ids, done, form.actor, error):
            refused = Refused(
                text=str(error), status=status_of(type(error)), typed={"title": title, "reason": reason}
            )
            return await queue_page(
                form.request, form.desk, form.actor, form.query, refused=refused, chosen=change_ids
            )
    return seen_after(form.query.listed_at(done=done, of=change_ids[:PAGE_LENGTH]))


@router.post("/queue/batches/{batch_id:int}/apply")
async def apply_open_batch(
    request: Request, desk: CurrentDesk, actor: SignedIn, batch_id: StoredNumber
) -> Response:
    """Apply what is approved of a batch, up to the first change that can't be; what was applied stays."""
    desk.require_queue()
    job = desk.job(None)
    done = await desk.write(
        lambda uow, rules, now: apply_batch(uow, batch_id, actor=actor, now=now, job=job, rules=rules),
        categories_of,
    )
    status = HTTPStatus.OK if done.failure is None else HTTPStatus.CONFLICT
    return await render_in_thread(request, "desk/applied.html", status=status, batch_id=batch_id, done=done)


def _seen(told: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the fingerprints of the changes that stood in the list, by their number."""
    for each in told:
        number, _, fingerprint = each.partition(":")
        if number.isascii() and number.isdecimal() and len(number) < _LONGEST_NUMBER:
            yield int(number), fingerprint


async def _decide(form: FormOfQueue, wanted: Decision) -> None:
    await form.desk.take(
        lambda uow, rules, now: steps.decide(uow, wanted, actor=form.actor, now=now, rules=rules)
    )


async def _apply(form: FormOfQueue, wanted: Decision) -> None:
    job = form.desk.job(None)
    await form.desk.write(
        lambda uow, rules, now: decide_and_apply(
            uow, wanted, actor=form.actor, now=now, job=job, rules=rules
        ),
        categories_of,
    )
