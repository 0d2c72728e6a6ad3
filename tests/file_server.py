"""A real HTTP server on this machine that serves bytes, well or badly, and remembers what it was asked."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]

    @property
    def range(self) -> str | None:
        return self.headers.get("range")


@dataclass
class Reply:
    """What to answer.

    The server rests after ``hold_after`` bytes of the body until the event is set, and hangs up after
    ``drop_after`` bytes.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop_after: int | None = None
    hold: threading.Event | None = None
    hold_after: int = 0


Answering = Callable[[Asked], Reply]


def serve_ranges(content: bytes, asked: Asked, *, tag: str | None = None) -> Reply:
    """Answer as a well-behaved file server does."""
    headers = {"ETag": tag} if tag else {}
    wanted = asked.range
    if wanted is None or (tag and asked.headers.get("if-range", tag) != tag):
        return Reply(200, content, headers)
    first_text, last_text = wanted.removeprefix("bytes=").split("-")
    first = int(first_text)
    last = min(int(last_text) if last_text else len(content) - 1, len(content) - 1)
    if first >= len(content):
        return Reply(416, b"", headers | {"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Reply(206, content[first : last + 1], headers)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def _handle(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers)
        self.server.owner.asked.append(asked)
        try:
            self._send(self.server.owner.answer(asked))
        except OSError:  # the client went away
            self.close_connection = True

    do_GET = _handle  # noqa: N815 - the names that the base class looks for
    do_POST = _handle  # noqa: N815 - the names that the base class looks for

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        end = len(reply.body) if reply.drop_after is None else reply.drop_after
        held = reply.hold_after if reply.hold is not None else end
        self.wfile.write(reply.body[:held])
        self.wfile.flush()
        if reply.hold is not None:
            reply.hold.wait(30)
            self.wfile.write(reply.body[held:end])
        if reply.drop_after is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: "FileServer") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner


class FileServer:
    """The server of one test; ``answer`` may be replaced while it runs."""

    def __init__(self, answer: Answering) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self._server = _Server(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def asked_for(self, path: str) -> list[Asked]:
        return [each for each in self.asked if each.path.split("?")[0] == path]

    @contextmanager
    def running(self) -> Iterator["FileServer"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


@contextmanager
def serving(answer: Answering) -> Iterator[FileServer]:
    """Run a server that answers so."""
    with FileServer(answer).running() as server:
        yield server


def file_of(content: bytes, *, tag: str | None = None) -> Answering:
    """Serve these bytes well, under any path."""
    return lambda asked: serve_ranges(content, asked, tag=tag)


def in_turn(*answers: Answering) -> Answering:
    """Answer the first request by the first of these, and so on; all further ones by the last."""
    remaining = list(answers)

    def answer(asked: Asked) -> Reply:
        return (remaining.pop(0) if len(remaining) > 1 else remaining[0])(asked)

    return answer


def always(reply: Reply) -> Answering:
    return lambda _: reply


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
