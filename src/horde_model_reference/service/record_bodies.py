"""Records in request bodies: checked as records of their category, and turned into payloads (spec 21)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Body
from fastapi.exceptions import RequestValidationError

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import FieldProblem, InvalidRecordError
from horde_model_reference.domain.records import GenericModelRecord
from horde_model_reference.domain.validation import check_for_write, to_document, validate_document
from horde_model_reference.formats.legacy_records import read_v1_body, stored_from_v1_body
from horde_model_reference.formats.text_names import name_variants
from horde_model_reference.service.strict_json import refused_body

RecordBody = Annotated[dict[str, Any], Body()]
"""Any JSON object; the route says of which category it has to be a record."""

_LICENSING: Final = "licensing"
_NAME: Final = ("name",)

# Clients know these as problems of the record as a whole.
_OF_THE_RECORD: Final = (("style",),)


def described_body(schema: dict[str, Any]) -> dict[str, Any]:
    """Return how the documentation describes a `RecordBody`."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def related_models(category: str, name: str) -> tuple[str, ...] | None:
    """Return the names that backends give to a text model; None for other categories (spec 21, 202 body)."""
    return name_variants(name)[1:] if category == Category.text_generation else None


def v2_payload(category: str, body: Mapping[str, Any], *, within: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the payload of a change for a v2 record; licensing that was sent as null stays null.

    A bad name is left to the review, which comes after the caller's role was asked for.

    Raises:
        RequestValidationError: the body is no record of the category, or holds what no new record may.
    """
    try:
        return checked_v2(category, body)
    except InvalidRecordError as error:
        raise _refused(error, within) from error


def checked_v2(category: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same for callers with another way to tell people what is wrong.

    Raises:
        InvalidRecordError: as `v2_payload`; ``problems`` names each field at fault.
    """
    record = validate_document(category, body)
    _check_new(category, record)
    payload = to_document(record)
    if _LICENSING in body and body[_LICENSING] is None:
        payload[_LICENSING] = None
    return payload


def legacy_payload(category: str, body: Mapping[str, Any], *, within: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the payload of a change for a legacy record, its defaults filled in (spec 02 §8.1).

    Raises:
        RequestValidationError: the body is no legacy record of the category.
    """
    try:
        return checked_legacy(category, body)
    except InvalidRecordError as error:
        raise _refused(error, within) from error


def checked_legacy(category: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same for callers with another way to tell people what is wrong.

    Raises:
        InvalidRecordError: as `legacy_payload`; ``problems`` names each field at fault.
    """
    return stored_from_v1_body(category, read_v1_body(category, body), with_defaults=True)


def _check_new(category: str, record: GenericModelRecord) -> None:
    try:
        check_for_write(category, record)
    except InvalidRecordError as error:
        problems = [problem for problem in error.problems if problem.location != _NAME]
        if problems:
            raise InvalidRecordError(str(error), problems=problems) from error


def _refused(error: InvalidRecordError, within: tuple[str, ...]) -> RequestValidationError:
    problems = [
        FieldProblem(location=(), message=f"{problem.path} {problem.message}", kind=problem.kind)
        if problem.location in _OF_THE_RECORD and problem.kind == "value_error"
        else problem
        for problem in error.problems
    ]
    return refused_body(InvalidRecordError(str(error), problems=problems), *within)
