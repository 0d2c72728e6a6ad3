"""HTTP for files and their mirrors: one connection pool, answers as streams, and no address in any log."""

import logging
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    import httpx

TIMEOUT_SECONDS: Final = 20.0

_LIBRARY_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")


class TransferError(Exception):
    """A file or answer did not arrive; the text holds no address, since addresses hold tokens."""


class TransferInterruptedError(TransferError):
    """Trying again later may help."""


class TransferRefusedError(TransferError):
    """Trying again gives the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response whose body has not been read."""

    status: int
    headers: Mapping[str, str]
    """Found under any case of their names."""
    chunks: Iterator[bytes]
    """The body as it arrives, decoded; may raise TransferInterruptedError."""

    @property
    def is_encoded(self) -> bool:
        """Whether the body was compressed for its way, so that lengths in the headers mean something else."""
        return self.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}

    def read(self, *, at_most_bytes: int) -> bytes:
        """Return the body; raise TransferRefusedError where it is longer than allowed."""
        body = bytearray()
        for chunk in self.chunks:
            body += chunk
            if len(body) > at_most_bytes:
                raise TransferRefusedError(f"the answer is longer than {at_most_bytes} bytes")
        return bytes(body)


class _Silence(logging.Filter):
    """Drops what a library logs from threads that are inside a request: it writes whole addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        return threading.get_ident() not in self.threads


class HttpClient:
    """Sends requests, from any thread, while it is entered. Proxies come from the environment."""

    def __init__(
        self, *, timeout_seconds: float = TIMEOUT_SECONDS, client: "httpx.Client | None" = None
    ) -> None:
        """Prepare a client.

        Args:
            timeout_seconds: Longest wait for a connection, and between two pieces of a body.
            client: An open client to use, which stays open; None opens one.
        """
        self._timeout_seconds = timeout_seconds
        self._given = client
        self._client: httpx.Client | None = None
        self._silence = _Silence()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        import httpx  # noqa: PLC0415 - programs that only look at files must not pay for loading it

        self._client = self._given or self._open.enter_context(httpx.Client(timeout=self._timeout_seconds))
        for name in _LIBRARY_LOGGERS:
            logger = logging.getLogger(name)
            logger.addFilter(self._silence)
            self._open.callback(logger.removeFilter, self._silence)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @contextmanager
    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        follow_redirects: bool = False,
    ) -> Generator[Answer]:
        """Send a request and hand out the answer as soon as its headers are there.

        Raises:
            TransferInterruptedError: No answer, or the connection broke.
            TransferRefusedError: The address or a header is not one that can be sent.
        """
        if self._client is None:
            raise RuntimeError("the client is not entered")
        with ExitStack() as stack:
            stack.enter_context(self._silenced())
            with _translated():
                response = stack.enter_context(
                    self._client.stream(
                        method,
                        url,
                        # Lengths and ranges count the bytes of the file only if nothing is compressed.
                        headers={"Accept-Encoding": "identity"} | dict(headers or {}),
                        follow_redirects=follow_redirects,
                        timeout=self._timeout_seconds,
                    )
                )
            yield Answer(status=response.status_code, headers=response.headers, chunks=_body_of(response))

    @contextmanager
    def _silenced(self) -> Generator[None]:
        thread = threading.get_ident()
        self._silence.threads.add(thread)
        try:
            yield
        finally:
            self._silence.threads.discard(thread)


def _body_of(response: "httpx.Response") -> Iterator[bytes]:
    with _translated():
        yield from response.iter_bytes()


@contextmanager
def _translated() -> Generator[None]:
    # The errors of the library name the address; without them as cause no traceback shows it.
    import httpx  # noqa: PLC0415 - programs that only look at files do without

    try:
        yield
    except (
        httpx.UnsupportedProtocol,
        httpx.InvalidURL,
        httpx.LocalProtocolError,
        httpx.TooManyRedirects,
    ) as error:
        raise TransferRefusedError(type(error).__name__) from None
    except httpx.HTTPError as error:
        raise TransferInterruptedError(type(error).__name__) from None
    except UnicodeEncodeError:
        raise TransferRefusedError("a header holds characters that can't be sent") from None
    except UnicodeError:
        raise TransferRefusedError("no host can have the name in the address") from None
