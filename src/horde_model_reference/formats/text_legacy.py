"""Text models as version 1 tells them: three entries each, and the way back (spec 02 §6, §7)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

from horde_model_reference.domain.errors import FieldProblem, InvalidRecordError
from horde_model_reference.domain.text_parts import KNOWN_TEXT_SETTINGS
from horde_model_reference.formats.conversion import ConvertedRecord, FileConversion, Refusal
from horde_model_reference.formats.json_text import parse_json_object, read_json_object, unusable_values
from horde_model_reference.formats.text_csv import split_tags
from horde_model_reference.formats.text_documents import (
    CLAIM_FIELDS,
    DEFAULT_STYLE,
    DEFAULT_VERSION,
    V1_DEFAULTS,
    checked_claim,
    checked_settings,
    size_tag,
    text_document,
    typed_document,
)
from horde_model_reference.formats.text_names import (
    BACKEND_PREFIXES,
    URL_MARK,
    automatic_display_name,
    has_backend_prefix,
    model_name_of,
)

_TEXT_FIELDS: Final = (
    "description",
    "version",
    "baseline",
    "style",
    "display_name",
    "url",
    "instruct_format",
)
_MOST_PARAMETERS: Final = 2**63 - 1


def v1_text_entries(document: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the version 1 entries of a v2 text document, key and record, in order (spec 02 §6).

    Three for most: plain and one per backend, which share their lists and objects. None for names that are
    addresses or carry a backend prefix already.

    Raises:
        InvalidRecordError: it is no text record.
    """
    name: str = document["name"]
    if URL_MARK in name or has_backend_prefix(name):
        return []
    entry = _v1_entry(name, typed_document(document))
    aphrodite, koboldcpp = BACKEND_PREFIXES
    keys = (name, aphrodite + name, koboldcpp + entry["model_name"])
    return [(key, {**entry, "name": key}) for key in keys]


def _v1_entry(name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    model_name = model_name_of(name)
    style = document.get("style")
    parameters = document.get("parameters")
    tags = {*(document.get("tags") or ()), size_tag(parameters or 0)}
    if style:
        tags.add(style)
    entry: dict[str, Any] = {
        "name": name,
        "model_name": model_name,
        "baseline": document.get("baseline") or "",
        "parameters": parameters or None,
        "description": document.get("description") or "",
        "version": document.get("version") or DEFAULT_VERSION,
        "style": style or DEFAULT_STYLE,
        "nsfw": document.get("nsfw") or False,
        "tags": sorted(tags),
    }
    optional = {
        "settings": document.get("settings"),
        "display_name": document.get("display_name") or automatic_display_name(model_name),
        "url": document.get("url"),
        "instruct_format": document.get("instruct_format"),
    }
    entry.update((key, value) for key, value in optional.items() if value)
    entry.update((key, _v1_claim(key, document[key])) for key in CLAIM_FIELDS if document.get(key))
    return entry


def _v1_claim(field: str, claim: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the empty source lists, which v2 fills in and editors of the table don't write."""
    if field == "context_window":
        return _without_empty_sources(claim)
    return {key: _without_empty_sources(value) for key, value in claim.items()}


def _without_empty_sources(claim: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in claim.items() if value or key != "sources"}


def v1_text_document(documents: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the version 1 form of all text models.

    A key that several models share, as short backend names do, has the place of the first and the value of
    the last.
    """
    return {key: entry for document in documents for key, entry in v1_text_entries(document)}


def convert_db_json(text: str | bytes) -> FileConversion:
    """Read the text models of a ``db.json``, leaving out the per-backend duplicates of the others.

    Raises:
        FormatError: the text is not a JSON object.
    """
    records: list[ConvertedRecord] = []
    refusals: list[Refusal] = []
    parsed = parse_json_object(text)
    repeated = parsed.repeated_below()
    for key, entry in parsed.members.items():
        if has_backend_prefix(key):
            continue
        try:
            if reasons := unusable_values(entry):
                raise InvalidRecordError("; ".join(reasons))
            issues = tuple(repeated.get(key, ()))
            records.append(ConvertedRecord(key=key, document=v1_entry_to_v2(key, entry), issues=issues))
        except InvalidRecordError as error:
            refusals.append(Refusal(key=key, reason=str(error)))
    return FileConversion(records=tuple(records), refusals=tuple(refusals))


def v1_entry_to_v2(key: str, entry: object) -> dict[str, Any]:
    """Return the v2 document of a version 1 text record.

    What version 1 adds by itself is taken away again: defaults, the automatic display name, size and style
    among the tags. A value that an editor gave and that equals the automatic one can't be told from it.

    Raises:
        InvalidRecordError: blank name, not an object, or a field of the wrong type.
    """
    if not key.strip():
        raise InvalidRecordError("the name is blank")
    if not isinstance(entry, dict):
        raise InvalidRecordError("the record is not an object")
    record = cast(dict[str, Any], entry)
    values: dict[str, Any] = {field: _text(field, record.get(field)) for field in _TEXT_FIELDS}
    values["parameters"] = parameters = _whole_number(record.get("parameters"))
    values["nsfw"] = _truth("nsfw", record.get("nsfw"))
    tags = _tags(record.get("tags"))
    if values["style"] == DEFAULT_STYLE and DEFAULT_STYLE not in tags:
        values["style"] = ""
    if values["version"] == DEFAULT_VERSION:
        values["version"] = ""
    if values["display_name"] == automatic_display_name(model_name_of(key)):
        values["display_name"] = ""
    values["tags"] = [tag for tag in tags if tag not in (values["style"], size_tag(parameters))]
    values["settings"] = (
        checked_settings(_object("settings", settings)) if (settings := record.get("settings")) else None
    )
    for field in CLAIM_FIELDS:
        values[field] = checked_claim(field, record[field]) if record.get(field) else None
    return text_document(key, values)


def transform_text_write(key: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record that a text write stores in version 1 form (spec 02 §7).

    Raises:
        InvalidRecordError: a name that can't be written, parameters that are missing or not above 0, settings
            or tags of the wrong type, or a setting that is not among `KNOWN_TEXT_SETTINGS`.
    """
    if has_backend_prefix(key) or URL_MARK in key:
        raise _problem("name", f"{key!r} has a backend prefix or is an address")
    model_name = model_name_of(key)
    parameters = _written_parameters(record.get("parameters"))
    style = _text("style", record.get("style"))
    automatic = {size_tag(parameters), style} if style else {size_tag(parameters)}
    written = {
        **record,
        "parameters": parameters,
        "settings": _written_settings(record.get("settings")),
        "tags": sorted({*_tags(record.get("tags")), *automatic}),
        "name": key,
        "display_name": record.get("display_name") or automatic_display_name(model_name),
        "model_name": model_name,
    }
    kept = {field: value for field, value in written.items() if value}
    return {**kept, **{field: value for field, value in V1_DEFAULTS.items() if field not in kept}}


def _problem(field: str, message: str) -> InvalidRecordError:
    return InvalidRecordError(
        f"{field}: {message}", problems=[FieldProblem(location=(field,), message=message)]
    )


def _text(field: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _problem(field, "must be text")
    return value


def _truth(field: str, value: object) -> bool:
    if value is not None and not isinstance(value, bool):
        raise _problem(field, "must be true or false")
    return value is True


def _whole_number(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise _problem("parameters", "must be a whole number")
    return value


def _tags(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return split_tags(value)
    tags = cast(list[object], value) if isinstance(value, list) else [value]
    texts = [tag for tag in tags if isinstance(tag, str)]
    if len(texts) < len(tags):
        raise _problem("tags", "must be a list of texts, or one text with commas")
    return [tag.strip() for tag in texts if tag.strip()]


def _object(field: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _problem(field, "must be an object")
    return cast(dict[str, Any], value)


def _written_parameters(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _problem("parameters", "must be a number above 0")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise _problem("parameters", f"{value!r} is not a number") from None
    if not number.is_finite() or not 1 <= number <= _MOST_PARAMETERS:
        raise _problem("parameters", "must be above 0 and fit into 64 bits")
    return int(number)


def _written_settings(value: object) -> dict[str, Any] | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = read_json_object(value)
        except InvalidRecordError as error:
            raise _problem("settings", str(error)) from error
    settings = _object("settings", value)
    if unknown := [key for key in settings if key not in KNOWN_TEXT_SETTINGS]:
        raise _problem("settings", f"{', '.join(map(str, unknown))} can't be set")
    return settings
