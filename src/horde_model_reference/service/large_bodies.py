"""Large bodies go out in pieces, so that the event loop serves others in between.

One write to a socket goes on for as long as the receiver keeps up: 100 MB in one write would stop all other
connections for tens of milliseconds.
"""

import asyncio
from collections.abc import Mapping, Sequence

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

LARGE_BODY_BYTES = 2 * 1024 * 1024
"""What is not larger goes out in one write, which takes less than a millisecond."""
PIECE_BYTES = 128 * 1024
BYTES_BETWEEN_RESTS = 512 * 1024
"""After so many bytes the next piece waits for a moment, however quick the receiver is."""
REST_SECONDS = 0.001
"""With this, one download takes half a gigabyte a second at most, and a third of the processor.

Without it, three quarters: what the system copies for one large body it can't do for many small ones.
"""


class _Pace:
    """Lets others be served between the pieces of one body."""

    def __init__(self) -> None:
        self._since_rest_bytes = 0

    async def after(self, sent_bytes: int) -> None:
        """Wait as long as a piece of that size asks for; the send waits only for slower receivers."""
        self._since_rest_bytes += sent_bytes
        rests = self._since_rest_bytes >= BYTES_BETWEEN_RESTS
        if rests:
            self._since_rest_bytes = 0
        await asyncio.sleep(REST_SECONDS if rests else 0)


def in_pieces(send: Send) -> Send:
    """Return a send that cuts large bodies; the pieces are views, not copies."""

    async def send_in_pieces(message: Message) -> None:
        if message["type"] != "http.response.body" or len(message.get("body", b"")) <= LARGE_BODY_BYTES:
            await send(message)
            return
        body = memoryview(message["body"])
        last_begin = (len(body) - 1) // PIECE_BYTES * PIECE_BYTES
        pace = _Pace()
        for begin in range(0, last_begin, PIECE_BYTES):
            await send(
                {"type": message["type"], "body": body[begin : begin + PIECE_BYTES], "more_body": True}
            )
            await pace.after(PIECE_BYTES)
        await send({**message, "body": body[last_begin:]})

    return send_in_pieces


class PartsResponse(Response):
    """An answer whose body lies in several parts, which are sent one by one and never joined."""

    def __init__(self, parts: Sequence[bytes], *, headers: Mapping[str, str], media_type: str) -> None:
        length = {"content-length": str(sum(map(len, parts)))}
        super().__init__(headers={**headers, **length}, media_type=media_type)
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts; others are served in between."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        pace = _Pace()
        for part in self._parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
            await pace.after(len(part))
        await send({"type": "http.response.body", "body": b""})
