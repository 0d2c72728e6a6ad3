"""The rules of moderated writes, as plain functions that raise errors of the domain (spec 21, 22)."""

import json
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, cast

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import (
    Change,
    Document,
    InvalidNameError,
    InvalidRequestError,
    RecordForm,
    RecordTooLargeError,
    ReservedNameError,
    ResourceKind,
)
from horde_model_reference.domain.errors import FieldProblem, InvalidRecordError, NotPermittedError
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.formats.json_text import unusable_values
from horde_model_reference.formats.text_names import has_backend_prefix
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork

MAX_NAME_LENGTH: Final = 200
"""Characters in the name of a record; the filters of the queue take no longer ones (spec 22, filters)."""
DEFAULT_MAX_RECORD_BYTES: Final = 1024 * 1024


class RecordShaper(Protocol):
    """Makes of a payload what is stored."""

    def __call__(self, category: str, name: str, payload: Document, /) -> tuple[Document, Document | None]:
        """Return the v2 document and the legacy record to keep beside it, if any.

        Raises:
            InvalidRecordError: the payload can't be stored in this form.
        """
        ...


class ChangeSetKind(Protocol):
    """What the change sets to one catalogue of side resources mean (spec 24)."""

    @property
    def catalog(self) -> CatalogName:
        """The catalogue that they change."""
        ...

    @property
    def parts(self) -> Mapping[ResourceType, str]:
        """The names under which a review shows the resources of the catalogue."""
        ...

    def wanted(self, catalog: ResourceCatalog, change_set: Document) -> Sequence[ResourceWrite]:
        """Return the end state of every resource that a change set names; nothing is checked.

        Raises:
            InvalidRecordError: it is no change set.
        """
        ...

    def check(self, uow: UnitOfWork, change_set: Document) -> None:
        """Refuse a change set that does not fit what there is.

        Raises:
            RevisionConflictError: a resource is not what the proposer saw.
            InvalidRecordError: it breaks a rule.
        """
        ...


def stored_as_proposed(_category: str, _name: str, payload: Document) -> tuple[Document, Document | None]:
    """Store a v2 payload as it is; v1 shows what follows from it."""
    return payload, None


def _v2_only() -> Mapping[RecordForm, RecordShaper]:
    return {RecordForm.v2: stored_as_proposed}


def _no_change_sets() -> Mapping[ResourceKind, ChangeSetKind]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """What a deployment decides about reviews, and the catalogues that records are checked against."""

    allow_self_approval: bool = False
    """Whether people may approve and apply what they proposed."""
    require_explicit_licensing: bool = False
    """Whether a new record must come with a licence conclusion."""
    max_record_bytes: int = DEFAULT_MAX_RECORD_BYTES
    """Size of a payload as compact JSON."""
    follows_catalogs: bool = False
    """Whether a transaction takes baselines and licences from the catalogues that it sees."""
    baselines: Collection[str] | None = None
    """Names of the served image baselines; None: they are not checked."""
    licenses: Mapping[str, bool] | None = None
    """Id of every known licence, and whether it is deprecated; None: licence ids are not checked."""
    queue_form: RecordForm = RecordForm.v2
    """The domain of events about the queue: the canonical format of the deployment."""
    shapers: Mapping[RecordForm, RecordShaper] = field(default_factory=_v2_only)
    change_sets: Mapping[ResourceKind, ChangeSetKind] = field(default_factory=_no_change_sets)


def rules_now(uow: UnitOfWork, rules: ReviewRules) -> ReviewRules:
    """Return the rules with the baselines and licences that there are at this moment."""
    if not rules.follows_catalogs:
        return rules
    catalogs = uow.resources.catalog
    return replace(rules, baselines=baselines_of(catalogs), licenses=licenses_of(catalogs))


def baselines_of(catalogs: Callable[[CatalogName], ResourceCatalog]) -> Collection[str]:
    """Return the names of the image baselines, as `ReviewRules.baselines` takes them."""
    return frozenset(catalogs(CatalogName.image_baselines).all(ResourceType.image_baseline))


def licenses_of(catalogs: Callable[[CatalogName], ResourceCatalog]) -> Mapping[str, bool]:
    """Return every licence and whether it is deprecated, as `ReviewRules.licenses` takes them."""
    found = catalogs(CatalogName.licensing).all(ResourceType.license_definition)
    return {key: bool(definition.document["deprecated"]) for key, definition in found.items()}


def check_two_people(change: Change, actor: Actor, rules: ReviewRules) -> None:
    """Raise NotPermittedError where somebody decides about, or applies, what they proposed themselves."""
    if change.requested_by == actor.user_id and not rules.allow_self_approval:
        raise NotPermittedError(
            f"{actor.username} proposed change {change.change_id}; somebody else has to approve and apply it."
        )


def check_proposer(change: Change, actor: Actor) -> None:
    """Raise NotPermittedError unless the change is the actor's own."""
    if change.requested_by != actor.user_id:
        raise NotPermittedError(
            f"Only {change.requested_username}, who proposed change {change.change_id}, can do that to it."
        )


def check_name(category: str, name: str) -> None:
    """Raise InvalidNameError for a name that no record may have (spec 21, order of checks 7 and 8).

    Raises:
        InvalidNameError: blank, padded, too long, path-like, or with characters that can't be seen.
        ReservedNameError: the name of a per-backend duplicate of a text model.
    """
    if reason := _why_bad_name(name):
        raise InvalidNameError(f"The name {name!a} {reason}.", problems=[_problem(reason, "name")])
    if category == Category.text_generation and has_backend_prefix(name):
        reason = "begins like that of a per-backend copy of a text model"
        raise ReservedNameError(f"The name {name!a} {reason}.", problems=[_problem(reason, "name")])


def _why_bad_name(name: str) -> str | None:
    reasons = (
        (not name.strip(), "is empty"),
        (name != name.strip(), "begins or ends with a space"),
        (len(name) > MAX_NAME_LENGTH, f"is longer than {MAX_NAME_LENGTH} characters"),
        (any(_is_invisible(character) for character in name), "holds a character that can't be seen"),
        ("\\" in name, "holds a backslash"),
        (any(part in {"", ".", ".."} for part in name.split("/")), "reads like a path or an address"),
    )
    return next((reason for holds, reason in reasons if holds), None)


def _is_invisible(character: str) -> bool:
    # Control and format characters, surrogate halves, line and paragraph ends. Unassigned ones are fine, as
    # which ones these are differs between the versions of Python.
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def check_text(text: str, what: str, *, max_length: int) -> str:
    """Return a text that a person wrote, stripped.

    Raises:
        InvalidRequestError: blank, too long, or with characters that can't be stored.
    """
    stripped = text.strip()
    if not stripped or len(stripped) > max_length:
        raise InvalidRequestError(f"The {what} must have 1 to {max_length} characters.")
    if not _is_storable(stripped):
        raise InvalidRequestError(f"The {what} holds characters that can't be stored.")
    return stripped


def check_document(document: Document, *, max_bytes: int) -> None:
    """Raise where a document can't be stored and read back by everybody.

    Raises:
        InvalidRecordError: NaN, NUL, half a surrogate pair, a number beyond 64 bits, or nested too deeply.
        RecordTooLargeError: more than ``max_bytes`` as compact JSON.
    """
    # This comes first, since it finds what the steps after it would stumble over.
    if reasons := unusable_values(document):
        raise InvalidRecordError(f"The record can't be stored: {'; '.join(reasons)}.")
    if any("\0" in text for text in _texts(document)):
        raise InvalidRecordError("The record can't be stored: a text holds the character NUL.")
    try:
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise InvalidRecordError("The record can't be stored: a number is not finite.") from error
    if (size := len(text.encode())) > max_bytes:
        raise RecordTooLargeError(
            f"The record has {size} bytes, more than the {max_bytes} that are accepted."
        )


def check_identity(category: str, name: str, payload: Document, *, kept_name: str | None = None) -> None:
    """Raise InvalidRecordError where the record in a payload is not the one that the change names.

    ``kept_name`` is what the stored record calls itself, which may differ from the key that it stands under.
    """
    if payload.get("name") not in (name, kept_name or name):
        raise InvalidRecordError(f"The record is called {payload.get('name')!a}, not {name!a}.")
    if (record_type := payload.get("record_type", category)) != category:
        raise InvalidRecordError(
            f"The record is of type {record_type!a}, which does not fit the category {category}.",
            problems=[FieldProblem(location=("record_type",), message=f"must be {category}")],
        )


def check_baseline(category: str, payload: Document, rules: ReviewRules) -> None:
    """Raise InvalidRecordError for an image baseline that is not served (spec 21, order of checks 6).

    Alternative names of a baseline do not count.
    """
    if category != Category.image_generation or rules.baselines is None:
        return
    if (baseline := payload.get("baseline")) not in rules.baselines:
        reason = "is not in the catalogue of image baselines"
        raise InvalidRecordError(
            f"The baseline {baseline!a} {reason}.", problems=[_problem(reason, "baseline")]
        )


def check_licenses(payload: Document, stored: Document | None, rules: ReviewRules) -> None:
    """Raise InvalidRecordError where a new licence conclusion names a licence that is not to be used.

    Conclusions that the stored record holds already pass, also where their licence was deprecated since
    (spec 21, order of checks 13).
    """
    if rules.licenses is None:
        return
    known = {place: _said(assignment) for place, assignment in _assignments(stored or {})}
    for place, assignment in _assignments(payload):
        if _said(assignment) != known.get(place):
            _check_license_ids(place, assignment, rules.licenses)


def _said(assignment: Document) -> Document:
    """Return what an assignment says; a field that is left out says what an empty one does."""
    return {key: value for key, value in assignment.items() if value not in (None, [], {})}


def _check_license_ids(file_name: str | None, assignment: Document, licenses: Mapping[str, bool]) -> None:
    within = ("licensing",) if file_name is None else ("licensing", "files", file_name)
    for license_id in assignment.get("license_ids", ()):
        if licenses.get(license_id, True):
            reason = "is deprecated" if license_id in licenses else "is not in the catalogue"
            told = f"The licence {license_id!a} {reason}"
            raise InvalidRecordError(f"{told}.", problems=[_problem(told, *within, "license_expression")])


def _problem(message: str, *location: str) -> FieldProblem:
    return FieldProblem(location=location, message=message)


def _assignments(record: Document) -> Iterator[tuple[str | None, Document]]:
    licensing: Document = record.get("licensing") or {}
    yield None, {key: value for key, value in licensing.items() if key != "files"}
    files: Mapping[str, Document] = licensing.get("files") or {}
    yield from files.items()


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, Mapping):
            members = cast(Mapping[str, Any], part)
            waiting.extend((*members.keys(), *members.values()))
        elif isinstance(part, list | tuple):
            waiting.extend(cast("list[object]", part))


def _is_storable(text: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)
