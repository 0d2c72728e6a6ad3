"""A response body made once: its bytes, its content hash, and its compressed forms."""

import threading
from collections.abc import Callable
from hashlib import blake2b

Compress = Callable[[bytes], bytes]


class Body:
    """JSON bytes that never change, with a strong entity tag from their content (spec 10, Bodies)."""

    __slots__ = ("_encoded", "_lock", "content", "tag")

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.tag = blake2b(content, digest_size=16).hexdigest()
        self._encoded: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.content)

    def etag(self, coding: str | None = None) -> str:
        """Return the entity tag of the plain form, or of a compressed one, which is other bytes."""
        return f'"{self.tag}-{coding}"' if coding else f'"{self.tag}"'

    def matches(self, if_none_match: str) -> bool:
        """Tell whether an If-None-Match header names any form of this content."""
        return if_none_match.strip() == "*" or self.tag in {
            candidate.strip().removeprefix("W/").strip('"').split("-", 1)[0]
            for candidate in if_none_match.split(",")
        }

    def ready(self, coding: str) -> bytes | None:
        """Return the compressed form where it has been made already."""
        return self._encoded.get(coding)

    def encoded(self, coding: str, compress: Compress) -> bytes:
        """Return the compressed form; the first call makes it, callers at the same time wait for that one."""
        found = self._encoded.get(coding)
        if found is None:
            with self._lock:
                found = self._encoded.get(coding)
                if found is None:
                    found = self._encoded[coding] = compress(self.content)
        return found
