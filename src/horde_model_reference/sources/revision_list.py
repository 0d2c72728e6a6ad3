"""What a PRIMARY has of each category, from one small request for all of them."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

import orjson

LACKS_IT_SECONDS: Final = 600.0
"""A PRIMARY that has no such list, as those of other releases, is asked for it again after this long."""


class ListAnswer(Protocol):
    """What came back, whatever its status."""

    @property
    def status(self) -> int:
        """The status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, found under any case."""
        ...

    @property
    def content(self) -> bytes:
        """The body."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """The state of all categories at one moment."""

    tags: Mapping[str, str]
    """By category: the hash in the entity tags of its records."""
    asked_at: float
    """Unix seconds."""

    def has(self, category: str, etag: str | None) -> bool:
        """Tell whether just the records with an entity tag, of whatever coding, are current."""
        return etag is not None and self.tags.get(category) == content_tag(etag)


def content_tag(etag: str) -> str:
    """Return the part of an entity tag that all codings of one content share."""
    return etag.strip().removeprefix("W/").strip('"').split("-", 1)[0]


class RevisionList:
    """Asks for the list when somebody needs a newer one; one request serves all categories.

    Safe to use from several threads.
    """

    def __init__(
        self,
        url: str,
        get: Callable[[str, Mapping[str, str]], ListAnswer],
        *,
        clock: Callable[[], float] = time.monotonic,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        """Ask nothing yet."""
        self._url = url
        self._get = get
        self._clock = clock
        self._unix_clock = unix_clock
        self._lock = threading.Lock()
        self._tags: Mapping[str, str] | None = None
        self._etag: str | None = None
        self._asked_at = 0.0
        self._asked_at_unix = 0.0
        self._lacks_it_until = 0.0

    def at_most_old(self, seconds: float, *, ask: bool) -> Revisions | None:
        """Return the list as it was at most so long ago; None: the PRIMARY has none, or it is not worth it.

        Args:
            seconds: How old it may be; 0: nobody can know, so it isn't asked for.
            ask: Whether to ask for a newer one than is at hand.

        Raises:
            SourceUnavailableError: The PRIMARY doesn't answer.
        """
        if seconds <= 0:
            return None
        with self._lock:
            is_old = self._tags is None or self._clock() - self._asked_at >= seconds
            if is_old and ask and self._clock() >= self._lacks_it_until:
                self._ask()
                is_old = self._tags is None
            if is_old or self._tags is None:
                return None
            return Revisions(tags=self._tags, asked_at=self._asked_at_unix)

    def _ask(self) -> None:
        asked_at, asked_at_unix = self._clock(), self._unix_clock()
        answer = self._get(self._url, {"if-none-match": self._etag} if self._etag else {})
        if answer.status != 304 or self._tags is None:
            self._tags = _tags_in(answer.content) if answer.status == 200 else None
            self._etag = answer.headers.get("etag") if self._tags is not None else None
        if self._tags is None:
            self._lacks_it_until = asked_at + LACKS_IT_SECONDS
        self._asked_at, self._asked_at_unix = asked_at, asked_at_unix


def _tags_in(content: bytes) -> Mapping[str, str] | None:
    """Return the hashes by category; None where this is no such list."""
    try:
        found: object = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict):
        return None
    entries = cast("dict[str, Any]", found)
    if not entries:  # some server that answers anything; of a PRIMARY without records nothing is known
        return None
    tags = {category: _tag_of(entry) for category, entry in entries.items()}
    return None if None in tags.values() else cast("dict[str, str]", tags)


def _tag_of(entry: object) -> str | None:
    etag = cast("dict[str, object]", entry).get("etag") if isinstance(entry, dict) else None
    return content_tag(etag) if isinstance(etag, str) else None
