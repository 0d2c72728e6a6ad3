"""What would come of a proposal: its faults by the input that they belong to, or what it would change."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Final, cast

from pydantic import ValidationError

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document, Operation, RecordForm
from horde_model_reference.domain.diff import FieldChange, diff
from horde_model_reference.domain.errors import (
    FieldProblem,
    InvalidRecordError,
    RecordExistsError,
    RecordNotFoundError,
    RegistryError,
    RevisionConflictError,
)
from horde_model_reference.domain.licensing import unknown_licensing_document
from horde_model_reference.domain.record_parts import GenericModelRecordConfig, is_document
from horde_model_reference.domain.validation import file_problems, to_document, validate_document
from horde_model_reference.review.payloads import Proposal, proposed_payload
from horde_model_reference.review.policy import ReviewRules, check_licenses, check_name
from horde_model_reference.review.ports import Head, UnitOfWork
from horde_model_reference.review.shapers import payload_in_form
from horde_model_reference.service.record_bodies import checked_legacy, checked_v2, related_models

_NAME: Final = ("name",)
_KEPT_BY_US: Final = frozenset({"metadata", "guidance"})
_NOTHING: Final[tuple[object, ...]] = (None, "", [], {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a person is about to propose, apart from the record itself."""

    category: Category
    operation: Operation
    name: str
    """The key of the record; for a create its name, empty as long as it has none."""
    form: RecordForm
    """In which form records of the category are changed here."""
    base_serial: int | None = None
    """The version that the person looked at; None: there was none, or whichever is the newest."""
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is known of a proposal before it is sent."""

    problems: tuple[FieldProblem, ...] = ()
    has_moved: bool = False
    """Whether the record is another than the one that the person looked at."""
    proposal: Proposal | None = None
    """What to send; None where there are problems."""
    payload: Document | None = None
    """What the change would carry."""
    before: Document | None = None
    """The record as it stands, without what the registry keeps itself."""
    after: Document | None = None
    """The record as it would be."""
    changes: tuple[FieldChange, ...] = ()
    lost: tuple[str, ...] = ()
    """Paths of what was asked for but can't be kept here."""


def assess(uow: UnitOfWork, intent: Intent, document: Mapping[str, Any], rules: ReviewRules) -> Assessment:
    """Check a record by the rules that the API has, and compare it with the one that stands."""
    try:
        checked = checked_v2(intent.category, document)
    except InvalidRecordError as error:
        parts = _of_complete_parts(document, _head(uow, intent), rules)
        return Assessment(problems=(*_of_record(error), *_of_new_name(uow, intent), *parts))
    named = replace(intent, name=intent.name or str(checked["name"]))
    try:
        return _compared(named, checked, document, _head(uow, named), rules)
    except RevisionConflictError:
        return Assessment(has_moved=True)
    except (RecordExistsError, RecordNotFoundError) as error:
        return Assessment(problems=(FieldProblem(location=_NAME, message=str(error)),))
    except InvalidRecordError as error:
        return Assessment(problems=tuple(_of_record(error)))


def proposal_for(intent: Intent, payload: Document | None) -> Proposal:
    """Return what is sent to the review."""
    return Proposal(
        category=intent.category,
        model_name=intent.name,
        operation=intent.operation,
        payload=payload,
        form=intent.form,
        base_serial=intent.base_serial,
        notes=intent.notes,
        request_metadata={"route": f"page_{intent.operation.value}_{intent.category.value}"},
        related_models=related_models(intent.category, intent.name),
    )


def _compared(
    intent: Intent, checked: Document, given: Mapping[str, Any], head: Head | None, rules: ReviewRules
) -> Assessment:
    payload = checked
    if intent.form is RecordForm.legacy:
        legacy = payload_in_form(intent.category, head, checked, RecordForm.legacy)
        payload = checked_legacy(intent.category, legacy)
    proposal = proposal_for(intent, payload)
    completed = proposed_payload(proposal, head, rules)
    stored, _ = rules.shapers[intent.form](intent.category, intent.name, completed)
    before = None if head is None else _shown(intent.category, _with_licensing(head.document))
    after = _shown(intent.category, stored)
    return Assessment(
        proposal=proposal,
        payload=completed,
        before=before,
        after=after,
        changes=tuple(diff(before, after)),
        lost=tuple(path for path in _missing(given, after) if path.partition(".")[0] not in _KEPT_BY_US),
    )


def _shown(category: Category, document: Document) -> dict[str, Any]:
    """Return a record with its defaults, which old ones lack, and without what the registry keeps itself."""
    try:
        complete = to_document(validate_document(category, document))
    except InvalidRecordError:  # old data may break rules that came later
        complete = dict(document)
    return {key: value for key, value in complete.items() if key not in _KEPT_BY_US}


def _with_licensing(document: Document) -> Document:
    # Every read shows it, so it is no news when an edit writes it down.
    return document if document.get("licensing") else {**document, "licensing": unknown_licensing_document()}


def _missing(given: object, kept: object, path: str = "") -> Iterator[str]:
    """Find what was asked for and is gone; what only got its normal form is still there."""
    if is_document(given) and is_document(kept):
        pairs = [(f"{path}.{key}" if path else key, value, kept.get(key)) for key, value in given.items()]
    elif isinstance(given, list) and isinstance(kept, list):
        items = zip_longest(cast("list[object]", given), cast("list[object]", kept))
        pairs = [(f"{path}.{place}", one, other) for place, (one, other) in enumerate(items)]
    else:
        return
    for place, one, other in pairs:
        if other is None and one not in _NOTHING:
            yield place
        else:
            yield from _missing(one, other, place)


def _of_new_name(uow: UnitOfWork, intent: Intent) -> Iterator[FieldProblem]:
    """Find what is wrong with a name, also while the rest of the record is not done yet."""
    if not intent.name or intent.operation is not Operation.create:
        return
    try:
        check_name(intent.category, intent.name)
    except InvalidRecordError as error:
        yield from _of_record(error)
    else:
        if uow.records.head(intent.category, intent.name) is not None:
            yield FieldProblem(location=_NAME, message=f"{intent.name!a} is in {intent.category} already")


def _of_complete_parts(
    document: Mapping[str, Any], head: Head | None, rules: ReviewRules
) -> Iterator[FieldProblem]:
    """Find what is wrong with files and licence, which nobody looks at while another part is no record's."""
    with suppress(ValidationError):
        yield from file_problems(GenericModelRecordConfig.model_validate(_with_named_files(document)))
    licensing = document.get("licensing")
    if is_document(licensing) and _are_texts(licensing.get("license_ids")):
        whole = {key: value for key, value in licensing.items() if key != "files"}
        try:
            check_licenses({"licensing": whole}, None if head is None else head.document, rules)
        except InvalidRecordError as error:
            yield from error.problems


def _with_named_files(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the files of a record; one that lacks its name or address has some, so that the rest is seen."""
    given = document.get("config")
    config: Mapping[str, Any] = given if is_document(given) else {}
    files = cast("list[object]", config.get("download") or [])
    named = [
        {"file_name": f"unnamed-{number}", "file_url": "", **file} if is_document(file) else file
        for number, file in enumerate(files)
    ]
    return {**config, "download": named}


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in cast("list[object]", value))


def _head(uow: UnitOfWork, intent: Intent) -> Head | None:
    is_name = intent.name and "\0" not in intent.name
    return uow.records.head(intent.category, intent.name) if is_name else None


def _of_record(error: RegistryError) -> Iterator[FieldProblem]:
    problems = error.problems if isinstance(error, InvalidRecordError) else ()
    yield from problems
    if not problems:
        yield FieldProblem(location=(), message=str(error))
