"""SHA-256 sums as text: one spelling to compare in, and the word for a sum that nobody took."""

import re
from typing import Final

UNKNOWN_SHA256: Final = "FIXME"
"""Stands where a file's sum is not known; two files with it are not thereby the same (spec 01 §5.3)."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def canonical_sha256(text: str) -> str:
    """Return a sum trimmed and in lower case; the unknown sum comes back as ``UNKNOWN_SHA256``."""
    trimmed = text.strip()
    return UNKNOWN_SHA256 if trimmed.upper() == UNKNOWN_SHA256 else trimmed.lower()


def is_sha256(text: str) -> bool:
    """Return whether the text is a whole SHA-256 sum, 64 hexadecimal digits in either case."""
    return _SHA256.fullmatch(canonical_sha256(text)) is not None


def same_sha256(one: str | None, other: str | None) -> bool:
    """Return whether two sums are known and the same, whatever their case; an unknown sum equals nothing."""
    if one is None or other is None or not is_sha256(one):
        return False
    return canonical_sha256(one) == canonical_sha256(other)
