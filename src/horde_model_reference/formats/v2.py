"""Files of v2 documents: a JSON object from key to document (spec 01 §7)."""

from collections.abc import Mapping
from typing import Any

import orjson

from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.validation import validate_document
from horde_model_reference.formats.conversion import ConvertedRecord, FileConversion, Refusal
from horde_model_reference.formats.json_text import FormatError, parse_json_object, usable_object


def read_v2_file(category: str, text: str | bytes) -> FileConversion:
    """Read a v2 file; its documents stay as they are, unknown keys and key order included.

    Each record is checked by itself. An empty text has no records. A text that is not a JSON object gives one
    refusal with the key None.
    """
    if not text:
        return FileConversion()
    try:
        parsed = parse_json_object(text)
    except FormatError as error:
        return FileConversion(refusals=(Refusal.of(None, error),))
    records: list[ConvertedRecord] = []
    refusals: list[Refusal] = []
    repeated = parsed.repeated_below()
    for key, value in parsed.members.items():
        try:
            document = usable_object(value)
            record = validate_document(category, document)
        except InvalidRecordError as error:
            refusals.append(Refusal.of(key, error))
            continue
        issues = list(repeated.get(key, ()))
        if record.name != key:
            issues.append(f"the name is {record.name!r}, not the key")
        records.append(ConvertedRecord(key=key, document=document, issues=tuple(issues)))
    return FileConversion(records=tuple(records), refusals=tuple(refusals))


def dump_v2_file(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a v2 file: order kept, 2-space indent, raw UTF-8, final newline; equal documents give equal text.

    Raises:
        TypeError: something inside is not JSON.
    """
    return orjson.dumps(documents, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
