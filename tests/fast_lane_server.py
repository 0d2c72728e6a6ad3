"""A small application that marks its answers, and a real server for it, with or without the fast lane."""

import asyncio
import io
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from hmr import eventually
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from stepped_loop import SteppedLoop

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

    def unsent_bytes(self) -> list[int]:
        """Return what waits in the server to be sent, for each connection."""
        connections = list(self.server.server_state.connections)  # the server changes them meanwhile
        return [connection.transport.get_write_buffer_size() for connection in connections]

    def exchange(self, *pieces: bytes) -> bytes:
        """Send the pieces one after the other and return all that comes until the server closes."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            return without_dates(read_to_end(connection))


class SteppedServer(RunningServer):
    """A server for which time passes only as a test wants: no machine is too slow for its limits."""

    loop: SteppedLoop
    received_bytes = 0

    def pass_time(self, seconds: float) -> None:
        """Let time pass; what is due then has been done when this returns. Take sums of powers of two."""
        asyncio.run_coroutine_threadsafe(self.loop.step(seconds), self.loop).result(20)

    def send(self, connection: socket.socket, piece: bytes) -> None:
        """Send something, and wait until the server has taken it: only then is the time its time."""
        awaited_bytes = self.received_bytes + len(piece)
        connection.sendall(piece)
        eventually(lambda: self.received_bytes == awaited_bytes)

    def connected(self) -> socket.socket:
        """Return a new connection, which the server has taken."""
        connection = self.connect()
        eventually(lambda: self.open_connections() == 1)
        return connection

    def open_connections(self) -> int:
        """Return how many connections the server has not closed."""
        return len(self.server.server_state.connections)


@contextmanager
def running_server(*, has_lane: bool = True, limit_concurrency: int | None = None) -> Iterator[RunningServer]:
    """Run the demo application, on any free port."""
    app, memory, log = DemoApp(), AnswerMemory(), io.StringIO()
    access_log = AccessLog(log, style=AccessLogStyle.CONSOLE)
    http = _protocol(memory, access_log, has_lane=has_lane)
    server = _server(app, memory, http, limit_concurrency=limit_concurrency)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = RunningServer(app, memory, log, server, listener.getsockname()[1])
        with _in_a_thread(running, lambda: server.run(sockets=[listener])):
            yield running
        access_log.flush()


@contextmanager
def stepped_server(*, has_lane: bool = True, timeout_keep_alive: int) -> Iterator[SteppedServer]:
    """Run the demo application by a clock of its own, on any free port."""
    app, memory, log = DemoApp(), AnswerMemory(), io.StringIO()
    http = _protocol(memory, AccessLog(log, style=AccessLogStyle.CONSOLE), has_lane=has_lane)

    def note(received_bytes: int) -> None:
        running.received_bytes += received_bytes

    server = _server(app, memory, _noting(http, note), timeout_keep_alive=timeout_keep_alive)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = SteppedServer(app, memory, log, server, listener.getsockname()[1])
        running.loop = SteppedLoop()

        def run() -> None:
            with asyncio.Runner(loop_factory=lambda: running.loop) as runner:
                runner.run(server.serve(sockets=[listener]))

        with _in_a_thread(running, run):
            try:
                yield running
            finally:
                running.loop.call_soon_threadsafe(running.loop.let_go)


def _protocol(memory: AnswerMemory, log: AccessLog, *, has_lane: bool) -> type[CarefulProtocol]:
    return fast_lane_protocol(memory, log) if has_lane else CarefulProtocol


def _noting(protocol: type[CarefulProtocol], note: Callable[[int], None]) -> type[CarefulProtocol]:
    """Return a protocol that tells how many bytes it has taken."""

    def data_received(self: CarefulProtocol, data: bytes) -> None:
        protocol.data_received(self, data)
        note(len(data))

    return type("NotingProtocol", (protocol,), {"data_received": data_received})


def _server(
    app: DemoApp,
    memory: AnswerMemory,
    http: type[CarefulProtocol],
    *,
    timeout_keep_alive: int = 5,
    limit_concurrency: int | None = None,
) -> uvicorn.Server:
    config = uvicorn.Config(
        RememberedAnswers(app, memory=memory),
        http=http,
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=timeout_keep_alive,
        limit_concurrency=limit_concurrency,
    )
    return uvicorn.Server(config)


@contextmanager
def _in_a_thread(running: RunningServer, run: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        running.app.may_end.set()
        running.server.should_exit = True
        thread.join(timeout=20)
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
