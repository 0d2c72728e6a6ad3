"""Connections that a closed HTTP client does not know of."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


@contextmanager
def closed_with_client(client: "httpx.Client", response: "httpx.Response") -> Generator[None]:
    """Close the connection of a response at the end, where its client is closed by then.

    A client that is closed by another thread forgets the connections that are being set up: the answer comes
    in all the same, and nobody else would ever close them.
    """
    try:
        yield
    finally:
        stream = response.extensions.get("network_stream")
        if client.is_closed and stream is not None:
            stream.close()
