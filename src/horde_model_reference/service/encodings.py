"""Content codings of ready bodies, best first."""

import zlib
from collections.abc import Mapping

import zstandard

from horde_model_reference.catalog.body import Compress

_SMALLEST_BYTES = 1024
"""Below this a compressed answer saves no packet."""
_QUICK_ABOVE_BYTES = 4 * 1024 * 1024
"""Above this the best compression takes seconds and saves little more."""


def _zstd(content: bytes) -> bytes:
    level = 3 if len(content) > _QUICK_ABOVE_BYTES else 12
    return zstandard.ZstdCompressor(level=level, write_content_size=True).compress(content)


def _gzip(content: bytes) -> bytes:
    level = 4 if len(content) > _QUICK_ABOVE_BYTES else 9
    compressor = zlib.compressobj(level, zlib.DEFLATED, 31)  # 31: gzip framing, with no time in it
    return compressor.compress(content) + compressor.flush()


CODINGS: Mapping[str, Compress] = {"zstd": _zstd, "gzip": _gzip}


def chosen_coding(accept_encoding: str, length: int) -> str | None:
    """Return the coding for a body of that many bytes, None for the plain form (RFC 9110 §12.5.3)."""
    if length < _SMALLEST_BYTES or not accept_encoding:
        return None
    liked = dict(weights(accept_encoding))
    usable = [(liked.get(coding, liked.get("*", 0.0)), coding) for coding in CODINGS]
    best = max(usable, key=lambda pair: pair[0])  # of equals the first, which is ours to prefer
    return best[1] if best[0] > 0 and best[0] >= liked.get("identity", 0.0) else None


def weights(accepted: str) -> list[tuple[str, float]]:
    """Return what a header like Accept names, in lower case, each with its weight (RFC 9110 §12.4.2)."""
    found: list[tuple[str, float]] = []
    for part in accepted.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        found.append((name, _quality(parameters)))
    return found


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                return 0.0
    return 1.0
