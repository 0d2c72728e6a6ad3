"""Licence expressions such as ``MIT OR Apache-2.0``: are they well formed, and what do they name?"""

import re
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

NOASSERTION: Final = "NOASSERTION"
"""The expression that says that nobody has looked."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:+-]*")


@lru_cache(maxsize=1024)
def license_identifiers(expression: str) -> tuple[str, ...]:
    """Return the licences and exceptions that an SPDX expression names, each once, in order of appearance.

    ``NOASSERTION`` names none.

    Raises:
        ValueError: the expression is not well formed.
    """
    if expression == NOASSERTION:
        return ()
    # Nearly every record says NOASSERTION: who reads only those never pays for loading the parser.
    library: Any = import_module("license_expression")
    licensing = library.Licensing()
    try:
        keys: tuple[str, ...] = tuple(licensing.license_keys(licensing.parse(expression)))
    except library.ExpressionError as error:
        raise ValueError(f"{expression!r} is not a licence expression: {error}") from error
    if not keys or NOASSERTION in keys or not all(map(_IDENTIFIER.fullmatch, keys)):
        raise ValueError(f"{expression!r} is not a licence expression")
    return keys
