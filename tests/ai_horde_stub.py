"""A local stand-in for the AI-Horde's API, well behaved or not."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared_data import shared_path


def _row(name: str, kind: str, count: int, queued: float = 0.0) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "count": count,
        "performance": 10.5,
        "queued": queued,
        "jobs": 2,
        "eta": 4,
    }


STATUS = {
    "image": [_row("harbor light", "image", 3, queued=8.0), _row("Prairie XL", "image", 5)],
    "text": [_row("koboldcpp/Pebble-4.1B", "text", 2)],
}
USAGE = {
    "image": {
        "day": {"Harbor Light": 5},
        "month": {"Harbor Light": 90, "Prairie XL": 10},
        "total": {"Prairie XL": 40},
    },
    "text": {"month": {"koboldcpp/Pebble-4.1B-Q4_K_M": 30, "acme/Pebble-4.1B": 5}},
}
USERS = {
    "requestor-key": {"username": "Requestor#1001"},
    "approver-key": {"username": "Approver#1002"},
    "editor-key": {"username": "Editor#1003"},
    "reader-key": {"username": "odd#name#2001"},
    "anonymous-key": {"username": "Anonymous"},
}


def a_worker(**fields: Any) -> dict[str, Any]:
    """Return one worker as the API lists it."""
    return {
        "id": "w1",
        "name": "Worker",
        "type": "image",
        "performance": "1 thing per second",
        "online": True,
        "trusted": False,
        "uptime": 60,
        "bridge_agent": "agent:1:x",
        "nsfw": False,
        "models": [],
        "kudos_rewards": 1.5,
    } | fields


Reply = tuple[int, bytes]
Trouble = Callable[[int, bytes], Reply]


def truncated(status: int, body: bytes) -> Reply:
    """Cut an answer in two; its length fits, its JSON doesn't."""
    return status, body[: len(body) // 2]


def wrong_types(_status: int, _body: bytes) -> Reply:
    """Answer with JSON of another shape."""
    return 200, b'{"day": 3, "message": ["hello"]}'


def empty(_status: int, _body: bytes) -> Reply:
    """Answer with nothing."""
    return 200, b""


def a_page(_status: int, _body: bytes) -> Reply:
    """Answer with a page for people, as proxies do."""
    return 200, b"<html><body>Under maintenance</body></html>"


def bottomless(_status: int, _body: bytes) -> Reply:
    """Answer with JSON that is nested deeper than any reader goes."""
    return 200, b"[" * 200_000 + b"]" * 200_000


def bad_numbers(_status: int, body: bytes) -> Reply:
    """Answer with numbers that no count can be."""
    for good, bad in ((b": 3", b": -3"), (b": 90", b": 1e400"), (b": 5", b": 99999999999999999999")):
        body = body.replace(good, bad)
    return 200, body


def huge(_status: int, _body: bytes) -> Reply:
    """Answer with more than anybody should read."""
    return 200, b'["' + b"x" * 20_000_000 + b'"]'


def failing(status: int) -> Trouble:
    """Return trouble that answers with a status."""
    return lambda _status, _body: (status, b'{"message": "no"}')


@dataclass
class AIHordeStub:
    """What the stand-in answers, and what it was asked."""

    port: int = 0
    status: Mapping[str, Any] = field(default_factory=lambda: STATUS)
    usage: Mapping[str, Any] = field(default_factory=lambda: USAGE)
    workers: list[dict[str, Any]] = field(default_factory=lambda: [a_worker(models=["Harbor Light"])])
    users: Mapping[str, Any] = field(default_factory=lambda: USERS)
    trouble: Trouble | None = None
    """Turns an answer into another."""
    may_answer: threading.Event = field(default_factory=threading.Event)
    """Cleared: every request hangs."""
    requests: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    """Target and headers, names in lower case."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    def paths(self) -> list[str]:
        return [urlsplit(target).path.removeprefix("/api/v2/") for target, _ in self.requests]

    def answer(self, target: str, headers: Mapping[str, str]) -> Reply:
        reply = self._ordinary(target, headers)
        return reply if self.trouble is None else self.trouble(*reply)

    def _ordinary(self, target: str, headers: Mapping[str, str]) -> Reply:
        url = urlsplit(target)
        kind = dict(parse_qsl(url.query)).get("type")
        path = url.path.removeprefix("/api/v2/")
        if path == "find_user":
            user = self.users.get(headers.get("apikey", ""))
            return (404, b'{"rc": "UserNotFound"}') if user is None else (200, json.dumps(user).encode())
        documents: dict[str, Any] = {
            "status/models": self.status.get(kind or "image", []),
            "stats/img/models": self.usage.get("image", {}),
            "stats/text/models": self.usage.get("text", {}),
            "workers": [worker for worker in self.workers if kind in (None, worker.get("type", kind))],
        }
        return (200, json.dumps(documents[path]).encode()) if path in documents else (404, b"{}")


@contextmanager
def running_stub(given: AIHordeStub | None = None) -> Iterator[AIHordeStub]:
    """Serve a stub on a free port until the block is left."""
    stub = given or AIHordeStub()
    stub.may_answer.set()
    is_closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            stub.requests.append((self.path, headers))
            while not stub.may_answer.wait(0.05) and not is_closing.is_set():
                pass
            status, body = stub.answer(self.path, headers)
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # whoever asked has gone

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Keep quiet about clients that hang up."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    stub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        is_closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def recorded_stub() -> AIHordeStub:
    """Return a stub with the recorded example data; skip where that is not on this machine."""
    folder = shared_path("golden", "ai-horde-stub")

    def read(name: str) -> Any:
        return json.loads((folder / f"{name}.json").read_text("utf-8"))

    return AIHordeStub(
        status=read("status_models"),
        usage=read("stats_models"),
        workers=read("workers"),
        users=read("find_user"),
    )
