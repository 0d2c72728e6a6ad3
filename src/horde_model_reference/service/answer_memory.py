"""Answers that the service gave and may give again, kept by the exact bytes of their request.

The key holds the request line and every request header, so negotiation, conditional requests and CORS need
no rules here: another header is another key.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from horde_model_reference.service.access_log import client_text
from horde_model_reference.service.large_bodies import LARGE_BODY_BYTES, in_pieces

OFFER_EXTENSION = "horde_model_reference.answer_offer"

# These belong to one connection or one moment, or are written by the server itself.
_UNREPEATABLE_HEADERS = frozenset({b"connection", b"date", b"set-cookie", b"transfer-encoding", b"upgrade"})
_BODILESS_STATUSES = frozenset({204, 304})


@dataclass(slots=True, kw_only=True)
class AnswerOffer:
    """The offer to keep the answer to one request; the endpoint takes it with `remember_answer`."""

    key: bytes
    """The request as it came: one whole head, at most a few KiB."""
    generation: int
    """How often the memory had forgotten all when the request came."""
    peer: tuple[str, int] | None
    """Address and port of the other end of the connection."""
    is_bound_to_peer: bool
    """True where a header of the request counts only when a trusted proxy sent it."""
    is_confirmed: bool = False
    """True once the parser has said that ``key`` is one request and nothing else."""
    is_taken: bool = False
    body_is_shared: bool = False
    for_seconds: float | None = None
    """How long the answer holds; None while the data is the same."""


@dataclass(slots=True, kw_only=True)
class RememberedAnswer:
    """One answer, and what was last made of it to send."""

    target: bytes
    """The request target as it came."""
    status: int
    header_lines: bytes
    """The application's headers, each with its line end; the server adds its own."""
    body: bytes
    cost_bytes: int
    client: str | None
    """Who asked, as a trusted proxy said; None where that is the other end of the connection."""
    peer_host: str | None
    """The only address that may get this answer, or None for all."""
    stamp: object = None
    """What ``head`` and ``described`` were made for; they are made again when it has changed."""
    head: bytes = b""
    """What is sent before the body."""
    described: str = ""
    """What the access log says of each such request."""


class AnswerMemory:
    """A bounded memory of answers; the oldest go first.

    `forget_all` may be called from any thread. Call it when new data is in place: it also keeps out the
    answers that were begun before and end after, so that old data can't come back.
    """

    def __init__(self, *, max_entries: int = 4096, max_bytes: int = 32 * 1024 * 1024) -> None:
        """Bound the number of answers, and the bytes that only this memory holds (shared bodies aren't)."""
        self._answers: dict[bytes, RememberedAnswer] = {}
        # The lane asks for every request: the dict's own method saves it a call.
        self.find: Callable[[bytes], RememberedAnswer | None] = self._answers.get
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._held_bytes = 0
        self._generation = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def held_bytes(self) -> int:
        """The bytes that only this memory holds."""
        return self._held_bytes

    def offer(self, key: bytes, *, peer: tuple[str, int] | None, is_bound_to_peer: bool) -> AnswerOffer:
        """Return an offer to keep the answer to the request ``key``; good until all is forgotten."""
        return AnswerOffer(key=key, generation=self._generation, peer=peer, is_bound_to_peer=is_bound_to_peer)

    def keep(self, offer: AnswerOffer, answer: RememberedAnswer) -> bool:
        """Keep an answer for the request of ``offer``; False where it came too late or is too large."""
        with self._lock:
            if offer.generation != self._generation or answer.cost_bytes > self._max_bytes:
                return False
            self._drop(offer.key)
            self._answers[offer.key] = answer
            self._held_bytes += answer.cost_bytes
            while len(self._answers) > self._max_entries or self._held_bytes > self._max_bytes:
                self._drop(next(iter(self._answers)))
            return True

    def forget(self, key: bytes, answer: RememberedAnswer) -> None:
        """Forget one answer, unless another has taken its place."""
        with self._lock:
            if self._answers.get(key) is answer:
                self._drop(key)

    def forget_all(self) -> None:
        """Forget every answer, and those that are being made."""
        with self._lock:
            self._generation += 1
            self._answers.clear()
            self._held_bytes = 0

    def _drop(self, key: bytes) -> None:
        gone = self._answers.pop(key, None)
        if gone is not None:
            self._held_bytes -= gone.cost_bytes


def remember_answer(scope: Scope, *, body_is_shared: bool = False, for_seconds: float | None = None) -> None:
    """Say from an endpoint that this answer holds for equal requests until the data changes.

    That means it depends on the request line, the headers and the catalog, and on nothing else: not on the
    time, the client's address or a random number; where time has a part in it, ``for_seconds`` says how long
    it may be given again. ``body_is_shared`` says that the body object is kept elsewhere anyway, so that
    keeping it takes no memory. Without the fast lane nothing happens.
    """
    offer = _offer_in(scope)
    if offer is not None:
        offer.is_taken = True
        offer.body_is_shared = body_is_shared
        offer.for_seconds = for_seconds


class RememberedAnswers:
    """ASGI middleware, the outermost: hands the answers that endpoints marked to the memory.

    Large bodies are sent in pieces (`large_bodies`) and not kept: what takes time is sending them.
    """

    def __init__(self, app: ASGIApp, *, memory: AnswerMemory) -> None:
        self._app = app
        self._memory = memory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; keep what is sent in answer to it where the endpoint took the offer."""
        offer = _offer_in(scope)
        whole_send = in_pieces(send)
        if offer is None:
            await self._app(scope, receive, whole_send)
            return
        start: Message = {}

        async def send_and_keep(message: Message) -> None:
            nonlocal start
            # The server refuses a faulty message here, so what is kept below is what it sent.
            await whole_send(message)
            if message["type"] == "http.response.start":
                start = message
            elif offer.is_taken and offer.is_confirmed:
                self._keep(offer, scope, start, message)

        await self._app(scope, receive, send_and_keep)

    def _keep(self, offer: AnswerOffer, scope: Scope, start: Message, message: Message) -> None:
        # A body in several pieces is not kept: the first piece ends the offer.
        offer.is_taken = False
        headers = [(name.lower(), value) for name, value in start.get("headers", ())]
        body = message.get("body", b"")
        if message.get("more_body", False) or not _is_repeatable(start["status"], headers, body):
            return
        header_lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        own_body_bytes = 0 if offer.body_is_shared else len(body)
        answer = RememberedAnswer(
            target=offer.key.split(b" ", 2)[1],
            status=start["status"],
            header_lines=header_lines,
            body=body,
            cost_bytes=len(offer.key) + 2 * len(header_lines) + own_body_bytes,
            client=_client_behind_proxy(scope, offer),
            peer_host=offer.peer[0] if offer.is_bound_to_peer and offer.peer is not None else None,
        )
        if self._memory.keep(offer, answer) and offer.for_seconds is not None:
            # A timer, so that those who find an answer need not look at a clock.
            asyncio.get_running_loop().call_later(offer.for_seconds, self._memory.forget, offer.key, answer)


def _offer_in(scope: Scope) -> AnswerOffer | None:
    extension = scope.get("extensions", {}).get(OFFER_EXTENSION)
    return None if extension is None else cast(AnswerOffer, extension["offer"])


def _is_repeatable(status: int, headers: Iterable[tuple[bytes, bytes]], body: object) -> bool:
    fields = dict(headers)
    if (
        not isinstance(body, bytes)
        or len(body) > LARGE_BODY_BYTES
        or not _UNREPEATABLE_HEADERS.isdisjoint(fields)
    ):
        return False
    if status in _BODILESS_STATUSES:
        return not body
    return fields.get(b"content-length") == str(len(body)).encode()


def _client_behind_proxy(scope: Scope, offer: AnswerOffer) -> str | None:
    client = scope.get("client")
    return None if client is None or client == offer.peer else client_text(client)
