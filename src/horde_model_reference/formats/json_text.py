"""JSON text to mappings and back, more careful than JSON demands.

What a strict reader elsewhere would refuse must not enter: NaN, halves of surrogate pairs, numbers beyond
64 bits, nesting without end. Duplicate keys are legal JSON but somebody's mistake, so they are reported.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, Final, cast

import orjson

from horde_model_reference.domain.errors import InvalidRecordError

_TYPE_NAMES: Final[Mapping[type, str]] = {
    list: "a list",
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}
_INT64_DIGITS: Final = 20
_MAX_DEPTH: Final = 200


class FormatError(InvalidRecordError):
    """A text is not in the format it claims to be; nothing in it can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonObject:
    """A JSON object as read."""

    members: dict[str, Any]
    """Key to value in the order of the text; a key that occurs twice has its last value."""
    duplicates: tuple[tuple[str, ...], ...] = ()
    """Where keys occur more than once: the path from the top to the repeated key, one entry per place."""

    def repeated_below(self) -> dict[str, list[str]]:
        """Return one clause per repeated key, by the member that holds it or is it."""
        clauses: dict[str, list[str]] = {}
        for member, *below in self.duplicates:
            what = f"the key {'.'.join(below)}" if below else "the record"
            clauses.setdefault(member, []).append(f"{what} occurs more than once, the last one counts")
        return clauses


def parse_json_object(text: str | bytes) -> JsonObject:
    """Read the text of a JSON object; a byte order mark and any line ends are fine.

    Values that can't be written as JSON again are left in, so that the caller can refuse only the member that
    holds them: see `unusable_values`.

    Raises:
        FormatError: not UTF-8, not JSON (with line and column), or not an object.
    """
    repeats: list[tuple[dict[str, Any], str]] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeats.extend((members, key) for key, count in counts.items() if count > 1)
        return members

    value = _decode(_as_text(text), collect)
    if not isinstance(value, dict):
        raise FormatError(f"the text is {_TYPE_NAMES.get(type(value), 'a number')}, not a JSON object")
    members = cast("dict[str, Any]", value)
    return JsonObject(members=members, duplicates=tuple(_find(members, repeats)) if repeats else ())


def read_json_object(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object that a text holds, refusing everything doubtful.

    Raises:
        FormatError: as `parse_json_object`, or a key occurs twice, or a value is unusable.
    """
    parsed = parse_json_object(text)
    if parsed.duplicates:
        places = ", ".join(".".join(path) for path in parsed.duplicates)
        raise FormatError(f"keys occur more than once: {places}")
    if reasons := unusable_values(parsed.members):
        raise FormatError("; ".join(reasons))
    return parsed.members


def usable_object(value: object) -> dict[str, Any]:
    """Return a decoded value as the object that it is.

    Raises:
        InvalidRecordError: it is no object, or holds `unusable_values`.
    """
    if not isinstance(value, dict):
        raise InvalidRecordError(f"it is {_TYPE_NAMES.get(type(value), 'a number')}, not an object")
    if reasons := unusable_values(cast("dict[str, object]", value)):
        raise InvalidRecordError("; ".join(reasons))
    return cast("dict[str, Any]", value)


def unusable_values(value: object) -> tuple[str, ...]:
    """Say which parts of a decoded value can't be written as JSON, each as ``path: reason``."""
    try:
        orjson.dumps([[[[[[[[value]]]]]]]])  # it writes 254 levels, and answers hold records some levels down
    except TypeError as error:
        reasons = [f"{'.'.join(path) or 'value'}: {reason}" for path, reason in _unusable(value)]
        return tuple(reasons) or (str(error),)
    return ()


def dump_json(value: object, *, indent: int) -> str:
    """Write a value as JSON text with raw UTF-8 and a final newline; equal values give equal text.

    Raises:
        ValueError: NaN or an infinity is inside.
    """
    return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"


def _as_text(text: str | bytes) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _position(text[: error.start].decode("utf-8", "replace"))
        raise FormatError(f"not UTF-8 at line {line}, column {column}") from error


def _decode(text: str, collect: Callable[[list[tuple[str, Any]]], object]) -> object:
    decoder = json.JSONDecoder(
        object_pairs_hook=collect,
        parse_float=_finite_float,
        parse_int=_bounded_int,
        parse_constant=Decimal,
    )
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        raise FormatError(f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise FormatError("the JSON is nested too deeply") from error


# A number that Python's int and float can't hold as JSON means it stays a Decimal: no JSON writer takes one,
# so it can't slip through.
def _finite_float(token: str) -> float | Decimal:
    number = float(token)
    return number if isfinite(number) else Decimal("Infinity")


def _bounded_int(token: str) -> int | Decimal:
    return int(token) if len(token) <= _INT64_DIGITS else Decimal(token)


def _position(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _find(members: dict[str, Any], repeats: list[tuple[dict[str, Any], str]]) -> Iterator[tuple[str, ...]]:
    keys_of: dict[int, list[str]] = {}
    for owner, key in repeats:
        keys_of.setdefault(id(owner), []).append(key)
    for path, value in _walk(members, ()):
        yield from ((*path, key) for key in keys_of.get(id(value), ()))


def _walk(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    yield path, value
    if len(path) < _MAX_DEPTH:
        for key, child in _children(value):
            yield from _walk(child, (*path, key))


def _children(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from cast("dict[str, object]", value).items()
    elif isinstance(value, list):
        yield from ((str(index), item) for index, item in enumerate(cast("list[object]", value)))


def _unusable(value: object) -> Iterator[tuple[tuple[str, ...], str]]:
    for path, part in _walk(value, ()):
        if len(path) == _MAX_DEPTH:
            yield path[:3], f"nested {_MAX_DEPTH} levels deep or more"
            return
        if path and _is_broken(path[-1]):
            yield path[:-1], "a key holds half of a surrogate pair"
        if reason := _why_unusable(part):
            yield path, reason


def _why_unusable(part: object) -> str | None:
    if isinstance(part, Decimal):
        return "the number does not fit into 64 bits" if part.is_finite() else "not a finite number"
    if isinstance(part, int) and not -(2**63) <= part < 2**64:
        return "the number does not fit into 64 bits"
    if isinstance(part, str) and _is_broken(part):
        return "the text holds half of a surrogate pair"
    return None


def _is_broken(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
