"""What the buttons of a form do."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import RedirectResponse, Response

from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.changes import (
    Change,
    InvalidRequestError,
    Operation,
)
from horde_model_reference.domain.diff import diff
from horde_model_reference.domain.errors import (
    ConflictError,
    InvalidRecordError,
    RecordNotFoundError,
)
from horde_model_reference.formats.text_names import parameters_in_name
from horde_model_reference.review.payloads import rebased_payload
from horde_model_reference.review.ports import Head, UnitOfWork
from horde_model_reference.review.steps import find_change, rebase
from horde_model_reference.service.asking_addresses import ask_addresses
from horde_model_reference.service.errors import UnavailableError
from horde_model_reference.service.review_desk import ReviewDesk
from horde_model_reference.service.web.page_numbers import PageNumber
from horde_model_reference.service.web.propose.about import ACTION, PASTED
from horde_model_reference.service.web.propose.asking import addresses_in, with_answers
from horde_model_reference.service.web.propose.assessing import Assessment
from horde_model_reference.service.web.propose.composer import composed_name, parts_of
from horde_model_reference.service.web.propose.form_pages import form_page, preview_page
from horde_model_reference.service.web.propose.form_state import FormState
from horde_model_reference.service.web.propose.known import directory_of
from horde_model_reference.service.web.propose.looking import Looked, licenses_now, look
from horde_model_reference.service.web.propose.page_models import Around, Notice
from horde_model_reference.service.web.propose.starting import Licenses, complete, pasted_record
from horde_model_reference.service.web.propose.submitted import Submitted

_NO_BASE_NAME: Final = Notice(kind="warn", title="There is no name without a base name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A button of a form that somebody pressed."""

    request: Request
    desk: ReviewDesk
    actor: Actor
    state: FormState
    target: str
    """What the button is about, such as the list to add to."""

    async def answer(self) -> Response:
        """Do what the button says; raise InvalidRequestError for one that there isn't."""
        action, _, target = self.state.submitted.text(ACTION).partition(":")
        if action not in _ACTIONS:
            raise InvalidRequestError(f"There is no button {action!a}.")
        return await _ACTIONS[action](replace(self, target=target))


async def _add(pressed: Pressed) -> Response:
    return await _again(pressed, pressed.state.submitted.with_row(pressed.target))


async def _remove(pressed: Pressed) -> Response:
    return await _again(pressed, pressed.state.submitted.without(pressed.target))


async def _edit(pressed: Pressed) -> Response:
    return await _again(pressed, pressed.state.submitted)


async def _again(pressed: Pressed, submitted: Submitted) -> Response:
    state = replace(pressed.state, submitted=submitted)
    return await form_page(pressed.request, pressed.desk, state)


async def _compose(pressed: Pressed) -> Response:
    state = pressed.state
    name = composed_name(state.submitted, directory_of(pressed.desk.registry))
    if not name:
        return await form_page(pressed.request, pressed.desk, state, Around(notices=(_NO_BASE_NAME,)))
    composed = replace(state, submitted=_with_parameters(state.submitted.with_texts({"name": name})))
    looked = await look(pressed.desk, composed)
    # Of a form that is only begun, nothing but the name can be right or wrong.
    taken = {name: errors for name, errors in looked.errors.items() if name == "name"}
    return await form_page(
        pressed.request, pressed.desk, composed, Around(errors=taken, remarks=looked.remarks)
    )


async def _take_apart(pressed: Pressed) -> Response:
    submitted = pressed.state.submitted
    parts = parts_of(submitted.text("name"))
    return await _again(pressed, _with_parameters(submitted.without("_part").with_texts(parts)))


def _with_parameters(submitted: Submitted) -> Submitted:
    count = parameters_in_name(submitted.text("name"))
    if count is None or submitted.text("parameters").strip():
        return submitted
    return submitted.with_texts({"parameters": str(count)})


async def _ask(pressed: Pressed) -> Response:
    state, prober = pressed.state, pressed.desk.registry.prober
    if prober is None:
        raise UnavailableError("No addresses are asked from here.")
    urls = list(addresses_in(state.submitted).values())
    await ask_addresses(prober, urls)
    answered = with_answers(state.submitted, prober.known(urls))
    around = Around(told=answered.told or ("There is no address to ask yet.",))
    return await form_page(
        pressed.request, pressed.desk, replace(state, submitted=answered.submitted), around
    )


async def _paste(pressed: Pressed) -> Response:
    state = pressed.state
    try:
        document = pasted_record(state.category, state.submitted.text(PASTED))
    except InvalidRecordError as error:
        return await form_page(pressed.request, pressed.desk, state, Around(pasted_error=str(error)))
    if state.about.operation is Operation.update:
        document["name"] = state.reading().document.get("name", state.about.record)
    filled = Notice(kind="good", title="The form shows the record that you pasted")
    return await form_page(pressed.request, pressed.desk, state.showing(document), Around(notices=(filled,)))


async def _preview(pressed: Pressed) -> Response:
    looked = await look(pressed.desk, pressed.state)
    if _is_wrong(looked):
        return await _refused(pressed, looked)
    return await preview_page(pressed.request, pressed.state, looked, _part(pressed.target))


def _part(target: str) -> int:
    try:
        return TypeAdapter(PageNumber).validate_python(target or 1)
    except ValidationError as error:
        raise InvalidRequestError(f"{target!a} is no part of a difference.") from error


async def _send(pressed: Pressed) -> Response:
    looked = await look(pressed.desk, pressed.state)
    if _is_wrong(looked) or looked.assessment.proposal is None:
        return await _refused(pressed, looked)
    if not looked.assessment.changes:
        return await _preview(pressed)
    try:
        change = _sent_already(pressed, looked) or await _propose(pressed, looked.assessment)
    except ConflictError:  # the record changed while it was looked at
        return await _refused(pressed, await look(pressed.desk, pressed.state))
    return RedirectResponse(f"/propose/sent/{change.change_id}", HTTPStatus.SEE_OTHER)


async def _propose(pressed: Pressed, assessment: Assessment) -> Change:
    desk, actor, again = pressed.desk, pressed.actor, pressed.state.about.again
    proposal = assessment.proposal
    if proposal is None:
        raise InvalidRequestError("There is nothing to propose.")
    if again is not None:
        before = await desk.look(lambda uow: find_change(uow, again))
        if before.is_open and before.requested_by == actor.user_id and before.form is proposal.form:
            return await desk.take(
                lambda uow, rules, now: rebase(
                    uow, again, actor=actor, now=now, rules=rules, payload=assessment.payload
                )
            )
    return await desk.propose(proposal, actor)


def _sent_already(pressed: Pressed, looked: Looked) -> Change | None:
    """Return the change that the same form made before, as when a button is pressed twice."""
    mine = [change for change in looked.waiting if change.requested_by == pressed.actor.user_id]
    operation, payload = pressed.state.about.operation, looked.assessment.payload
    same = (change for change in mine if change.operation is operation and change.payload == payload)
    return next(same, None)


async def _redo(pressed: Pressed) -> Response:
    state, desk = pressed.state, pressed.desk

    def versions(uow: UnitOfWork) -> tuple[Head | None, Head | None, Licenses]:
        base = None if state.about.base is None else uow.records.version(state.about.base)
        return base, uow.records.head(state.category, state.about.record), licenses_now(uow)

    base, head, licenses = await desk.look(versions)
    if head is None or base is None:
        raise RecordNotFoundError(f"{state.about.record!a} is not in {state.category} any more.")
    wanted = complete(state.reading().document, licenses)
    carried = rebased_payload(wanted, base=base.document, current=head.document)
    moved = [change.field_path for change in diff(base.document, head.document)]
    about = replace(state.about, base=head.serial)
    notice = Notice(
        kind="good",
        title="Your changes are on top of the newest version now",
        texts=(f"Meanwhile somebody changed: {', '.join(moved) or 'nothing that counts'}.",),
    )
    newest = replace(state, about=about).showing(carried)
    return await form_page(pressed.request, desk, newest, Around(notices=(notice,)))


def _is_wrong(looked: Looked) -> bool:
    return bool(looked.errors) or looked.assessment.has_moved


async def _refused(pressed: Pressed, looked: Looked) -> Response:
    around = Around(errors=looked.errors, remarks=looked.remarks, has_moved=looked.assessment.has_moved)
    return await form_page(pressed.request, pressed.desk, pressed.state, around)


_ACTIONS: Final[Mapping[str, Callable[[Pressed], Awaitable[Response]]]] = {
    "add": _add,
    "ask": _ask,
    "remove": _remove,
    "edit": _edit,
    "compose": _compose,
    "take-apart": _take_apart,
    "paste": _paste,
    "preview": _preview,
    "send": _send,
    "redo": _redo,
}
