"""The fast lane: hot GET requests are answered from memory, before the HTTP parser and the application.

A request takes the lane when its bytes equal those of an earlier request whose answer the application marked
(`answer_memory.remember_answer`), and when nothing else is going on on the connection. All other requests go
the ordinary way, and so do the rules for them: pipelining, bodies, upgrades, closing.
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from horde_model_reference.service.access_log import AccessLog
from horde_model_reference.service.answer_memory import (
    OFFER_EXTENSION,
    AnswerMemory,
    AnswerOffer,
    RememberedAnswer,
)
from horde_model_reference.service.http_protocol import CarefulProtocol

MAX_HEAD_BYTES = 4096
"""A longer request head is never remembered."""

# Nothing that lets somebody in is kept longer than its request.
_SECRET_HEADERS = frozenset({b"apikey", b"authorization", b"cookie", b"proxy-authorization"})
_PROXY_HEADERS = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})


def fast_lane_protocol(memory: AnswerMemory, access_log: AccessLog) -> type[CarefulProtocol]:
    """Return the protocol class for ``uvicorn.Config(http=…)`` that answers from ``memory``.

    Requests in the lane are noted in ``access_log``; all others are left to the application's own logging.
    """
    parts = {"lane_memory": memory, "lane_log": access_log}
    return type("BoundFastLaneProtocol", (FastLaneProtocol,), parts)


class FastLaneProtocol(CarefulProtocol):
    """One connection. Use `fast_lane_protocol`, which binds it to a memory and a log."""

    lane_memory: ClassVar[AnswerMemory]
    lane_log: ClassVar[AccessLog]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._find = self.lane_memory.find
        self._messages_begun = 0
        self._candidate: bytes | None = None
        self._offer: AnswerOffer | None = None
        self._client_text = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Note who is at the other end."""
        super().connection_made(transport)
        if self.client is not None:
            self._client_text = f"{self.client[0]}:{self.client[1]}"

    def data_received(self, data: bytes) -> None:
        """Answer from memory, or hand the bytes to the parser."""
        if (
            len(data) <= MAX_HEAD_BYTES
            and (answer := self._find(data)) is not None
            and self._is_free_for(answer)
        ):
            self._answer(answer)
        else:
            self._parse(data)

    def on_message_begin(self) -> None:
        """Count the requests."""
        self._messages_begun += 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Offer the application to keep its answer, where the request may be answered again."""
        if self._candidate is not None and self._is_ordinary():
            names = {name for name, _ in self.headers}
            if _SECRET_HEADERS.isdisjoint(names):
                is_bound_to_peer = not _PROXY_HEADERS.isdisjoint(names)
                self._offer = self.lane_memory.offer(
                    self._candidate, peer=self.client, is_bound_to_peer=is_bound_to_peer
                )
                self.scope["extensions"] = {OFFER_EXTENSION: {"offer": self._offer}}
        super().on_headers_complete()

    def _is_free_for(self, answer: RememberedAnswer) -> bool:
        return (
            not self._is_inside_message
            and self._answers_due == 0
            # Who doesn't read gets no more to read.
            and not self.flow.write_paused
            and (answer.peer_host is None or (self.client is not None and self.client[0] == answer.peer_host))
            and (self.limit_concurrency is None or self._is_within(self.limit_concurrency))
            and not self.transport.is_closing()
        )

    def _is_within(self, limit: int) -> bool:
        return len(self.connections) < limit and len(self.tasks) < limit

    def _answer(self, answer: RememberedAnswer) -> None:
        state = self.server_state
        # uvicorn makes a new list once a second, with the Date of that second in it.
        if answer.stamp is not state.default_headers:
            self._renew(answer)
        self.transport.writelines((answer.head, answer.body))
        state.total_requests += 1
        self._waiting_since = self.loop.time()
        if self.lane_log.is_on:
            self.lane_log.note(answer.client or self._client_text, answer.described)

    def _renew(self, answer: RememberedAnswer) -> None:
        stamp = self.server_state.default_headers
        server_lines = b"".join(b"%b: %b\r\n" % header for header in stamp)
        answer.head = b"".join((STATUS_LINE[answer.status], server_lines, answer.header_lines, b"\r\n"))
        answer.described = self.lane_log.describe("GET", answer.target, answer.status, len(answer.body))
        answer.stamp = stamp

    def _parse(self, data: bytes) -> None:
        may_be_one_head = (
            data.startswith(b"GET ") and data.endswith(b"\r\n\r\n") and len(data) <= MAX_HEAD_BYTES
        )
        self._candidate = data if may_be_one_head and not self._is_inside_message else None
        begun_before = self._messages_begun
        super().data_received(data)
        if self._offer is not None:
            # Only the parser knows for sure; a body that is still to come, for example, is not in the key.
            self._offer.is_confirmed = (
                self._messages_begun == begun_before + 1 and not self._is_inside_message
            )
            self._offer = None

    def _is_ordinary(self) -> bool:
        parser = self.parser
        if parser is None:  # uvicorn lets it go with the connection
            return False
        return (
            parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and not self.expect_100_continue
        )
