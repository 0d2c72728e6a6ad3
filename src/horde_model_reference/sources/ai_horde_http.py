"""Requests to the AI-Horde: bounded in time and size, tried again where that may help (spec 13)."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.sources.forgotten_connections import closed_with_client

if TYPE_CHECKING:
    import httpx

_MAX_CONNECTIONS = 96
"""More than there are look-ups and fetches at once, so that none waits for a hanging one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that was read to its end."""

    status: int
    content: bytes


class AIHordeUnreachableError(SourceUnavailableError):
    """No answer came: no connection, a time-out, a broken or an endless answer."""


class AIHordeTimeoutError(AIHordeUnreachableError):
    """No answer came in time."""


class AIHordeRefusedError(SourceUnavailableError):
    """The AI-Horde answered with a status that says no."""


class ClosedError(SourceUnavailableError):
    """The program is ending; nothing is asked any more."""


class AIHordeHttp:
    """A pooled connection to the API; safe to use from several threads. Close it when the program ends."""

    def __init__(
        self,
        base_url: str,
        *,
        client_agent: str,
        max_body_bytes: int = 16 * 1024 * 1024,
        clock: Callable[[], float] = time.monotonic,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        """Open nothing yet; ``client_agent`` names this program as ``name:version:contact``."""
        self._base_url = f"{base_url.rstrip('/')}/v2"
        self._max_body_bytes = max_body_bytes
        self._clock = clock
        self._closing = threading.Event()
        self._client_agent = client_agent
        self._transport = transport
        self._opening = threading.Lock()
        self._opened: httpx.Client | None = None

    def close(self) -> None:
        """Close the connections, and end what waits to try again."""
        self._closing.set()
        with self._opening:
            if self._opened is not None:
                self._opened.close()

    @property
    def _client(self) -> "httpx.Client":
        """The pool, made at the first request: httpx and the certificates take time and memory to load."""
        import httpx  # noqa: PLC0415 - a registry that nobody asks about live data goes without

        with self._opening:
            if self._opened is None:
                self._opened = httpx.Client(
                    headers={
                        "Client-Agent": self._client_agent,
                        "User-Agent": self._client_agent.replace(":", "/", 1),
                    },
                    limits=httpx.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=8),
                    transport=self._transport,
                )
            return self._opened

    def pause(self, seconds: float) -> None:
        """Wait, unless the connections are closed meanwhile."""
        self._closing.wait(seconds)

    def get(
        self,
        path: str,
        *,
        timeout_seconds: float,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and read the answer, all within the time.

        Raises:
            AIHordeUnreachableError: No complete answer came.
            ClosedError: The connections have been closed.
        """
        if self._closing.is_set():
            raise ClosedError("the connections to the AI-Horde are closed")
        import httpx  # noqa: PLC0415 - a registry that nobody asks about live data goes without

        deadline = self._clock() + timeout_seconds
        url = f"{self._base_url}/{path}"
        try:
            with (
                self._client.stream(
                    "GET", url, params=query, headers=headers, timeout=timeout_seconds
                ) as response,
                closed_with_client(self._client, response),
            ):
                return Answer(status=response.status_code, content=self._read(response, deadline))
        except httpx.TimeoutException as error:
            raise AIHordeTimeoutError(f"{url} did not answer within {timeout_seconds:g} s") from error
        # A client that is closed meanwhile raises RuntimeError; an address that is none one of the last two.
        except (httpx.HTTPError, RuntimeError, httpx.InvalidURL, UnicodeError) as error:
            raise AIHordeUnreachableError(f"{url}: {str(error) or type(error).__name__}") from error

    def _read(self, response: "httpx.Response", deadline: float) -> bytes:
        content = bytearray()
        for piece in response.iter_bytes():
            content += piece
            if len(content) > self._max_body_bytes:
                raise AIHordeUnreachableError(f"{response.url.path} answers with more than is reasonable")
            if self._clock() > deadline:
                raise AIHordeTimeoutError(f"{response.url.path} did not end its answer in time")
        return bytes(content)


class RetryingGet:
    """Asks for data, again after a pause where the cause may have passed."""

    def __init__(
        self,
        http: AIHordeHttp,
        *,
        timeout_seconds: float = 30,
        attempts: int = 3,
        pause_seconds: float = 1,
    ) -> None:
        self._http = http
        self._timeout_seconds = timeout_seconds
        self._attempts = attempts
        self._pause_seconds = pause_seconds

    def get(self, path: str, query: Mapping[str, str]) -> bytes:
        """Return the body of an answer with a status of 200 to 299.

        Raises:
            SourceUnavailableError: There is none, after all attempts.
        """
        for attempt in range(1, self._attempts + 1):
            try:
                return self._once(path, query)
            except AIHordeUnreachableError:
                if attempt == self._attempts:
                    raise
            self._http.pause(self._pause_seconds)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, path: str, query: Mapping[str, str]) -> bytes:
        answer = self._http.get(path, timeout_seconds=self._timeout_seconds, query=query)
        if 200 <= answer.status < 300:
            return answer.content
        message = f"the AI-Horde answered {answer.status} to {path}"
        if answer.status >= 500 or answer.status == 429:
            raise AIHordeUnreachableError(message)
        raise AIHordeRefusedError(message)
