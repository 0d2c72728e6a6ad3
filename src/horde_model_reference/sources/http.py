"""A PRIMARY over HTTP: version 2, else version 1 converted, over connections that stay open (spec 30 §7)."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from horde_model_reference.domain.categories import Category, legacy_file_name
from horde_model_reference.domain.errors import InvalidRecordError, SourceUnavailableError
from horde_model_reference.formats.conversion import FileConversion
from horde_model_reference.formats.legacy import convert_legacy_file
from horde_model_reference.formats.text_legacy import convert_db_json
from horde_model_reference.sources.copies import (
    CategoryCopy,
    Origin,
    copy_of_documents,
    require_documents,
    require_records,
)
from horde_model_reference.sources.forgotten_connections import closed_with_client
from horde_model_reference.sources.revision_list import RevisionList

if TYPE_CHECKING:
    from collections.abc import Generator

    import httpx

RETRYABLE_STATUS_CODES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that may be others when asked again."""

_OVERLOADED: Final = frozenset({429, 502, 503, 504})
"""Answers that speak of the whole server: more requests would only add to its trouble."""

MOST_BYTES: Final = 1 << 29
"""Longer bodies are not the files of a registry."""

_CONNECT_SECONDS = 2.0
_SLOWEST_BODY = 6.0
"""A body may take this many times the timeout: large files over slow lines are no outage."""


class SourceUnreachableError(SourceUnavailableError):
    """Nobody answers at all, or only that it is too much; asking for another category would give the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response with its body."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How patient requests are."""

    timeout_seconds: float = 10.0
    attempts: int = 3
    pause_seconds: float = 1.0


class HttpConnection:
    """Sends GET requests over connections that stay open; safe to use from several threads.

    Opened by its first request. Proxies come from the environment (``HTTP_PROXY``, ``HTTPS_PROXY``,
    ``NO_PROXY``).
    """

    def __init__(self, *, timeout_seconds: float, follow_redirects: bool = False) -> None:
        self._timeout_seconds = timeout_seconds
        self._follow_redirects = follow_redirects
        self._client: httpx.Client | None = None
        self._opened_by = 0
        self._lock = threading.Lock()

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Return the answer, whatever its status.

        Raises:
            SourceUnreachableError: There is no answer, or it breaks off or takes too long.
        """
        client = self._opened()
        for attempt in range(2):
            began = time.monotonic()
            try:
                with (
                    _translated(),
                    client.stream("GET", url, headers=dict(headers)) as response,
                    closed_with_client(client, response),
                ):
                    content = self._read(response, began)
                    return Answer(status=response.status_code, headers=response.headers, content=content)
            except _BrokenConnectionError as error:
                # The other side may have closed a connection that was idle: once more over a new one.
                if attempt or client.is_closed:
                    raise SourceUnreachableError(str(error)) from error
            except RuntimeError as error:
                # Somebody closed the connections before the request was on its way.
                if not client.is_closed:
                    raise
                raise SourceUnreachableError(str(error)) from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connections; another request opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _opened(self) -> "httpx.Client":
        with self._lock:
            # After a fork two processes would read the answers to each other's requests from one connection.
            if self._client is None or self._opened_by != os.getpid():
                import httpx  # noqa: PLC0415 - whoever reads from disk must not pay for loading it

                self._opened_by = os.getpid()
                self._client = httpx.Client(
                    timeout=httpx.Timeout(
                        self._timeout_seconds, connect=min(_CONNECT_SECONDS, self._timeout_seconds)
                    ),
                    limits=httpx.Limits(max_keepalive_connections=4, keepalive_expiry=300),
                    follow_redirects=self._follow_redirects,
                    headers={"user-agent": "horde-model-reference"},
                )
            return self._client

    def _read(self, response: "httpx.Response", began: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MOST_BYTES:
                raise SourceUnreachableError(f"the answer is longer than {MOST_BYTES} bytes")
            if time.monotonic() - began > self._timeout_seconds * _SLOWEST_BODY:
                raise SourceUnreachableError("the answer takes too long")
        return bytes(body)


class _BrokenConnectionError(Exception):
    """A connection ended before the answer did."""


@contextmanager
def _translated() -> "Generator[None]":
    import httpx  # noqa: PLC0415 - whoever reads from disk must not pay for loading it

    try:
        yield
    except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
        raise _BrokenConnectionError(str(error) or type(error).__name__) from error
    # Of a host name that none can have, and of a header that can't be sent, it is a UnicodeError that tells.
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise SourceUnreachableError(str(error) or type(error).__name__) from error


class PrimarySource:
    """Asks a PRIMARY for categories: for all at once whether they changed, then for those that did."""

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        """Ask nothing yet; ``url`` ends in the API's ``/api``."""
        self._url = url.rstrip("/")
        self._connection = HttpConnection(timeout_seconds=timeout_seconds)
        self._unix_clock = unix_clock
        address = f"{self._url}/model_references/v2/revisions"
        self._revisions = RevisionList(address, self._answer, clock=clock, unix_clock=unix_clock)

    @property
    def url(self) -> str:
        """The address of the PRIMARY."""
        return self._url

    def fetch_copy(
        self, category: str, known: CategoryCopy | None, *, max_age_seconds: float = 0.0
    ) -> CategoryCopy | None:
        """Return a category as it was a while ago at most; the known copy, confirmed, where that is current.

        None: the PRIMARY has no such category.

        Raises:
            SourceUnreachableError: The PRIMARY doesn't answer, or has too much to do.
            SourceUnavailableError: It answered with something that can't be used, in both versions.
        """
        has_tag = known is not None and known.etag is not None
        listed = self._revisions.at_most_old(max_age_seconds, ask=has_tag)
        if listed is not None and known is not None and listed.has(category, known.etag):
            return known.confirmed(at=listed.asked_at, origin=Origin.primary_v2)
        if listed is not None and known is None and category not in listed.tags:
            return None
        return self._fetch(category, known)

    def _fetch(self, category: str, known: CategoryCopy | None) -> CategoryCopy | None:
        """Ask for one category, in version 2, else in version 1."""
        try:
            found = self._fetch_v2(category, known)
        except SourceUnreachableError:
            raise
        except SourceUnavailableError as error:
            reason = str(error)
        else:
            if found is not None:
                return found
            reason = ""
        try:
            converted = self._fetch_v1(category)
        except SourceUnavailableError as error:
            raise SourceUnavailableError("; ".join(filter(None, (reason, str(error))))) from error
        if converted is None and reason:
            raise SourceUnavailableError(reason)
        return converted

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def get(self, path: str) -> bytes:
        """Return the body under a path below the API's address.

        Raises:
            SourceUnavailableError: There is none.
        """
        answer = self._answer(f"{self._url}{path}", {})
        if answer.status != 200:
            raise SourceUnavailableError(f"{self._url}{path} gave status {answer.status}")
        return answer.content

    def _answer(self, url: str, headers: Mapping[str, str]) -> Answer:
        answer = self._connection.get(url, headers)
        if answer.status in _OVERLOADED:
            raise SourceUnreachableError(f"{url} gave status {answer.status}")
        return answer

    def _fetch_v2(self, category: str, known: CategoryCopy | None) -> CategoryCopy | None:
        url = f"{self._url}/model_references/v2/{category}"
        etag = known.etag if known is not None else None
        answer = self._answer(url, {"if-none-match": etag} if etag else {})
        now = self._unix_clock()
        if answer.status == 304 and known is not None:
            return known.confirmed(at=now, origin=Origin.primary_v2)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise SourceUnavailableError(f"{url} gave status {answer.status}")
        if known is not None and answer.content == known.content:
            etag = answer.headers.get("etag")
            return CategoryCopy(
                category=category,
                content=known.content,
                origin=Origin.primary_v2,
                checked_at=now,
                etag=etag,
            )
        with _naming(url):
            require_records(category, require_documents(answer.content))
        return CategoryCopy(
            category=category,
            content=answer.content,
            origin=Origin.primary_v2,
            checked_at=now,
            etag=answer.headers.get("etag"),
        )

    def _fetch_v1(self, category: str) -> CategoryCopy | None:
        if not has_legacy_form(category):
            return None
        url = f"{self._url}/model_references/v1/{category}"
        answer = self._answer(url, {})
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise SourceUnavailableError(f"{url} gave status {answer.status}")
        with _naming(url):
            conversion = _converted(category, answer.content)
            return copy_of_conversion(
                category, conversion, origin=Origin.primary_v1, checked_at=self._unix_clock()
            )


def has_legacy_form(category: str) -> bool:
    """Tell whether a category has records in the legacy form; one that nobody registered has none."""
    try:
        return legacy_file_name(category) is not None
    except KeyError:
        return False


def copy_of_conversion(
    category: str, conversion: FileConversion, *, origin: Origin, checked_at: float
) -> CategoryCopy:
    """Return converted records as a copy.

    Raises:
        SourceUnavailableError: The text was refused as a whole, or more than half of its records.
    """
    refusals, records = conversion.refusals, conversion.records
    if refusals and (refusals[0].key is None or len(refusals) > len(records)):
        raise SourceUnavailableError(f"{len(refusals)} records refused, such as: {refusals[0].reason}")
    return copy_of_documents(category, conversion.documents, origin=origin, checked_at=checked_at)


def get_with_retries(url: str, *, headers: Mapping[str, str], retries: Retries) -> bytes:
    """Return the body under an address, asking again where that may help.

    Raises:
        SourceUnavailableError: There is none.
    """
    connection = HttpConnection(timeout_seconds=retries.timeout_seconds)
    reason = "not asked"
    try:
        for attempt in range(max(1, retries.attempts)):
            if attempt:
                time.sleep(retries.pause_seconds)
            try:
                answer = connection.get(url, headers)
            except SourceUnreachableError as error:
                reason = str(error)
                continue
            if answer.status == 200:
                return answer.content
            reason = f"status {answer.status}"
            if answer.status not in RETRYABLE_STATUS_CODES:
                break
    finally:
        connection.close()
    raise SourceUnavailableError(f"{url} can't be fetched: {reason}")


def _converted(category: str, content: bytes) -> FileConversion:
    try:
        if category == Category.text_generation:
            return convert_db_json(content)
        return convert_legacy_file(category, content)
    except InvalidRecordError as error:
        raise SourceUnavailableError(str(error)) from error


@contextmanager
def _naming(url: str) -> "Generator[None]":
    try:
        yield
    except SourceUnavailableError as error:
        raise SourceUnavailableError(f"{url}: {error}") from error
