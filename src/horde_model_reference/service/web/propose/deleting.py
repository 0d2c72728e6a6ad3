"""Proposing that a record goes."""

from http import HTTPStatus
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY, LiveModels
from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.changes import InvalidRequestError
from horde_model_reference.domain.errors import RevisionConflictError
from horde_model_reference.review.effects import Effects, effects_on
from horde_model_reference.review.policy import check_text
from horde_model_reference.service.review_desk import ReviewDesk
from horde_model_reference.service.web.live_figures import figures_by_name, live_or_none
from horde_model_reference.service.web.propose.about import MAX_NOTE_LENGTH, NOTE
from horde_model_reference.service.web.propose.assessing import proposal_for
from horde_model_reference.service.web.propose.form_pages import category_label, change_notice, path_of
from horde_model_reference.service.web.propose.form_state import FormState
from horde_model_reference.service.web.propose.looking import open_changes
from horde_model_reference.service.web.propose.page_models import DeletionPage, Notice
from horde_model_reference.service.web.rendering import render

_HAS_MOVED: Final = Notice(
    kind="warn",
    title="The record has changed since you opened this page",
    texts=("Look at it again before you propose to delete it.",),
)


async def deletion_page(
    request: Request, desk: ReviewDesk, state: FormState, *, note_error: str = ""
) -> Response:
    """Ask why a record should go."""
    name = state.about.record
    waiting = await desk.look(lambda uow: open_changes(uow, state, name))
    head = await desk.look(lambda uow: uow.records.head(state.category, name))
    notices = map(change_notice, waiting)
    has_moved = head is None or head.serial != state.about.base
    live = await live_or_none(request, WORK_KIND_OF_CATEGORY.get(state.category), with_workers=True)
    page = DeletionPage(
        name=name,
        category=state.category.value,
        about=f"A model of {category_label(state.category)}. Its history stays, and it can come back.",
        effects=await run_in_threadpool(_effects, request, desk, state, live),
        has_live_data=state.category in WORK_KIND_OF_CATEGORY,
        path=path_of(state.category),
        hidden=tuple(state.about.inputs()),
        notices=(*notices, *((_HAS_MOVED,) if has_moved else ())),
        note=state.submitted.text(NOTE),
        note_error=note_error,
    )
    status = (
        HTTPStatus.CONFLICT if has_moved else HTTPStatus.UNPROCESSABLE_ENTITY if note_error else HTTPStatus.OK
    )
    return await run_in_threadpool(render, request, "propose/delete.html", status=status, page=page)


def _effects(request: Request, desk: ReviewDesk, state: FormState, live: LiveModels | None) -> Effects:
    snapshot, name = desk.registry.catalog.snapshot(state.category), state.about.record
    return effects_on(snapshot, name, figures_by_name(request, snapshot, live).get(name))


async def send_deletion(request: Request, desk: ReviewDesk, state: FormState, actor: Actor) -> Response:
    """Propose the deletion, or ask for what is missing."""
    try:
        reason = check_text(state.submitted.text(NOTE), "reason", max_length=MAX_NOTE_LENGTH)
    except InvalidRequestError as error:
        return await deletion_page(request, desk, state, note_error=str(error))
    settings = desk.registry.settings
    intent = state.about.intent(state.category, settings, name=state.about.record, notes=reason)
    try:
        change = await desk.propose(proposal_for(intent, None), actor)
    except RevisionConflictError:
        return await deletion_page(request, desk, state)
    return RedirectResponse(f"/propose/sent/{change.change_id}", HTTPStatus.SEE_OTHER)
