"""A response body made once: its bytes, its content hash, and its compressed forms."""

import threading
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final

Compress = Callable[[bytes], bytes]

CONTIGUOUS_BYTES: Final = 2 * 1024 * 1024
"""Bodies up to this size lie in one piece."""


class Body:
    """JSON bytes that never change, with a strong entity tag from their content (spec 10, Bodies)."""

    __slots__ = ("_encoded", "_length", "_lock", "_make_tag", "_tag", "parts")

    def __init__(self, content: bytes) -> None:
        tag = blake2b(content, digest_size=16).hexdigest()
        self._start((content,), make_tag=lambda: tag)

    @classmethod
    def of_parts(cls, parts: Sequence[bytes], *, make_tag: Callable[[], str]) -> "Body":
        """Return the body that several parts make.

        ``make_tag`` is called once, when somebody asks; it must give another tag for any other content.
        """
        body = cls.__new__(cls)
        is_small = sum(map(len, parts)) <= CONTIGUOUS_BYTES
        body._start((b"".join(parts),) if is_small else tuple(parts), make_tag=make_tag)
        return body

    def _start(self, parts: tuple[bytes, ...], *, make_tag: Callable[[], str]) -> None:
        self.parts = parts
        """The bytes, in order; one part unless the body is large."""
        self._make_tag = make_tag
        self._tag: str | None = None
        self._length = sum(map(len, parts))
        self._encoded: dict[str, bytes] = {}
        self._lock = threading.Lock()

    @property
    def tag(self) -> str:
        """The hash that stands for the content in entity tags."""
        if self._tag is None:
            self._tag = self._make_tag()
        return self._tag

    @property
    def content(self) -> bytes:
        """The bytes in one piece; a large body is copied for that each time."""
        return self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)

    def __len__(self) -> int:
        return self._length

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
