"""What a form shows at first: nothing, a model as it is, a copy of one, or a record that somebody pasted."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.license_expressions import license_identifiers
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.formats.json_text import parse_json_object, usable_object
from horde_model_reference.formats.legacy import legacy_to_v2
from horde_model_reference.formats.text_legacy import v1_entry_to_v2
from horde_model_reference.service.web.propose.form_fields import NOT_ASKED

Licenses: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Definitions of the catalogue, by the identifier of the licence."""

_OF_THIS_RECORD: Final = frozenset({"name", "metadata", "size_on_disk_bytes"})
_OF_THIS_FILE: Final = ("sha256sum", "content_hash", "size_bytes")
_OF_THE_CATALOGUE: Final = ("commercial_use", "redistribution")


def empty_document(category: Category) -> dict[str, Any]:
    """Return what is known of any new record."""
    return {"record_type": category.value}


def clone_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as the start of another: without its name, its dates, and sums and sizes of files."""
    clone = {key: value for key, value in document.items() if key not in _OF_THIS_RECORD}
    config = document.get("config")
    if is_document(config):
        clone["config"] = {"download": [_another_file(file) for file in config.get("download") or ()]}
    return clone


def pasted_record(category: Category, text: str) -> dict[str, Any]:
    """Return the v2 document that a JSON text means: a record of either version, or a file with just one.

    It may be incomplete or wrong in its details, which the form shows; ``name`` of a file's only record
    defaults to its key.

    Raises:
        InvalidRecordError: the text is no JSON object, or a version 1 record that can't be converted.
    """
    parsed = parse_json_object(text)
    if parsed.duplicates:
        places = ", ".join(".".join(path) for path in parsed.duplicates)
        raise InvalidRecordError(f"keys occur more than once: {places}")
    record = usable_object(parsed.members)
    if len(record) == 1 and "name" not in record:
        ((key, only),) = record.items()
        if isinstance(only, dict):
            record = {"name": key} | cast("dict[str, Any]", only)
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
