"""Names of text models: taking them apart, grouping them, and their per-backend variants (spec 03)."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

BACKEND_PREFIXES = ("aphrodite/", "koboldcpp/")
"""What a per-backend duplicate of a name starts with; case counts."""

URL_MARK = "://"
"""Names that hold this are addresses: no version 1 entries, and no writes (spec 02 §6, §7)."""

ExtraKind: TypeAlias = Literal["LEADING_VERSION", "DATE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameExtra:
    """A recognised part of a name that has no field of its own.

    ``position`` is 0 for a leading version; for a date it is the number of separators in front of it.
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


def _patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


# Digits are matched possessively and from the start of their run, so that a long run costs no more than its
# length.
_LEADING_VERSION = re.compile(r"(\d++\.\d++(?:\.\d++)?)[-_]")
# The form with experts comes first, and no plain size starts inside one: "8x22B" must not be read as "2B".
# Behind a letter a size may start with the second digit.
_SIZE = _patterns(
    r"(?<![a-z\d])\d++x\d++[bmk](?![a-z])",
    r"(?:(?<![a-z\d])|(?<=[a-z]\d)(?<!\dx\d))\d++(?:\.\d*+)?+[bmk]\d*(?![a-z])",
)
_VERSION = _patterns(
    r"(?<![a-z\d])v\d++(?:\.\d++)+(?![a-z\d])",
    r"(?<![a-z\d])v\d++(?![a-z\d.])",
)
_QUANT = _patterns(
    r"\bq[2-8]_k(?:_[smlh])?\b",
    r"\bq[2-8]_[01]\b",
    r"\bq[2-8]\b",
    r"\b(?:gguf|ggml|gptq|awq|exl2)\b",
    r"\b(?:fp16|fp32|int8|int4)\b",
)
_VARIANT = _patterns(
    r"\b(?:instruct|chat|code|base|uncensored|finetune|ft)\b",
    r"\b(?:thinking|reasoning)\b",
    r"\b(?:turbo|preview|latest)\b",
)
_DATE = _patterns(
    r"(?<![a-z\d])\d{2}-\d{4}(?![a-z\d])",
    r"(?<![a-z\d])\d{4}-\d{2}(?![a-z\d])",
    r"(?<![a-z\d])\d{4}(?![a-z\d])",
)
_REPEATED_SEPARATOR = re.compile(r"([-_ .])\1+")
_SEPARATORS = re.compile(r"[-_. ]")
_NORMALISED_SEPARATOR = re.compile(r"[-_ .]+")
_SIZE_LABEL = re.compile(r"(?:(\d+)x)?(\d+\.?\d*)([kmbt])\d*", re.IGNORECASE)
_MAGNITUDES = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}


def parse_text_name(name: str) -> ParsedName:
    """Take a name apart as it is given: a backend prefix and an author stay in the base name (spec 03 §2)."""
    extras: list[NameExtra] = []
    rest = name
    if leading := _LEADING_VERSION.match(name):
        extras.append(NameExtra(kind="LEADING_VERSION", value=leading[1], position=0))
        rest = name[leading.end() :]
    size, rest, _ = _take(_SIZE, rest)
    version, rest, _ = _take(_VERSION, rest)
    quant, rest, _ = _take(_QUANT, rest)
    variant, rest, _ = _take(_VARIANT, rest)
    date, rest, offset = _take(_DATE, rest)
    if date:
        # The offset is one in the shortened text, the separators those of the whole name: so it is recorded.
        position = len(_SEPARATORS.findall(name[:offset]))
        extras.append(NameExtra(kind="DATE", value=date, position=position))
    return ParsedName(
        base_name=_REPEATED_SEPARATOR.sub(r"\1", rest).strip("-_ .") or name,
        size=size and size.upper(),
        variant=variant,
        version=version,
        quant=quant and quant.upper(),
        extras=tuple(extras),
    )


def _take(patterns: tuple[re.Pattern[str], ...], text: str) -> tuple[str | None, str, int]:
    """Cut out the leftmost match of the first pattern that has one; return it, the rest, its offset."""
    for pattern in patterns:
        if found := pattern.search(text):
            return found[0], text[: found.start()] + text[found.end() :], found.start()
    return None, text, 0


def normalized_name(name: str) -> str:
    """Return the name in lower case with every run of separators as one ``_``; slashes stay (spec 03 §2)."""
    return _NORMALISED_SEPARATOR.sub("_", name.lower()).strip("_")


def has_backend_prefix(name: str) -> bool:
    """Tell whether the name is that of a per-backend duplicate (spec 03 §1)."""
    return name.startswith(BACKEND_PREFIXES)


def strip_backend_prefix(name: str) -> str:
    """Return the name without its backend prefix; only one is removed (spec 03 §1)."""
    return name.partition("/")[2] if has_backend_prefix(name) else name


def split_author(name: str) -> tuple[str | None, str]:
    """Return author and model, as in ``[backend/][author/]model``; the author is None where there is none."""
    author, slash, model = strip_backend_prefix(name).partition("/")
    return (author, model) if slash else (None, author)


def suggested_group(name: str) -> str:
    """Return the group that a name belongs to: its base name without backend and author (spec 03 §4)."""
    return parse_text_name(split_author(name)[1]).base_name


def is_quantized(name: str) -> bool:
    """Tell whether the name says that the weights are quantised."""
    return parse_text_name(name).quant is not None


def name_variants(name: str) -> tuple[str, ...]:
    """Return a canonical name and its per-backend duplicates, each once (spec 03 §8)."""
    aphrodite, koboldcpp = BACKEND_PREFIXES
    _, slash, model = name.partition("/")
    return tuple(dict.fromkeys((name, aphrodite + name, koboldcpp + (model if slash else name))))


def model_name_of(name: str) -> str:
    """Return the second ``/``-segment of a name, or the whole of one without a slash (spec 02 §6)."""
    segments = name.split("/", 2)
    return segments[1] if len(segments) > 1 else name


def automatic_display_name(model_name: str) -> str:
    """Return what a model without a display name is called, made from its ``model_name`` (spec 02 §6)."""
    spaced = model_name.replace("-", " ").replace("_", " ")
    return " ".join(word for word in spaced.split(" ") if word).strip()


def size_sort_key(label: str) -> tuple[bool, Decimal, str]:
    """Return the key that orders labels such as ``7B`` and ``8X7B``; unknown ones are last (spec 03 §3)."""
    found = _SIZE_LABEL.fullmatch(label)
    if not found:
        return True, Decimal(0), label.lower()
    experts, number, magnitude = found.groups()
    value = Decimal(experts or 1) * Decimal(number) * _MAGNITUDES[magnitude.lower()]
    return False, value, label.lower()
