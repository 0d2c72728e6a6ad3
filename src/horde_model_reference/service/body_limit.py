"""No request body may be larger than this registry accepts; nothing else is asked before that."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from horde_model_reference.service.errors import error_answer

_PATIENCE_SECONDS: Final = 5
_MOST_THROWN_AWAY_BYTES: Final = 64 * 1024 * 1024


class _BodyTooLargeError(Exception):
    """Stops whoever reads a body that goes on beyond the limit."""


class BodyLimit:
    """Answers 413 to larger bodies: by their declared length at once, else when they pass the limit.

    ``answer`` makes the answer of the request, a status and a text; without it, the envelope of the API.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int,
        answer: Callable[[Scope, int, str], Response] = lambda _scope, status, detail: error_answer(
            status, detail
        ),
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request whose body is not too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _declared_bytes(scope) > self._max_bytes:
            await self._refuse(scope, receive, send, has_more=True)
        else:
            await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0
        has_more = True
        has_begun = False

        async def counting_receive() -> Message:
            nonlocal received, has_more
            message = await receive()
            has_more = message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise _BodyTooLargeError
            return message

        async def noting_send(message: Message) -> None:
            nonlocal has_begun
            # Whatever the application makes of the broken body is not the answer.
            if received <= self._max_bytes or has_begun:
                has_begun = True
                await send(message)

        try:
            await self._app(scope, counting_receive, noting_send)
        except _BodyTooLargeError:
            if has_begun:
                raise
        if received > self._max_bytes and not has_begun:
            await self._refuse(scope, receive, send, has_more=has_more)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, *, has_more: bool) -> None:
        detail = f"The body has more than the {self._max_bytes} bytes that are accepted."
        # The rest of the body is still on its way, so the connection can't serve another request.
        answer = self._answer(scope, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
        answer.headers["connection"] = "close"
        await send(
            {"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers}
        )
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        if has_more:
            await _throw_away(receive)
        await send({"type": "http.response.body", "body": b""})


async def _throw_away(receive: Receive) -> None:
    """Take what still comes of a body, for a while: closed at once, the connection would lose the answer.

    Most clients send all of a body before they look at the answer, and a system whose bytes are not wanted
    throws away what it has received itself.
    """
    thrown_away = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while thrown_away < _MOST_THROWN_AWAY_BYTES:
                message = await receive()
                thrown_away += len(message.get("body", b""))
                if not message.get("more_body", False):
                    break


def _declared_bytes(scope: Scope) -> int:
    declared = dict(scope["headers"]).get(b"content-length", b"")
    return int(declared) if declared.isdigit() else 0
