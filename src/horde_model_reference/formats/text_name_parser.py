"""Taking the names of text models apart (spec 03 §2)."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

ExtraKind: TypeAlias = Literal["LEADING_VERSION", "DATE", "DESCRIPTOR"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameExtra:
    """A recognised part of a name that has no field of its own.

    A descriptor is a further token of a kind that the name has already, the number of parameters at work in
    a mixture of experts, or a context length. ``position`` is the number of separators in front of it.
    """

    kind: ExtraKind
    value: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedName:
    """The parts of a text model's name; None means that the name has no such part (spec 03 §2).

    ``size`` and ``quant`` are upper-cased, ``variant`` and ``version`` are as written, and ``base_name`` is
    what is left: never empty unless the name was.
    """

    base_name: str
    size: str | None
    variant: str | None
    version: str | None
    quant: str | None
    extras: tuple[NameExtra, ...] = ()


_Kind: TypeAlias = Literal[
    "leading_version", "size", "active_size", "context", "version", "quant", "variant", "date"
]


class _Token(NamedTuple):
    kind: _Kind
    value: str
    start: int
    end: int


# Numbers don't begin behind the point of another one.
_NUMBER: Final = r"(?<!\d\.)\d++"
_END: Final = r"(?![^\W_])"

_QUANTS: Final = (
    r"q[2-8]_k(?:_(?:x?[smlh]|xxs))?",
    r"q[2-8]_[01]",
    r"iq[1-4]_(?:xxs|xs|nl|s|m)",
    r"q[2-8](?!\.\d)",  # not Qwen 3.5 for short
    r"gguf|ggml|gptq|awq|exl[23]",
    r"fp16|fp32|bf16|fp8|int8|int4",
)
_VARIANTS: Final = (
    r"instruct|chat|code|base|uncensored|finetune|ft",
    r"thinking|reasoning",
    r"turbo|preview|latest",
)
# Years from 2020 to 2039 with a month, months with a day, or such a year alone: 4096 is none of these.
_DATES: Final = (
    r"(?:0[1-9]|1[0-2])-20[2-3]\d",
    r"20[2-3]\d-(?:0[1-9]|1[0-2])",
    r"[2-3]\d(?:0[1-9]|1[0-2])|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|20[2-3]\d",
)


def _whole(patterns: Iterable[str]) -> list[str]:
    return [f"(?:{pattern}){_END}" for pattern in patterns]


# Where several tokens are of one kind, that of the rule which stands first here is the one that counts.
# Digits are matched possessively, so that a long run of them costs no more than its length.
_RULES: Final[list[tuple[_Kind, str]]] = [
    ("size", r"\d++x\d++[bm](?![a-z])"),
    ("size", rf"{_NUMBER}(?:\.\d*+)?+[bm]\d*(?![a-z])"),
    ("active_size", rf"[ae]\d++(?:\.\d++)?+[bm]{_END}"),
    ("context", rf"{_NUMBER}(?:\.\d++)?+k{_END}"),
    ("version", rf"v\d++(?:\.\d++)+{_END}"),
    ("version", r"v\d++(?![^\W_]|\.)"),
    *(("quant", pattern) for pattern in _whole(_QUANTS)),
    *(("variant", pattern) for pattern in _whole(_VARIANTS)),
    *(("date", pattern) for pattern in _whole(_DATES)),
]
# A token touches no letter and no digit; an underscore is a separator like the others.
_START: Final = r"(?<![^\W_])"
_TOKEN: Final = re.compile(
    _START + "(?:" + "|".join(f"({pattern})" for _, pattern in _RULES) + ")", re.IGNORECASE
)
_LEADING_VERSION: Final = re.compile(r"(\d++\.\d++(?:\.\d++)?)[-_]")
_QUANT: Final = re.compile(_START + "(?:" + "|".join(_whole(_QUANTS)) + ")", re.IGNORECASE)
_REPEATED_SEPARATOR: Final = re.compile(r"([-_ .])[-_ .]+")
_SEPARATORS: Final = "-_ ."
_SEPARATOR: Final = re.compile(r"[-_ .]")
_EXTRA_KINDS: Final[dict[_Kind, ExtraKind]] = {
    "leading_version": "LEADING_VERSION",
    "date": "DATE",
}
_EXTRA_ORDER: Final[tuple[ExtraKind, ...]] = ("LEADING_VERSION", "DATE", "DESCRIPTOR")


def parse_text_name(name: str) -> ParsedName:
    """Take a name apart as it is given: a backend prefix and an author stay in the base name (spec 03 §2).

    Every token leaves the base name, so that models that differ in nothing else share it; the first one of a
    kind is the part. Where nothing would be left, the token of the last rule is given back.
    """
    tokens = _tokens(name)
    base_name = _rest(name, tokens)
    if not base_name and tokens:
        tokens.pop()
        base_name = _rest(name, tokens)
    first = {token.kind: token for token in reversed(tokens)}
    size = first.get("size") or first.get("active_size")
    version, quant, variant = first.get("version"), first.get("quant"), first.get("variant")
    parts = (size, version, quant, variant)
    return ParsedName(
        base_name=base_name or name,
        size=None if size is None else size.value.upper(),
        version=None if version is None else version.value,
        quant=None if quant is None else quant.value.upper(),
        variant=None if variant is None else variant.value,
        extras=_extras(name, [token for token in tokens if token not in parts]),
    )


def without_quants(name: str) -> str:
    """Return a name without the tokens that say how its weights are quantised."""
    return _QUANT.sub("", name)


def _tokens(name: str) -> list[_Token]:
    """Return what is recognised, rule by rule."""
    tokens: list[_Token] = []
    leading = _LEADING_VERSION.match(name)
    if leading is not None:
        tokens.append(_Token("leading_version", leading[1], 0, leading.end()))
    found = _TOKEN.finditer(name, 0 if leading is None else leading.end())
    by_rule = sorted(((match.lastindex or 0) - 1, *match.span(), match[0]) for match in found)
    return tokens + [_Token(_RULES[rule][0], value, start, end) for rule, start, end, value in by_rule]


def _rest(name: str, tokens: Iterable[_Token]) -> str:
    pieces: list[str] = []
    end = 0
    for token in sorted(tokens, key=lambda token: token.start):
        pieces.append(name[end : token.start])
        end = token.end
    rest = "".join((*pieces, name[end:]))
    return _REPEATED_SEPARATOR.sub(r"\1", rest).strip(_SEPARATORS)


def _extras(name: str, tokens: list[_Token]) -> tuple[NameExtra, ...]:
    if not tokens:
        return ()
    separators = [match.start() for match in _SEPARATOR.finditer(name)]
    extras = [
        NameExtra(
            kind=_EXTRA_KINDS.get(token.kind, "DESCRIPTOR"),
            value=token.value,
            position=bisect_left(separators, token.start),
        )
        for token in sorted(tokens, key=lambda token: token.start)
    ]
    return tuple(sorted(extras, key=lambda extra: _EXTRA_ORDER.index(extra.kind)))
