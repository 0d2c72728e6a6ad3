"""From documents to records and back, and the stricter rules for what is written anew (spec 01 §3, §8)."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from horde_model_reference.domain.checksums import UNKNOWN_SHA256, canonical_sha256, is_sha256
from horde_model_reference.domain.errors import FieldProblem, InvalidRecordError, in_one_line
from horde_model_reference.domain.record_parts import (
    FORBID_EXTRA,
    REGISTRIES,
    DownloadRecord,
    GenericModelRecordConfig,
)
from horde_model_reference.domain.record_types import get_record_type_for_category
from horde_model_reference.domain.records import GenericModelRecord, TextGenerationModelRecord
from horde_model_reference.domain.registries import Registries
from horde_model_reference.domain.text_parts import KNOWN_TEXT_SETTINGS

_UNPRINTABLE = frozenset(
    {"Cc", "Cs"}
)  # control characters; halves of surrogate pairs, which UTF-8 can't hold


def validate_document(
    category: str,
    document: Mapping[str, Any],
    *,
    registries: Registries | None = None,
    forbid_extra: bool | None = None,
) -> GenericModelRecord:
    """Return a document as the typed record of its category (spec 01 §3).

    Args:
        category: Decides the class of the record; what the document says of its type is not compared.
        document: The record as stored or sent.
        registries: The known values to check against; None: those of this process.
        forbid_extra: Whether to refuse unknown fields instead of losing them; None: as the registries say.

    Raises:
        InvalidRecordError: the document is no such record; the message is one line that names the fields.
    """
    context: dict[str, Any] = {REGISTRIES: registries}
    if forbid_extra is not None:
        context[FORBID_EXTRA] = forbid_extra
    try:
        return get_record_type_for_category(category).model_validate(dict(document), context=context)
    except ValidationError as error:
        raise _invalid(category, document.get("name"), field_problems(error)) from error


def to_document(record: GenericModelRecord) -> dict[str, Any]:
    """Return a record as stored: field order, names of the wire, no nulls, no ``guidance`` (spec 01 §7)."""
    return record.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"guidance"})


def field_problems(error: ValidationError, *, within: tuple[str | int, ...] = ()) -> tuple[FieldProblem, ...]:
    """Return what a failed validation found, in its order; ``within`` is where the value lay."""
    return tuple(
        FieldProblem(
            location=(*within, *found["loc"]),
            message=found["msg"].removeprefix("Value error, "),
            kind=found["type"],
        )
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    )


def check_name(name: str) -> None:
    """Refuse a name that is hard to address: empty, padded, with backslash or control characters (spec 21).

    Raises:
        InvalidRecordError: the name is one of these.
    """
    if problem := _name_problem(name):
        raise InvalidRecordError(f"the name {name!r} {problem}", problems=(_problem(("name",), problem),))


def check_for_write(category: str, record: GenericModelRecord) -> None:
    """Refuse what old data may hold but new data may not (spec 01 §8, spec 21).

    That is: another type than the category, a bad name, negative sizes, sums that are no sums, files outside
    their folder, and for text models no parameters or settings that nobody knows.

    Raises:
        InvalidRecordError: any of these; ``problems`` holds all of them.
    """
    problems = tuple(_write_problems(category, record))
    if problems:
        raise _invalid(category, record.name, problems)


def file_problems(config: GenericModelRecordConfig) -> Iterator[FieldProblem]:
    """Yield what `check_for_write` has against the files of a record, located from the record on."""
    for position, download in enumerate(config.download):
        yield from _download_problems(("config", "download", position), download)
    for kind, content_hash in (config.embedded_component_hashes or {}).items():
        if not is_sha256(content_hash):
            yield _problem(("config", "embedded_component_hashes", kind), "must be 64 hexadecimal digits")


def _invalid(category: str, name: object, problems: Iterable[FieldProblem]) -> InvalidRecordError:
    found = tuple(problems)
    return InvalidRecordError(
        f"{category} record {name!r} is not valid: {in_one_line(found)}", problems=found
    )


def _problem(location: tuple[str | int, ...], message: str) -> FieldProblem:
    return FieldProblem(location=location, message=message)


def _name_problem(name: str) -> str | None:
    if not name.strip():
        return "must not be empty"
    if name != name.strip():
        return "must not begin or end with a space"
    if "\\" in name:
        return "must not contain a backslash"
    if any(unicodedata.category(character) in _UNPRINTABLE for character in name):
        return "must not contain control characters"
    return None


def _write_problems(category: str, record: GenericModelRecord) -> Iterator[FieldProblem]:
    if record.record_type != category:
        yield _problem(("record_type",), f"must be {category}, not {record.record_type}")
    if problem := _name_problem(record.name):
        yield _problem(("name",), problem)
    if (record.size_on_disk_bytes or 0) < 0:
        yield _problem(("size_on_disk_bytes",), "must not be negative")
    yield from file_problems(record.config)
    if isinstance(record, TextGenerationModelRecord):
        yield from _text_problems(record)


def _download_problems(location: tuple[str | int, ...], download: DownloadRecord) -> Iterator[FieldProblem]:
    if problem := _file_name_problem(download.file_name):
        yield _problem((*location, "file_name"), problem)
    if canonical_sha256(download.sha256sum) != UNKNOWN_SHA256 and not is_sha256(download.sha256sum):
        yield _problem((*location, "sha256sum"), f"must be 64 hexadecimal digits, or {UNKNOWN_SHA256}")
    if download.content_hash is not None and not is_sha256(download.content_hash):
        yield _problem((*location, "content_hash"), "must be 64 hexadecimal digits")
    if (download.size_bytes or 0) < 0:
        yield _problem((*location, "size_bytes"), "must not be negative")


def _file_name_problem(file_name: str) -> str | None:
    # Every worker joins this to a folder of its own disk.
    if file_name.startswith("/") or ".." in file_name.split("/"):
        return "must stay inside the model's folder"
    return _name_problem(file_name)


def _text_problems(record: TextGenerationModelRecord) -> Iterator[FieldProblem]:
    if record.parameters_count <= 0:
        yield _problem(("parameters",), "must be greater than zero")
    for name in sorted(set(record.settings or ()) - KNOWN_TEXT_SETTINGS):
        yield _problem(("settings", name), "is not a known generation setting")
