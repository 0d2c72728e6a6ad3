"""What a form shows at first: nothing, a model as it is, a copy of one, or a record that somebody pasted."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.license_expressions import license_identifiers
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.formats.json_text import (
    FormatError,
    JsonObject,
    parse_json_object,
    usable_object,
)
from horde_model_reference.formats.legacy import legacy_to_v2
from horde_model_reference.formats.text_legacy import v1_entry_to_v2
from horde_model_reference.service.web.propose.form_fields import NOT_ASKED, form_of

Licenses: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Definitions of the catalogue, by the identifier of the licence."""

_OF_THIS_RECORD: Final = frozenset(
    # The group follows from the name, and so does whether that is an exception.
    {"name", "metadata", "size_on_disk_bytes", "text_model_group", "name_schema_exception"}
)
_OF_THIS_FILE: Final = ("sha256sum", "content_hash", "size_bytes")
_KNOWN_KEYS: Final = frozenset({"name", "type", "model_name", "config"})
"""At least one of these, or of the fields of its category, is in a record of either version."""
_MOST_NAMES: Final = 5
_OF_THE_CATALOGUE: Final = ("commercial_use", "redistribution")


def empty_document(category: Category) -> dict[str, Any]:
    """Return what is known of any new record."""
    return {"record_type": category.value}


def clone_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as the start of another: without name, group, dates, and sums and sizes of files."""
    clone = {key: value for key, value in document.items() if key not in _OF_THIS_RECORD}
    config = document.get("config")
    if is_document(config):
        clone["config"] = {"download": [_another_file(file) for file in config.get("download") or ()]}
    return clone


def pasted_record(category: Category, text: str) -> dict[str, Any]:
    """Return the v2 document that a JSON text means: a record of either version, or the only one of a file.

    It may be incomplete or wrong in its details, which the form shows; ``name`` of a file's only record
    defaults to its key.

    Raises:
        InvalidRecordError: the text is no JSON object, holds several records or one of another category,
            or is a version 1 record that can't be converted.
    """
    record = _only_record(_pasted_object(text))
    _check_category(category, record)
    if _is_version_1(category, record):
        record = _from_version_1(category, record)
    return {key: value for key, value in record.items() if key not in NOT_ASKED}


def complete(document: Mapping[str, Any], licenses: Licenses) -> dict[str, Any]:
    """Return a document with what follows from its licence expression, where that was left open."""
    licensing = document.get("licensing")
    if not is_document(licensing):
        return dict(document)
    completed = _completed_conclusion(licensing, licenses)
    files = licensing.get("files")
    if is_document(files):
        completed["files"] = {
            name: _completed_conclusion(conclusion, licenses) if is_document(conclusion) else conclusion
            for name, conclusion in files.items()
        }
    return {**document, "licensing": completed}


def _another_file(file: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in file.items() if key not in _OF_THIS_FILE}


def _pasted_object(text: str) -> dict[str, Any]:
    try:
        parsed = parse_json_object(text)
    except FormatError as error:
        parsed = _only_entry(text, error)
    if parsed.duplicates:
        places = ", ".join(".".join(path) for path in parsed.duplicates)
        raise InvalidRecordError(f"keys occur more than once: {places}")
    return usable_object(parsed.members)


def _only_entry(text: str, error: FormatError) -> JsonObject:
    """Return the object in a list of one; raise the error that the text made for any other text."""
    try:
        parsed = parse_json_object(f'{{"list": {text}}}')
    except FormatError:
        raise error from None
    entries = cast("object", parsed.members["list"])
    if isinstance(entries, list) and len(cast("list[object]", entries)) > 1:
        raise InvalidRecordError(f"it holds {len(cast('list[object]', entries))} records. Paste one of them")
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], dict):
        raise error
    return JsonObject(members=cast("dict[str, Any]", entries[0]), duplicates=parsed.duplicates)


def _only_record(found: dict[str, Any]) -> dict[str, Any]:
    entries = {key: cast("dict[str, Any]", entry) for key, entry in found.items() if isinstance(entry, dict)}
    if len(entries) != len(found) or not entries or "config" in entries:
        return found  # what stands in it are values, and not records
    if len(entries) > 1:
        names = ", ".join(list(entries)[:_MOST_NAMES])
        more = " and others" if len(entries) > _MOST_NAMES else ""
        raise InvalidRecordError(f"it holds {len(entries)} records: {names}{more}. Paste one of them")
    ((key, only),) = entries.items()
    return {"name": key} | only


def _check_category(category: Category, record: Mapping[str, Any]) -> None:
    said = record.get("record_type")
    if isinstance(said, str) and said != category:
        raise InvalidRecordError(f"it is a record of {said}, and this is the form of {category}")
    if "model_name" in record and category is not Category.text_generation:
        raise InvalidRecordError(f"it is a record of a text model, and this is the form of {category}")
    if not _KNOWN_KEYS & record.keys() and not any(
        member.name in record for member in form_of(category).members
    ):
        raise InvalidRecordError(f"it has none of the fields of a record of {category}")


def _is_version_1(category: Category, record: Mapping[str, Any]) -> bool:
    if category is Category.text_generation:
        return "model_name" in record
    config = record.get("config")
    return "type" in record or (is_document(config) and "files" in config)


def _from_version_1(category: Category, record: dict[str, Any]) -> dict[str, Any]:
    name = record.get("name")
    if not isinstance(name, str):
        raise InvalidRecordError("a version 1 record needs a name")
    if category is Category.text_generation:
        return v1_entry_to_v2(name, record)
    return legacy_to_v2(category, name, record).document


def _completed_conclusion(conclusion: Mapping[str, Any], licenses: Licenses) -> dict[str, Any]:
    completed = dict(conclusion)
    expression = conclusion.get("license_expression")
    if not isinstance(expression, str):
        return completed
    try:
        identifiers = license_identifiers(expression)
    except ValueError:  # the record type says so, beside the input
        return completed
    if identifiers and not conclusion.get("license_ids"):
        completed["license_ids"] = list(identifiers)
    return completed | _from_the_catalogue(conclusion, identifiers, licenses)


def _from_the_catalogue(
    conclusion: Mapping[str, Any], identifiers: tuple[str, ...], licenses: Licenses
) -> dict[str, Any]:
    if any(key in conclusion for key in _OF_THE_CATALOGUE):
        return {}
    if not identifiers:
        return dict.fromkeys(_OF_THE_CATALOGUE, "unknown")
    definition = licenses.get(identifiers[0]) if len(identifiers) == 1 else None
    if definition is None:
        return {}
    found = {key: definition[key] for key in _OF_THE_CATALOGUE}
    if "obligations" not in conclusion and definition.get("obligations"):
        found["obligations"] = definition["obligations"]
    return found
