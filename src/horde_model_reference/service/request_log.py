"""The access log of requests that take the ordinary way; those in the fast lane are noted there."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from horde_model_reference.service.access_log import AccessLog, client_text


class RequestLog:
    """Notes one line for every request, with the time that its answer took."""

    def __init__(self, app: ASGIApp, *, access_log: AccessLog) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note how it was answered."""
        if scope["type"] != "http" or not self._access_log.is_on:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        body_bytes = 0
        request_id: str | None = None

        async def counting_send(message: Message) -> None:
            nonlocal status, body_bytes, request_id
            if message["type"] == "http.response.start":
                status = message["status"]
                found = dict(message.get("headers", ())).get(b"x-request-id")
                request_id = found.decode("latin-1") if found else None
            else:
                body_bytes += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counting_send)
        finally:
            described = self._access_log.describe(
                scope["method"],
                _target(scope),
                status,
                body_bytes,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
                request_id=request_id,
            )
            self._access_log.note(client_text(scope.get("client")), described)


def _target(scope: Scope) -> bytes:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return path + b"?" + query if query else path
