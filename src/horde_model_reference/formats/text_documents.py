"""Text records in v2 form, put together from the values that the text formats carry (spec 02 §5)."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, NoneType
from typing import Any, Final, cast

from pydantic import TypeAdapter, ValidationError

from horde_model_reference.domain.categories import Category, Domain, Purpose
from horde_model_reference.domain.errors import FieldProblem, InvalidRecordError, in_one_line
from horde_model_reference.domain.record_parts import SCHEMA_VERSION
from horde_model_reference.domain.text_parts import (
    SupportClaim,
    TextCapability,
    TextContextWindow,
    TextInteractionMode,
)
from horde_model_reference.domain.validation import field_problems, to_document, validate_document
from horde_model_reference.formats.text_names import suggested_group

CLAIM_FIELDS: Final[tuple[str, ...]] = ("context_window", "interaction_modes", "capabilities")
"""The fields that say what a text model can do; unlike the others they are validated strictly."""

_OTHER_NAME_OF_PARAMETERS: Final = "parameters_count"

DEFAULT_STYLE: Final = "generalist"
DEFAULT_VERSION: Final = "1"
V1_DEFAULTS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "baseline": "",
        "parameters": None,
        "description": "",
        "version": DEFAULT_VERSION,
        "style": DEFAULT_STYLE,
        "nsfw": False,
    }
)
"""What a version 1 text record says where its source is silent (spec 02 §6)."""


def text_document(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a text record's document, keys in the order of spec 01 §4 and §6.

    ``values`` holds fields by their v2 names. Missing texts become ``""``, ``parameters`` 0, ``tags`` an
    empty list; ``instruct_format`` is left out when empty, ``settings`` and the claims when None.
    """
    document: dict[str, Any] = {
        "record_type": Category.text_generation.value,
        "name": name,
        "description": values.get("description") or "",
        "version": values.get("version") or "",
        "metadata": {"schema_version": SCHEMA_VERSION},
        "config": {"download": []},
        "model_classification": {"domain": Domain.text.value, "purpose": Purpose.generation.value},
        "baseline": values.get("baseline") or "",
        "parameters": values.get("parameters") or 0,
        "nsfw": values.get("nsfw") or False,
        "style": values.get("style") or "",
        "display_name": values.get("display_name") or "",
        "url": values.get("url") or "",
        "tags": list(values.get("tags") or ()),
        "instruct_format": values.get("instruct_format") or None,
        "settings": values.get("settings"),
        "text_model_group": suggested_group(name),
    }
    document.update((field, values.get(field)) for field in CLAIM_FIELDS)
    return {key: value for key, value in document.items() if value is not None}


def typed_document(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a stored text document with a number as its parameters, and true or false as ``nsfw``.

    Files may spell these as texts and the like (spec 01 §3, Type coercion), and documents stay as they came.

    Raises:
        InvalidRecordError: it is no text record.
    """
    size, nsfw = document.get("parameters"), document.get("nsfw")
    is_plain = type(size) in (int, NoneType) and type(nsfw) in (bool, NoneType)
    if is_plain and _OTHER_NAME_OF_PARAMETERS not in document:
        return document
    return to_document(validate_document(Category.text_generation, document))


def size_tag(parameters: int) -> str:
    """Return the tag that tells a model's size: billions of parameters, ties to even, such as ``7B``."""
    return f"{round(parameters / 10**9)}B"


def checked_settings(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return generation settings: any keys, but only scalars, and lists of texts or numbers (spec 02 §4.1).

    Raises:
        InvalidRecordError: a value is null or nested deeper, or a list holds texts and numbers.
    """
    wrong = [key for key, setting in value.items() if not _is_setting(setting)]
    if wrong:
        allowed = "text, number, true or false, or a list of texts or of numbers"
        raise InvalidRecordError(
            f"settings: {', '.join(wrong)} must be {allowed}",
            problems=[FieldProblem(location=("settings", key), message="not a setting") for key in wrong],
        )
    return dict(value)


def _is_setting(value: object) -> bool:
    items = cast(list[object], value) if isinstance(value, list) else [value]
    return all(isinstance(item, str) for item in items) or all(
        isinstance(item, int | float) for item in items
    )


def checked_claim(field: str, value: object) -> dict[str, Any]:
    """Return one of the `CLAIM_FIELDS` as it is stored: complete, without nulls (spec 01 §5.6).

    Raises:
        InvalidRecordError: an unknown key, a missing or a wrong value.
    """
    adapter = _claim_adapters()[field]
    try:
        claim = adapter.validate_python(value)
    except ValidationError as error:
        problems = field_problems(error, within=(field,))
        raise InvalidRecordError(in_one_line(problems), problems=problems) from error
    stored: dict[str, Any] = adapter.dump_python(claim, mode="json", exclude_none=True)
    return stored


@cache
def _claim_adapters() -> Mapping[str, TypeAdapter[Any]]:
    return {
        "context_window": TypeAdapter(TextContextWindow),
        "interaction_modes": TypeAdapter(dict[TextInteractionMode, SupportClaim]),
        "capabilities": TypeAdapter(dict[TextCapability, SupportClaim]),
    }
