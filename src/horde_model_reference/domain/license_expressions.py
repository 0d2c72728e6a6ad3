"""Licence expressions such as ``MIT OR Apache-2.0``: are they well formed, and what do they name?"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

NOASSERTION: Final = "NOASSERTION"
"""The expression that says that nobody has looked."""

MAX_EXPRESSION_LENGTH: Final = 2000
"""Characters; nobody needs more, and reading an expression takes the square of its length."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:+-]*")
_OWN_PREFIX: Final = "LicenseRef-"


@lru_cache(maxsize=1024)
def license_identifiers(expression: str) -> tuple[str, ...]:
    """Return the licences and exceptions that an SPDX expression names, each once, in order of appearance.

    ``NOASSERTION`` names none.

    Raises:
        ValueError: the expression is not well formed.
    """
    if expression == NOASSERTION:
        return ()
    if len(expression) > MAX_EXPRESSION_LENGTH:
        raise ValueError(f"a licence expression has at most {MAX_EXPRESSION_LENGTH} characters")
    # Nearly every record says NOASSERTION: who reads only those never pays for loading the parser.
    library: Any = import_module("license_expression")
    licensing = library.Licensing()
    try:
        keys: tuple[str, ...] = tuple(licensing.license_keys(licensing.parse(expression)))
    # The library has no error of its own for brackets without content, and for too many of them.
    except (library.ExpressionError, IndexError, RecursionError) as error:
        raise ValueError(f"{expression!r} is not a licence expression: {error}") from error
    if not keys or NOASSERTION in keys or not all(map(_IDENTIFIER.fullmatch, keys)):
        raise ValueError(f"{expression!r} is not a licence expression")
    return keys


@lru_cache(maxsize=1)
def spdx_identifiers() -> frozenset[str]:
    """Return every identifier on the SPDX list, of licences and exceptions, deprecated ones too."""
    library: Any = import_module("license_expression")
    index: list[dict[str, Any]] = library.get_license_index()
    keys = (key for entry in index for key in _spdx_keys(entry))
    return frozenset(key for key in keys if not key.startswith(_OWN_PREFIX))


def _spdx_keys(entry: Mapping[str, Any]) -> tuple[str, ...]:
    key: str | None = entry.get("spdx_license_key")
    others: list[str] = entry.get("other_spdx_license_keys") or []
    return (*others, key) if key else tuple(others)
