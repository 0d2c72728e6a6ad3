"""Refusing requests that don't say clearly what they are for."""

from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from horde_model_reference.service.errors import error_answer

_WITHOUT_HOST: Final = frozenset({"0.9", "1.0"})
"""Versions of HTTP that are older than the header."""


class WellAddressed:
    """Refuses a request for no host or several (RFC 9112 §3.2), or for a path that ends with a line break.

    Two servers could take different ones of several hosts for the one that is meant. Patterns of routes
    overlook a line break at the end, so it would lead to what has the name without it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is addressed well."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hosts = sum(name == b"host" for name, _ in scope["headers"])
        if hosts > 1 or (hosts == 0 and scope["http_version"] not in _WITHOUT_HOST):
            answer = error_answer(HTTPStatus.BAD_REQUEST, "A request names one host.", connection="close")
        elif scope["path"].endswith("\n"):
            answer = error_answer(HTTPStatus.NOT_FOUND, "Not Found")
        else:
            await self._app(scope, receive, send)
            return
        await answer(scope, receive, send)
