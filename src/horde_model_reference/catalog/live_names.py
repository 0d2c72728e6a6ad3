"""How names of the AI-Horde and names of records meet (spec 13, Joining a model with live data)."""

import re
from typing import TypeAlias

from horde_model_reference.formats.text_names import BACKEND_PREFIXES, has_backend_prefix

UsageKey: TypeAlias = tuple[str | None, str]
"""Backend prefix, None for none, and the last segment of the name, in lower case, without quantisation."""

_QUANTISATION_SUFFIXES = tuple(
    re.compile(rf"[-_](?:{pattern})$", re.IGNORECASE)
    for pattern in (
        r"Q[2-8]_K(?:_[SMLH])?",
        r"Q[2-8]_[01]",
        r"Q[2-8]",
        r"GGUF|GGML|GPTQ|AWQ|EXL2",
        r"fp16|fp32|int8|int4",
    )
)


def without_quantisation(name: str) -> str:
    """Return a name without its quantisation suffix; the kinds of suffix are tried once each, in order."""
    for suffix in _QUANTISATION_SUFFIXES:
        name = suffix.sub("", name)
    return name


def usage_key(name: str) -> UsageKey:
    """Return what the usage of a text model is counted under: sizes stay apart, authors don't count."""
    prefix = name.partition("/")[0].lower() + "/" if "/" in name else ""
    backend = prefix if prefix in BACKEND_PREFIXES else None
    return backend, without_quantisation(name.rpartition("/")[2]).lower()


def backend_of(name: str) -> str:
    """Return the backend in a variant of a name, ``canonical`` for the name itself."""
    return name.partition("/")[0] if has_backend_prefix(name) else "canonical"
