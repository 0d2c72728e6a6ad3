"""Asking whether files and pages are there, how large they are and what sum their host tells of them."""

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.review.file_findings import AddressFinding
from horde_model_reference.sources.address_guard import Resolve, resolve, target_of

if TYPE_CHECKING:
    import httpx

_MOST_REDIRECTS: Final = 5
_MOST_AT_ONCE: Final = 4
_MOST_UNDER_WAY: Final = 128
_MOST_REMEMBERED: Final = 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEAD_REFUSALS: Final = frozenset({400, 403, 404, 405, 501})
"""What hosts answer to HEAD that would have answered to GET."""
_SHA256_TAG: Final = re.compile(r'(?:W/)?"?([0-9a-f]{64})"?')


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRules:
    """How addresses are asked."""

    timeout_seconds: float = 8
    """For one address, all redirects included."""
    known_seconds: float = 600
    """How long an answer is used again."""
    allow_private: bool = False
    """Whether addresses within our own network are asked."""


class AddressProber:
    """Asks addresses, a few at a time, and remembers what they answered; safe to use from several threads."""

    def __init__(
        self,
        rules: ProbeRules | None = None,
        *,
        resolve: Resolve = resolve,
        clock: Callable[[], float] = time.time,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        """Open nothing yet."""
        self._rules = rules or ProbeRules()
        self._resolve = resolve
        self._clock = clock
        self._transport = transport
        self._lock = threading.Lock()
        self._known: dict[str, AddressFinding] = {}
        self._under_way: dict[str, Future[AddressFinding]] = {}
        self._pool: ThreadPoolExecutor | None = None

    def known(self, urls: Iterable[str]) -> dict[str, AddressFinding]:
        """Return what was found out lately, by address; nothing is asked."""
        oldest = self._clock() - self._rules.known_seconds
        with self._lock:
            found = {url: self._known[url] for url in urls if url in self._known}
        return {url: finding for url, finding in found.items() if finding.found_at >= oldest}

    def ask(self, urls: Iterable[str]) -> list[Future[AddressFinding]]:
        """Begin to ask the addresses that nothing is known of; what would have to wait long is left out."""
        wanted = list(dict.fromkeys(urls))
        known = self.known(wanted)
        asking = (self._ask(url) for url in wanted if url not in known)
        return [each for each in asking if each is not None]

    def close(self) -> None:
        """Ask nothing more; what is under way ends by its own time limit."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, url: str) -> Future[AddressFinding] | None:
        with self._lock:
            if url in self._under_way:
                return self._under_way[url]
            if len(self._under_way) >= _MOST_UNDER_WAY:
                return None
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="ask-address")
            future = self._under_way[url] = self._pool.submit(self._run, url)
        return future

    def _run(self, url: str) -> AddressFinding:
        finding = AddressFinding(url=url, trouble="it could not be asked", found_at=int(self._clock()))
        try:
            finding = self._finding(url)
        finally:
            with self._lock:
                self._under_way.pop(url, None)
                self._known.pop(url, None)
                self._known[url] = finding
                while len(self._known) > _MOST_REMEMBERED:
                    del self._known[next(iter(self._known))]
        return finding

    def _finding(self, url: str) -> AddressFinding:
        now = int(self._clock())
        try:
            seen = asyncio.run(self._in_time(url))
        except SourceUnavailableError as error:
            return AddressFinding(url=url, trouble=str(error), found_at=now)
        return AddressFinding(
            url=url,
            status=seen.status,
            size_bytes=seen.size_bytes,
            sha256=seen.sha256,
            found_at=now,
        )

    async def _in_time(self, url: str) -> "_Seen":
        """Ask an address within the time for one, also where its host sends a byte now and then."""
        try:
            async with asyncio.timeout(self._rules.timeout_seconds):
                return await self._followed(url)
        except TimeoutError as error:
            raise SourceUnavailableError("it did not answer in time") from error

    async def _followed(self, url: str) -> "_Seen":
        """Follow redirects to their end, looking at each address before it is asked."""
        import httpx  # noqa: PLC0415 - a registry that nobody reviews goes without

        sha256 = None
        # Not a client that stays: of each host a file or two is asked for, and the next time is minutes away.
        async with httpx.AsyncClient(
            headers={"accept-encoding": "identity"},
            timeout=self._rules.timeout_seconds,
            transport=self._transport,
        ) as client:
            for _ in range(_MOST_REDIRECTS + 1):
                seen, location = await self._asked(client, url)
                sha256 = sha256 or seen.sha256
                if location is None:
                    return _Seen(status=seen.status, size_bytes=seen.size_bytes, sha256=sha256)
                url = str(httpx.URL(url).join(location))
        raise SourceUnavailableError(f"it redirects more than {_MOST_REDIRECTS} times")

    async def _asked(self, client: "httpx.AsyncClient", url: str) -> tuple["_Seen", str | None]:
        import httpx  # noqa: PLC0415 - a registry that nobody reviews goes without

        target = target_of(url, allow_private=self._rules.allow_private, resolve=self._resolve)
        try:
            for method, headers in (("HEAD", {}), ("GET", {"range": "bytes=0-0"})):
                request = client.build_request(
                    method,
                    target.url,
                    headers={"host": target.host_header, "user-agent": "horde-model-reference", **headers},
                    extensions={"sni_hostname": target.host},
                )
                response = await client.send(request, stream=True)
                await response.aclose()
                if method == "GET" or response.status_code not in _HEAD_REFUSALS:
                    return _seen(response.status_code, response.headers)
        except httpx.TimeoutException as error:
            raise TimeoutError from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise SourceUnavailableError(f"it can't be reached ({type(error).__name__})") from error
        raise AssertionError("unreachable")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    status: int
    size_bytes: int | None
    sha256: str | None


def _seen(status: int, headers: Mapping[str, str]) -> tuple[_Seen, str | None]:
    location = headers.get("location") if status in _REDIRECTS else None
    # Hugging Face tells the sum and the size of a large file with the redirect to it.
    tag = _SHA256_TAG.fullmatch(headers.get("x-linked-etag", ""))
    seen = _Seen(
        status=200 if status == 206 else status,
        size_bytes=_size(status, headers),
        sha256=None if tag is None else tag[1],
    )
    return seen, location


def _size(status: int, headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "")
    if status == 206:
        text = headers.get("content-range", "").rpartition("/")[2]
    return int(text) if text.isdecimal() and len(text) < 19 else None
