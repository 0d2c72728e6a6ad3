"""A connection of uvicorn's, with what it leaves open: how long it waits, and what is no request."""

import asyncio
from typing import Any, cast

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

_MOST_HEAD_BYTES = 64 * 1024
"""Beyond these the parser is given no more: it would take ever longer over a head without an end."""


class CarefulProtocol(HttpToolsProtocol):
    """One connection, which ends where a client is silent too long or sends what is no request.

    uvicorn waits for ever for the first request and for the rest of one that has begun, so anybody could hold
    all connections that the system gives. Here a head has to be whole, and each piece of a body has to come,
    within the keep-alive time.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_inside_message = False
        self._answers_due = 0
        self._has_moved_on = False
        self._head_bytes = 0
        self._waiting_since = 0.0
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._waiting_since = self.loop.time()
        self._look_again(self.timeout_keep_alive)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand the bytes to the parser, as long as they get it anywhere."""
        self._has_moved_on = False
        super().data_received(data)
        self._refuse_endless_head(len(data))

    def timeout_keep_alive_handler(self) -> None:
        """Do nothing: uvicorn's own timer knows only of requests that went through its parser."""

    def send_400_response(self, msg: str) -> None:
        """Say why the connection ends, where that can't be taken for the answer to another request."""
        if not self._is_listened_to():
            self.transport.close()
            return
        body = orjson.dumps({"detail": msg})
        headers = (
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"connection", b"close"),
        )
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(b"".join((STATUS_LINE[400], lines, b"\r\n", body)))
        self.transport.close()

    def on_message_begin(self) -> None:
        """Note that the connection is in use."""
        self._is_inside_message = self._has_moved_on = True
        self._answers_due += 1
        self._waiting_since = self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the head is whole."""
        self._has_moved_on = True
        self._waiting_since = self.loop.time()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Note that the body goes on."""
        self._has_moved_on = True
        self._waiting_since = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the next byte begins another message."""
        self._is_inside_message = False
        self._has_moved_on = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Note that this answer is out."""
        self._answers_due -= 1
        self._waiting_since = self.loop.time()
        super().on_response_complete()

    def _is_listened_to(self) -> bool:
        """Tell whether whoever sent what is no request waits for the answer to that alone."""
        cycle = cast(RequestResponseCycle | None, self.cycle)  # there is none before the first request
        has_begun = cycle is not None and cycle.response_started and not cycle.response_complete
        return self._answers_due == self._is_inside_message and not has_begun

    def _refuse_endless_head(self, received_bytes: int) -> None:
        """End the connection where header lines, or those that may follow a body, come without an end."""
        self._head_bytes = 0 if self._has_moved_on else self._head_bytes + received_bytes
        if self._head_bytes > _MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def _end_silence(self) -> None:
        """Close the connection if the client has owed us something for too long; else look again later."""
        is_waited_for = self._is_inside_message or self._answers_due == 0
        waited_seconds = self.loop.time() - self._waiting_since if is_waited_for else 0.0
        remaining_seconds = self.timeout_keep_alive - waited_seconds
        if remaining_seconds > 0:
            self._look_again(remaining_seconds)
        elif not self.transport.is_closing():
            self.transport.close()

    def _look_again(self, seconds: float) -> None:
        # One timer a connection: setting one for each request would cost more than many an answer.
        self._watch = self.loop.call_later(seconds, self._end_silence)
