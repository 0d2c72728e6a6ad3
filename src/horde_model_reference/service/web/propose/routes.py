"""The addresses of the pages about proposals."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Operation
from horde_model_reference.domain.errors import CategoryNotFoundError
from horde_model_reference.review.steps import find_change
from horde_model_reference.service.queue_schemas import StoredNumber
from horde_model_reference.service.review_desk import CurrentDesk
from horde_model_reference.service.web.page_route import PageRoute
from horde_model_reference.service.web.propose.about import About
from horde_model_reference.service.web.propose.composer import composed_name, schema_note
from horde_model_reference.service.web.propose.deleting import deletion_page, send_deletion
from horde_model_reference.service.web.propose.form_actions import Pressed
from horde_model_reference.service.web.propose.form_pages import category_label, path_of_change
from horde_model_reference.service.web.propose.form_state import FormState
from horde_model_reference.service.web.propose.known import directory_of
from horde_model_reference.service.web.propose.looking import look
from horde_model_reference.service.web.propose.start_pages import (
    Wanted,
    again_page,
    choose_page,
    clone_page,
    edit_page,
    found_record,
    new_page,
)
from horde_model_reference.service.web.propose.submitted import Submitted
from horde_model_reference.service.web.rendering import render
from horde_model_reference.service.web.signed_in import SignedIn

router = APIRouter(prefix="/propose", route_class=PageRoute)

_TOLD: Final[Mapping[Operation, str]] = {
    Operation.create: "You proposed to add {name} to {category}.",
    Operation.update: "You proposed to change {name} in {category}.",
    Operation.delete: "You proposed to delete {name} from {category}.",
}


class What(StrEnum):
    """What is to be done with a record."""

    edit = "edit"
    clone = "clone"
    delete = "delete"


async def _proposer(actor: SignedIn, desk: CurrentDesk) -> Actor:
    """Return who is signed in and may propose; raise NotPermittedError for others."""
    desk.require_queue()
    actor.require(Role.requestor)
    return actor


async def _known_category(category: str) -> Category:
    try:
        return Category(category)
    except ValueError as error:
        raise CategoryNotFoundError(f"There is no category {category!a}.") from error


async def _sent_form(request: Request, category: Annotated[Category, Depends(_known_category)]) -> FormState:
    inputs = (await request.form()).multi_items()
    submitted = Submitted.checked((name, text) for name, text in inputs if isinstance(text, str))
    return FormState.sent(category, submitted)


Proposer = Annotated[Actor, Depends(_proposer)]
KnownCategory = Annotated[Category, Depends(_known_category)]
SentForm = Annotated[FormState, Depends(_sent_form)]
AsWhat = Annotated[What, Query(alias="as")]


@router.get("")
async def choose(
    request: Request,
    desk: CurrentDesk,
    _actor: Proposer,
    category: Category = Category.image_generation,
    name: str = "",
    what: AsWhat = What.edit,
) -> Response:
    """Ask what is to be proposed."""
    return await choose_page(request, desk, Wanted(category=category, name=name.strip(), what=what.value))


@router.get("/sent/{change_id}")
async def sent(request: Request, desk: CurrentDesk, actor: Proposer, change_id: StoredNumber) -> Response:
    """Say what became of a form to the person who sent it."""
    change = await desk.look(lambda uow: find_change(uow, change_id))
    if change.requested_by != actor.user_id:
        return RedirectResponse(path_of_change(change_id), HTTPStatus.SEE_OTHER)
    told = _TOLD[change.operation].format(name=change.model_name, category=category_label(change.category))
    return await run_in_threadpool(
        render, request, "propose/sent.html", change=change, change_path=path_of_change(change_id), told=told
    )


@router.get("/again/{change_id}")
async def again(request: Request, desk: CurrentDesk, actor: Proposer, change_id: StoredNumber) -> Response:
    """Show a change in the form, to propose it once more."""
    return await again_page(request, desk, change_id, actor)


@router.get("/{category}")
async def new(request: Request, desk: CurrentDesk, _actor: Proposer, category: KnownCategory) -> Response:
    """Show the form of a new record."""
    return await new_page(request, desk, category)


@router.post("/{category}")
async def press(request: Request, desk: CurrentDesk, actor: Proposer, state: SentForm) -> Response:
    """Do what a button of the form says."""
    if state.about.operation is Operation.delete:
        return await send_deletion(request, desk, state, actor)
    return await Pressed(request=request, desk=desk, actor=actor, state=state, target="").answer()


@router.post("/{category}/check")
async def check(desk: CurrentDesk, _actor: Proposer, state: SentForm) -> Response:
    """Tell the script what is not right yet, by the same rules as the API."""
    directory = directory_of(desk.registry)
    composed = composed_name(state.submitted, directory)
    if composed and not state.submitted.text("name"):
        state = replace(state, submitted=state.submitted.with_texts({"name": composed}))
    looked = await look(desk, state)
    return JSONResponse(
        {
            "errors": looked.errors,
            "warnings": looked.remarks,
            "composed": composed,
            "taken": composed in (desk.registry.catalog.snapshot(state.category) or ()),
            "schema": schema_note(state.submitted, directory),
        }
    )


@router.get("/{category}/{name:path}")
async def known_record(
    request: Request,
    desk: CurrentDesk,
    _actor: Proposer,
    category: KnownCategory,
    name: str,
    what: AsWhat = What.edit,
) -> Response:
    """Show the form to edit, clone or delete a record."""
    match what:
        case What.edit:
            return await edit_page(request, desk, category, name)
        case What.clone:
            return await clone_page(request, desk, category, name)
        case What.delete:
            key, head = await found_record(desk, category, name)
            about = About(operation=Operation.delete, record=key, base=head.serial)
            state = FormState(category=category, about=about, submitted=Submitted(()))
            return await deletion_page(request, desk, state)
