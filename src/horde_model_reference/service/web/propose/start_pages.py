"""The pages where proposals begin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from http import HTTPStatus
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import (
    Change,
    ChangeStatus,
    Document,
    Operation,
    RecordForm,
    ResourceKind,
)
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.review.payloads import rebased_payload
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import Head, UnitOfWork
from horde_model_reference.review.steps import find_change
from horde_model_reference.service.errors import UnsupportedRequestError
from horde_model_reference.service.review_desk import ReviewDesk
from horde_model_reference.service.web.labels import CATEGORY_LABELS
from horde_model_reference.service.web.local_path import address_of
from horde_model_reference.service.web.propose.about import About
from horde_model_reference.service.web.propose.composer import parts_of
from horde_model_reference.service.web.propose.form_pages import (
    category_label,
    change_notice,
    form_page,
    path_of_record,
)
from horde_model_reference.service.web.propose.form_state import FormState
from horde_model_reference.service.web.propose.looking import open_changes
from horde_model_reference.service.web.propose.page_models import Around, Notice
from horde_model_reference.service.web.propose.starting import clone_of, empty_document
from horde_model_reference.service.web.rendering import render

_MOST_SIMILAR: Final = 8
_REPLACES: Final = "What you send takes its place. If it was approved, it has to be approved again."
_COMES_BESIDE: Final = (
    "What you send is another change beside it; whichever is applied first, the other is a conflict then."
)
_MOST_COMPARED: Final = 2_000
_BY_USE: Final = tuple(
    dict.fromkeys(
        (
            Category.image_generation,
            Category.text_generation,
            Category.video_generation,
            Category.audio_generation,
            Category.controlnet,
            *Category,
        )
    )
)
"""What people mostly propose comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A record that somebody asked for by its name."""

    category: Category
    name: str
    what: str


async def choose_page(request: Request, desk: ReviewDesk, wanted: Wanted) -> Response:
    """Ask what is to be proposed; lead on where a record was named that there is."""
    snapshot = desk.registry.catalog.snapshot(wanted.category)
    names = tuple(snapshot or ())
    if wanted.name:
        key = desk.stored_key(wanted.category, wanted.name)
        if key in names:
            address = path_of_record(wanted.category, key, wanted.what)
            return RedirectResponse(address, HTTPStatus.SEE_OTHER)

    label = category_label(wanted.category)

    def made() -> Response:
        return render(
            request,
            "propose/choose.html",
            status=HTTPStatus.NOT_FOUND if wanted.name else HTTPStatus.OK,
            categories=[(each.value, CATEGORY_LABELS[each]) for each in _BY_USE],
            wanted_category=wanted.category.value,
            wanted_name=wanted.name,
            wanted_as=wanted.what,
            problem=f"No {label} model is called {wanted.name}" if wanted.name else "",
            similar=_similar(wanted.name, names),
        )

    return await run_in_threadpool(made)


async def new_page(request: Request, desk: ReviewDesk, category: Category) -> Response:
    """Show the empty form of a category."""
    about = About(operation=Operation.create, came_from=address_of(request))
    state = FormState.of(category, about, empty_document(category))
    return await form_page(request, desk, state, Around(is_fresh=True))


async def edit_page(request: Request, desk: ReviewDesk, category: Category, name: str) -> Response:
    """Show a record in the form."""
    key, head = await found_record(desk, category, name)
    about = About(operation=Operation.update, record=key, base=head.serial, came_from=address_of(request))
    state = FormState.of(category, about, head.document)
    waiting = await desk.look(lambda uow: open_changes(uow, state, key))
    notices = tuple(map(change_notice, waiting))
    return await form_page(request, desk, state, Around(notices=notices, is_fresh=True))


async def clone_page(request: Request, desk: ReviewDesk, category: Category, name: str) -> Response:
    """Show the form of a new record that begins as a copy of another."""
    key, head = await found_record(desk, category, name)
    about = About(operation=Operation.create, came_from=address_of(request))
    state = FormState.of(category, about, clone_of(head.document))
    if category is Category.text_generation:
        state = replace(state, submitted=state.submitted.with_texts(parts_of(key)))
    notice = Notice(
        kind="info",
        title=f"This begins as a copy of {key}",
        texts=("Give it a name of its own, and the files that it really has: sums and sizes are left out.",),
    )
    return await form_page(request, desk, state, Around(notices=(notice,), is_fresh=True))


async def again_page(request: Request, desk: ReviewDesk, change_id: int, actor: Actor) -> Response:
    """Show what a change proposed in the form, on top of the record as it stands."""
    rules = desk.registry.review_rules()

    def looking(uow: UnitOfWork) -> tuple[Change, Head | None, Head | None]:
        change = find_change(uow, change_id)
        if change.resource_kind is not ResourceKind.model_reference:
            raise UnsupportedRequestError(f"Change {change_id} is not about a record of a model.")
        base = None if change.base_serial is None else uow.records.version(change.base_serial)
        return change, base, uow.records.head(change.category, change.model_name)

    change, base, head = await desk.look(looking)
    category = Category(change.category)
    if change.payload is None or change.operation is Operation.delete:
        return RedirectResponse(path_of_record(category, change.model_name, "delete"), HTTPStatus.SEE_OTHER)
    document = rebased_payload(_as_v2(change, rules), base=_document(base), current=_document(head))
    about = About(
        operation=Operation.create if head is None else Operation.update,
        record="" if head is None else change.model_name,
        base=None if head is None else head.serial,
        again=change_id,
        came_from=address_of(request),
    )
    state = FormState.of(category, about, document)
    notices = tuple(_about_change(change, actor))
    return await form_page(request, desk, state, Around(notices=notices, is_fresh=True))


async def found_record(desk: ReviewDesk, category: Category, name: str) -> tuple[str, Head]:
    """Return the key and the newest version of a record; raise RecordNotFoundError for none."""
    key = desk.stored_key(category, name)
    head = await desk.look(lambda uow: uow.records.head(category, key)) if "\0" not in key else None
    if head is None:
        raise RecordNotFoundError(f"{name!a} is not in {category}.")
    return key, head


def _similar(name: str, names: Sequence[str]) -> list[str]:
    if not name:
        return []
    wanted = name.casefold()
    within = [each for each in names if wanted in each.casefold()]
    return within[:_MOST_SIMILAR] or get_close_matches(name[:200], names[:_MOST_COMPARED], n=_MOST_SIMILAR)


def _document(head: Head | None) -> Document | None:
    return None if head is None else head.document


def _as_v2(change: Change, rules: ReviewRules) -> Document:
    payload = change.payload or {}
    if change.form is RecordForm.v2:
        return payload
    return rules.shapers[change.form](change.category, change.model_name, payload)[0]


def _about_change(change: Change, actor: Actor) -> Iterator[Notice]:
    if change.status is ChangeStatus.rejected:
        title = f"Change {change.change_id} was rejected by {change.rejected_username}"
        yield Notice(kind="warn", title=title, texts=(change.reject_reason or "",))
    elif change.is_open:
        is_own = change.requested_by == actor.user_id
        title = f"Change {change.change_id} by {change.requested_username} is still open"
        yield Notice(
            kind="info" if is_own else "warn", title=title, texts=(_REPLACES if is_own else _COMES_BESIDE,)
        )
