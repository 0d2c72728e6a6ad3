"""A small application that marks its answers, and a real server for it, with or without the fast lane."""

import asyncio
import io
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from horde_model_reference.service.access_log import AccessLog, AccessLogStyle
from horde_model_reference.service.answer_memory import AnswerMemory, RememberedAnswers, remember_answer
from horde_model_reference.service.fast_lane import fast_lane_protocol
from horde_model_reference.service.http_protocol import CarefulProtocol

WHOLE_BODY = b"0123456789abcdef" * 10_500
HUGE_BODY = WHOLE_BODY * 100
ETAG = '"one"'


@dataclass
class DemoApp:
    """Answers by path; ``calls`` counts what reached the application."""

    calls: int = 0
    version: int = 1
    has_begun: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.calls += 1
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path == "/unmarked":
            return Response(f"call {self.calls}")
        if path == "/echo":
            return Response(await request.body())
        lasts = 0.2 if path == "/brief" else None
        remember_answer(request.scope, body_is_shared=path in ("/whole", "/huge"), for_seconds=lasts)
        if path == "/gated":
            return await self._answer_at_the_gate()
        return self._ready_answer(request)

    def _ready_answer(self, request: Request) -> Response:
        path, headers = request.url.path, {"etag": ETAG, "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == ETAG:
            return Response(status_code=304, headers=headers)
        if path == "/stream":
            return StreamingResponse(iter([b"one", b"two"]))
        if path == "/cookie":
            return Response("a cookie", headers={"set-cookie": "a=b"})
        if path in ("/whole", "/huge"):
            body = WHOLE_BODY if path == "/whole" else HUGE_BODY
            return Response(body, headers=headers, media_type="application/json")
        return Response(f"{path} version {self.version} {request.headers.get('accept')}", headers=headers)

    async def _answer_at_the_gate(self) -> Response:
        body = f"version {self.version}"
        self.has_begun.set()
        await asyncio.to_thread(self.may_end.wait, 10)
        return Response(body)


@dataclass
class RunningServer:
    """A server in a thread of this process."""

    app: DemoApp
    memory: AnswerMemory
    log: io.StringIO
    server: uvicorn.Server
    port: int

    def connect(self) -> socket.socket:
        """Return a new connection; a read that takes 10 seconds is an error."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def exchange(self, *pieces: bytes) -> bytes:
        """Send the pieces one after the other and return all that comes until the server closes."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            return without_dates(read_to_end(connection))


@contextmanager
def running_server(
    *, has_lane: bool = True, timeout_keep_alive: int = 5, limit_concurrency: int | None = None
) -> Iterator[RunningServer]:
    """Run the demo application, on any free port."""
    app, memory, log = DemoApp(), AnswerMemory(), io.StringIO()
    access_log = AccessLog(log, style=AccessLogStyle.CONSOLE)
    config = uvicorn.Config(
        RememberedAnswers(app, memory=memory),
        http=fast_lane_protocol(memory, access_log) if has_lane else CarefulProtocol,
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=timeout_keep_alive,
        limit_concurrency=limit_concurrency,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield RunningServer(app, memory, log, server, listener.getsockname()[1])
        finally:
            app.may_end.set()
            server.should_exit = True
            thread.join(timeout=20)
            access_log.flush()
    assert not thread.is_alive()


def get(path: str, *header_lines: str) -> bytes:
    """Return the bytes of a GET request."""
    lines = [f"GET {path} HTTP/1.1", "Host: demo", *header_lines, "", ""]
    return "\r\n".join(lines).encode()


def read_to_end(connection: socket.socket) -> bytes:
    """Read until the other end closes."""
    pieces: list[bytes] = []
    while piece := connection.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def read_answer(connection: socket.socket) -> bytes:
    """Read one answer with a Content-Length (or a 304) and return its body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _read_some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head)
    length = int(found[1]) if found else 0
    while len(body) < length:
        body += _read_some(connection)
    assert len(body) == length
    return body


def without_dates(received: bytes) -> bytes:
    """Return what was received without the time of its sending."""
    return re.sub(rb"date: [^\r]+", b"date: -", received)


def _read_some(connection: socket.socket) -> bytes:
    piece = connection.recv(1 << 20)
    assert piece, "the server closed the connection"
    return piece
