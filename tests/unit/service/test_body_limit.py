import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from horde_model_reference.service.body_limit import BodyLimit

LIMIT = 10


class Server:
    """Sends a body in pieces to a limited application, and notes what was answered, after how much of it."""

    def __init__(self, *pieces: bytes, declared: bytes | None = None) -> None:
        self.pieces = list(pieces)
        self.read = 0
        self.read_before_answer: int | None = None
        self.sent: list[Message] = []
        self.headers = [] if declared is None else [(b"content-length", declared)]

    def run(self, app: ASGIApp) -> int:
        scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": self.headers}
        asyncio.run(BodyLimit(app, max_bytes=LIMIT)(scope, self._receive, self._send))
        status: int = self.sent[0]["status"]
        return status

    async def _receive(self) -> Message:
        piece = self.pieces.pop(0)
        self.read += len(piece)
        return {"type": "http.request", "body": piece, "more_body": bool(self.pieces)}

    async def _send(self, message: Message) -> None:
        if not self.sent:
            self.read_before_answer = self.read
        self.sent.append(message)


async def reading(_scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await answer(send)


async def forgiving(scope: Scope, receive: Receive, send: Send) -> None:
    """Make an answer of its own of every trouble, as frameworks do."""
    try:
        await reading(scope, receive, send)
    except Exception:  # noqa: BLE001 - what it is about
        await answer(send, 400)


async def answer(send: Send, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_body_up_to_the_limit_is_passed_on() -> None:
    assert Server(b"12345", b"67890", declared=b"10").run(reading) == 200


def test_a_body_that_is_declared_too_large_is_refused_unread() -> None:
    server = Server(b"x" * 11, declared=b"11")

    assert server.run(reading) == 413
    assert server.read_before_answer == 0


def test_a_body_that_turns_out_too_large_is_not_read_to_its_end() -> None:
    server = Server(b"12345", b"678901", b"never passed on")

    assert server.run(reading) == 413
    assert server.read_before_answer == 11


def test_what_still_comes_of_a_refused_body_is_thrown_away_so_that_the_answer_arrives() -> None:
    server = Server(*[b"x" * 6] * 5)

    assert server.run(reading) == 413
    assert server.pieces == []
    assert [message.get("more_body", False) for message in server.sent] == [False, True, False]


def test_a_body_without_end_is_not_read_for_ever() -> None:
    server = Server(*[b"x" * 2**24] * 10)

    assert server.run(reading) == 413
    assert server.pieces != []


def test_what_the_application_makes_of_the_broken_body_is_not_the_answer() -> None:
    server = Server(b"x" * 11)

    assert server.run(forgiving) == 413
    assert [message["type"] for message in server.sent].count("http.response.start") == 1
