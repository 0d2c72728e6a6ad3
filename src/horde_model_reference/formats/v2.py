"""Files of v2 documents: a JSON object from key to document (spec 01 §7)."""

from collections.abc import Mapping
from typing import Any

import orjson

from horde_model_reference.domain.validation import validate_document
from horde_model_reference.formats.conversion import ConvertedRecord, FileConversion, convert_json_file


def read_v2_file(category: str, text: str | bytes) -> FileConversion:
    """Read a v2 file; its documents stay as they are, unknown keys and key order included.

    Each record is checked by itself. An empty text has no records. A text that is not a JSON object gives one
    refusal with the key None.
    """

    def convert(key: str, document: dict[str, Any]) -> ConvertedRecord:
        name = validate_document(category, document).name
        issues = () if name == key else (f"the name is {name!r}, not the key",)
        return ConvertedRecord(key=key, document=document, issues=issues)

    return convert_json_file(text, convert)


def dump_v2_file(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a v2 file: order kept, 2-space indent, raw UTF-8, final newline; equal documents give equal text.

    Raises:
        TypeError: something inside is not JSON.
    """
    return orjson.dumps(documents, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
