"""Reading pieces of a file on disk or on a server (spec 30 §11)."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from horde_model_reference.client.http_client import HttpClient, TransferError

if TYPE_CHECKING:
    import httpx

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


class RangeNotSupportedError(RuntimeError):
    """A server sends whole files only, so that a small piece would cost all of it."""


class RegionReader(Protocol):
    """Gives pieces of something that holds bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from an offset on, fewer than asked for only at the end.

        Raises:
            OSError: They can't be read.
        """
        ...


class LocalFileRegionReader:
    """Pieces of a file on disk, open while the reader is entered."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a file; raise OSError where that can't be done."""
        self._file = Path(path).open("rb")  # noqa: SIM115 - closed with the reader

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from an offset on, fewer than asked for only at the end."""
        self._file.seek(offset)
        return self._file.read(length)


class HttpRangeRegionReader:
    """Pieces of a file on a server, one request for each; only the pieces travel."""

    def __init__(self, url: str, session: "httpx.Client | None" = None, *, timeout: float = 30.0) -> None:
        """Prepare a reader; nothing is sent before the first piece.

        Args:
            url: Where the file is.
            session: An open client to use, which stays open; None opens one.
            timeout: Longest wait for the server, in seconds.
        """
        self._url = url
        self._client = HttpClient(timeout_seconds=timeout, client=session)
        self._is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that this reader opened."""
        if self._is_open:
            self._client.__exit__()
            self._is_open = False

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes from an offset on, fewer than asked for only at the end.

        Raises:
            RangeNotSupportedError: The server does not send pieces.
            OSError: It can't be reached or refuses.
        """
        if length <= 0:
            return b""
        if not self._is_open:
            self._client.__enter__()
            self._is_open = True
        try:
            return self._ask(offset, length)
        except TransferError as error:
            raise OSError(f"a piece of a remote file did not arrive: {error}") from error

    def _ask(self, offset: int, length: int) -> bytes:
        wanted = {"Range": f"bytes={offset}-{offset + length - 1}"}
        with self._client.send("GET", self._url, headers=wanted, follow_redirects=True) as answer:
            if answer.status == 416:
                return b""
            if answer.status >= 400:
                raise OSError(f"the server answered {answer.status} to a request for a piece")
            found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
            if answer.status != 206 or answer.is_encoded or found is None or int(found[1]) != offset:
                raise RangeNotSupportedError("the server does not send pieces of the file")
            return answer.read(at_most_bytes=length)
