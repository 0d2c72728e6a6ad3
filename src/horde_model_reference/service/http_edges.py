"""What HTTP asks of every route alike: the /api prefix, HEAD, OPTIONS, headers of every answer."""

from collections.abc import Callable, Iterable

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/api"
_SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-resource-policy": "cross-origin",
    # Pages have one of their own; nothing else is to be more than looked at.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


class OptionalPrefix:
    """Makes every route answer with and without /api (spec 10, Addresses)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the router which part of the path is the prefix."""
        path = scope.get("path", "")
        if scope["type"] == "http" and (path == PREFIX or path.startswith(f"{PREFIX}/")):
            scope = {**scope, "root_path": PREFIX}
        await self._app(scope, receive, send)


class EveryAnswer:
    """Adds the headers that no answer goes without."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the answer on with its headers completed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completing_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, completing_send)


def _complete(headers: MutableHeaders) -> None:
    for name, value in _SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if "set-cookie" in headers:
        headers.setdefault("cache-control", "no-store")
    if "origin" not in headers.get("vary", "").lower():
        headers.add_vary_header("Origin")


def allowed_methods(app: FastAPI) -> Callable[[Scope], Iterable[str]]:
    """Return what tells the methods that the routes of an application have for a path."""

    def methods_of_path(scope: Scope) -> Iterable[str]:
        methods = ("GET", "POST", "PUT", "DELETE", "PATCH")
        return [
            method
            for method in methods
            if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in app.router.routes)
        ]

    return methods_of_path


class HeadAndOptions:
    """Answers HEAD like GET without the body, and OPTIONS with the methods of the path."""

    def __init__(self, app: ASGIApp, *, allowed_methods: Callable[[Scope], Iterable[str]]) -> None:
        self._app = app
        self._allowed_methods = allowed_methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer OPTIONS, turn HEAD into GET, pass on the rest."""
        method = scope.get("method")
        if method == "OPTIONS":
            await self._options(scope, receive, send)
        elif method == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self._app(scope, receive, send)

    async def _options(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods = set(self._allowed_methods(scope))
        if not methods:
            await self._app(scope, receive, send)
            return
        if "GET" in methods:
            methods.add("HEAD")
        allow = ", ".join(sorted(methods | {"OPTIONS"}))
        await Response(status_code=204, headers={"allow": allow})(scope, receive, send)


def _without_body(send: Send) -> Send:
    """Leave out the body of an answer; its length stays that of the answer to GET."""

    async def bodiless_send(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return bodiless_send
