"""How people outside address this registry, for the answers that hold more than a path."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_RECEIVED_HOST: Final = "horde_model_reference.received_host"


class PublicAddress:
    """Has a request look as if it had come to the public address, whatever ``Host`` and scheme it names.

    So every address that an answer holds begins with that. Where no public address is known, addresses follow
    ``Host``, and those answers vary by it: a cache that keeps one copy for all hosts would hand out to
    everybody what somebody wrote there.
    """

    def __init__(self, app: ASGIApp, *, url: str | None) -> None:
        self._app = app
        self._url = urlsplit(url) if url is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under the public address."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._url is None:
            await self._app(scope, receive, _varying_where_redirected(send))
        else:
            headers = scope["headers"]
            received = next((value for name, value in headers if name == b"host"), b"")
            others = [header for header in headers if header[0] != b"host"]
            public = {
                "scheme": self._url.scheme,
                "headers": [(b"host", self._url.netloc.encode()), *others],
                _RECEIVED_HOST: received.decode("latin-1"),
            }
            await self._app({**scope, **public}, receive, send)


def base_address(request: Request) -> str:
    """Return the address of the start page without its slash."""
    return str(request.base_url).rstrip("/")


def hosts_of(request: Request) -> frozenset[str]:
    """Return the names, in lower case and with their port, under which a request reached this registry."""
    received = request.scope.get(_RECEIVED_HOST, "")
    return frozenset(host.lower() for host in (request.headers.get("host", ""), received) if host)


def vary_by_host(request: Request, response: Response) -> None:
    """Tell caches that an answer holds `base_address`, where that follows the request."""
    if _RECEIVED_HOST not in request.scope:
        response.headers.add_vary_header("Host")


def _varying_where_redirected(send: Send) -> Send:
    async def varying_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if "://" in headers.get("location", ""):
                headers.add_vary_header("Host")
        await send(message)

    return varying_send
