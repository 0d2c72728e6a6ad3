"""Names of text models: author, backend, group, and their per-backend variants (spec 03)."""

import re
from decimal import Decimal

from horde_model_reference.formats.text_name_parser import parse_text_name

BACKEND_PREFIXES = ("aphrodite/", "koboldcpp/")
"""What a per-backend duplicate of a name starts with; case counts."""

URL_MARK = "://"
"""Names that hold this are addresses: no version 1 entries, and no writes (spec 02 §6, §7)."""

_NORMALISED_SEPARATOR = re.compile(r"[-_ .]+")
_SIZE_LABEL = re.compile(r"(?:(\d+)x|[ae])?(\d+\.?\d*)([kmbt])\d*", re.IGNORECASE)
_MAGNITUDES = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}


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


def parameters_in_name(name: str) -> int | None:
    """Return how many parameters a name tells of; None for none, and for experts, which share some."""
    size = parse_text_name(split_author(name)[1]).size
    if size is None or not size[:1].isdigit() or "X" in size:
        return None
    is_unknown, count, _ = size_sort_key(size)
    return None if is_unknown or not count else int(count)
