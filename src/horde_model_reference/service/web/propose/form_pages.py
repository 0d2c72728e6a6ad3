"""The page of a record's form, and the preview of what it would change."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Change, Operation, RecordForm
from horde_model_reference.review.check_shapes import Check, Outcome
from horde_model_reference.review.policy import rules_now
from horde_model_reference.service.review_desk import ReviewDesk
from horde_model_reference.service.web.difference_parts import part_of
from horde_model_reference.service.web.differences import difference_between
from horde_model_reference.service.web.labels import CATEGORY_LABELS, category_title
from horde_model_reference.service.web.propose.about import NOTE, PASTED, form_of_changes
from horde_model_reference.service.web.propose.assessing import Assessment
from horde_model_reference.service.web.propose.composer import ComposerView, view_composer
from horde_model_reference.service.web.propose.form_state import FormState
from horde_model_reference.service.web.propose.form_view import Told, view_form
from horde_model_reference.service.web.propose.known import directory_of, known_values
from horde_model_reference.service.web.propose.looking import Looked
from horde_model_reference.service.web.propose.page_models import (
    Around,
    FormPage,
    Notice,
    PreviewPage,
    error_links,
)
from horde_model_reference.service.web.rendering import render
from horde_model_reference.service.web.text_filters import in_sentence

_IN_LEGACY_FORM: Final = Notice(
    kind="info",
    title="Records of this category are kept in the legacy format here",
    texts=("What you fill in is translated to it. Before you send it, you see whether anything gets lost.",),
)
_HAS_MOVED: Final = Notice(
    kind="warn",
    title="The record has changed since you opened this form",
    texts=(
        "Your changes can be taken over to its newest version: what you changed stays as you want it, "
        "everything else becomes what it is now.",
    ),
)
_NOTHING_TO_SAY: Final = Around()
_VERBS: Final[Mapping[Operation, str]] = {
    Operation.create: "adds",
    Operation.update: "changes",
    Operation.delete: "deletes",
}
_MOST_PATHS: Final = 20
_MOST_TOLD: Final = 60
_TOLD: Final = frozenset({Outcome.problem, Outcome.note})


def category_label(category: str) -> str:
    """Return a category as people write it within a sentence."""
    return in_sentence(category_title(category))


async def form_page(
    request: Request, desk: ReviewDesk, state: FormState, around: Around = _NOTHING_TO_SAY
) -> Response:
    """Return the form, with what there is to say about it; raise InvalidRequestError where it is too long."""
    state.submitted.check_rows()
    registry = desk.registry
    rules = await desk.look(lambda uow: rules_now(uow, registry.review_rules()))

    def made() -> Response:
        known = known_values(registry, state.category, rules)
        told = Told(errors=around.errors, remarks=around.remarks)
        form = view_form(state.form, state.submitted, known=known, told=told)
        page = FormPage(
            title=_title(state),
            about=_about(state),
            category=state.category.value,
            category_title=CATEGORY_LABELS[state.category].title,
            record=state.about.record,
            path=path_of(state.category),
            hidden=(*state.about.inputs(), *form.hidden),
            came_from=state.about.came_from,
            max_bytes=registry.settings.max_body_bytes,
            around=around,
            notices=tuple(_notices(registry, state, around)),
            errors=error_links(around.errors, form.labels),
            pasted=state.submitted.text(PASTED) if around.pasted_error else "",
            composer=_composer(registry, state),
            can_ask=registry.prober is not None,
        )
        return render(request, "propose/form.html", status=around.status, page=page, form=form)

    return await run_in_threadpool(made)


async def preview_page(request: Request, state: FormState, looked: Looked, part: int = 1) -> Response:
    """Return what a proposal would change, or a part of it, to be looked at before it is sent."""
    assessment = looked.assessment

    def made() -> Response:
        name = "" if assessment.proposal is None else assessment.proposal.model_name
        page = PreviewPage(
            title=f"Preview: {name}",
            about=_told(state, assessment),
            path=path_of(state.category),
            hidden=tuple(state.carried()),
            came_from=state.about.came_from,
            can_be_sent=bool(assessment.changes),
            part=part_of([difference_between(state.category, assessment.before, assessment.after)], part),
            notices=tuple(_warnings(looked)),
            note=state.submitted.text(NOTE),
        )
        return render(request, "propose/preview.html", page=page)

    return await run_in_threadpool(made)


def path_of(category: Category) -> str:
    """Return where forms of a category are sent to."""
    return f"/propose/{category}"


def path_of_record(category: Category, name: str, what: str) -> str:
    """Return where a record is edited, cloned or deleted."""
    return f"{path_of(category)}/{quote(name, safe='/')}?as={what}"


def path_of_change(change_id: int) -> str:
    """Return the page of a change."""
    return f"/queue/{change_id}"


def change_notice(change: Change) -> Notice:
    """Return the notice of a change that waits for the same record."""
    return Notice(kind="warn", title=_about_change(change), change_ids=(change.change_id,))


def _about_change(change: Change) -> str:
    verb = _VERBS[change.operation]
    return f"Change {change.change_id} by {change.requested_username} {verb} it and is {change.status.value}."


def _composer(registry: Registry, state: FormState) -> ComposerView | None:
    if state.category is not Category.text_generation or state.about.operation is not Operation.create:
        return None
    names = frozenset(registry.catalog.snapshot(state.category) or ())
    return view_composer(state.submitted, directory_of(registry), names)


def _title(state: FormState) -> str:
    if state.about.operation is Operation.update:
        return f"Edit {state.about.record}"
    return f"New {category_label(state.category)} model"


def _about(state: FormState) -> str:
    if state.about.again is not None:
        return f"This is what change {state.about.again} proposed. Correct it, then look at the difference."
    if state.about.operation is Operation.update:
        return "Change what is not right; whatever you leave alone stays as it is."
    return "Only a few fields are required. You see everything once more before you send it."


def _notices(registry: Registry, state: FormState, around: Around) -> Iterator[Notice]:
    if form_of_changes(state.category, registry.settings) is RecordForm.legacy:
        yield _IN_LEGACY_FORM
    yield from around.notices
    if around.has_moved:
        yield _HAS_MOVED


def _told(state: FormState, assessment: Assessment) -> str:
    if not assessment.changes:
        return "Nothing would change: the record is like this already."
    if assessment.before is None:
        return f"A new {category_label(state.category)} model. This is the whole record."
    return "This is what would change; everything else stays."


def _warnings(looked: Looked) -> Iterator[Notice]:
    assessment, waiting = looked.assessment, looked.waiting
    if waiting:
        yield Notice(
            kind="warn",
            title="Another change to this model is under way",
            texts=tuple(map(_about_change, waiting)),
            change_ids=tuple(change.change_id for change in waiting),
        )
    if assessment.lost:
        yield Notice(
            kind="warn",
            title="Not everything can be kept",
            texts=(f"The record has no place for: {', '.join(assessment.lost[:_MOST_PATHS])}.",),
        )
    told = [check for check in looked.checks if check.outcome in _TOLD]
    if told and assessment.changes:
        texts = [f"{check.subject}{_of(check)}: {check.text}" for check in told[:_MOST_TOLD]]
        more = len(told) - len(texts)
        yield Notice(
            kind="warn",
            title="Reviewers will be told",
            texts=(*texts, *([f"{more:,} more like these."] if more else ())),
            change_ids=tuple(number for check in told for number in check.change_ids),
        )


def _of(check: Check) -> str:
    return f" of {check.about}" if check.about else ""
