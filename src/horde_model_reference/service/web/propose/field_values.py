"""One value of a record as the text of an input, and back."""

import json
import unicodedata
from collections.abc import Sequence
from math import isfinite
from typing import Any, Final, cast

from horde_model_reference.service.web.propose.form_fields import Field, InputKind

ABSENT: Final[Any] = object()
"""Stands for a key that a document does not have."""

_YES, _NO = "yes", "no"
_MAX_DIGITS: Final = 20  # more than 64 bits need


def field_texts(field: Field, value: object) -> list[str]:
    """Return what the inputs of a field show for a value; nothing where they can't show it."""
    if value is ABSENT or value is None:
        return []
    if field.kind is InputKind.choices:
        return _texts_in(value)
    return [_text(field.kind, value)]


def field_value(field: Field, texts: Sequence[str]) -> Any:
    """Return the value that the texts of a field's inputs mean; ABSENT where nothing was filled in."""
    if field.kind is InputKind.choices:
        return list(texts) or ABSENT
    text = texts[-1] if texts else ""
    if field.kind is InputKind.lines:
        lines = normal_lines(text)
        return lines.split("\n") if lines else ABSENT
    text = _normal_long(text) if field.kind is InputKind.long_text else normal_line(text)
    return _value(field.kind, text) if text else ABSENT


def is_of_kind(field: Field, value: object) -> bool:
    """Tell whether a value has the type that the inputs of a field give."""
    match field.kind:
        case InputKind.choices | InputKind.lines:
            items = cast("list[object]", value) if isinstance(value, list) else [None]
            return all(isinstance(item, str) for item in items)
        case InputKind.yes_no:
            return isinstance(value, bool)
        case InputKind.number:
            return isinstance(value, int) and not isinstance(value, bool)
        case InputKind.setting:
            return True
        case _:
            return isinstance(value, str)


def holds_unseen(text: str) -> bool:
    """Tell whether a text holds characters that no input shows, besides line ends."""
    return not all(character in "\r\n" or _is_visible(character) for character in text)


def normal_line(text: str) -> str:
    """Return a text as the input of one line would send it: no line ends, nothing invisible, trimmed."""
    return "".join(character for character in text if _is_visible(character)).strip()


def normal_lines(text: str) -> str:
    """Return a list as a text area would send it: one item a line, trimmed, without empty ones."""
    lines = map(normal_line, _line_ends(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _normal_long(text: str) -> str:
    return "\n".join("".join(filter(_is_visible, line)) for line in _line_ends(text).split("\n")).strip()


def _line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_visible(character: str) -> bool:
    # No HTML page may hold control characters other than tabs, and half a surrogate pair can't be sent.
    return character == "\t" or unicodedata.category(character) not in {"Cc", "Cs"}


def _text(kind: InputKind, value: object) -> str:
    match kind:
        case InputKind.lines:
            return normal_lines("\n".join(_texts_in(value)))
        case InputKind.yes_no if isinstance(value, bool):
            return _YES if value else _NO
        case InputKind.setting:
            return _setting_text(value)
        case InputKind.long_text:
            return _normal_long(_as_text(value))
        case _:
            return normal_line(_as_text(value))


def _texts_in(value: object) -> list[str]:
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    return [_as_text(item) for item in items]


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(kind: InputKind, text: str) -> Any:
    match kind:
        case InputKind.number:
            return _number(text)
        case InputKind.yes_no:
            return {_YES: True, _NO: False}.get(text, text)
        case InputKind.setting:
            return _setting(text)
        case _:
            return text


def _number(text: str) -> int | str:
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS:
        return int(text)
    return text  # the record type says what is wrong with it


def _setting_text(value: object) -> str:
    if isinstance(value, str):
        text = normal_line(value)
        if _setting(text) == text:
            return text
    return json.dumps(value, ensure_ascii=False)


def _setting(text: str) -> Any:
    try:
        value: object = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, float) and not isfinite(value):
        return text
    return text if value is None else value


def _refuse(constant: str) -> object:
    raise ValueError(constant)
