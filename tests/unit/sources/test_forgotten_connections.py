"""Clients that are closed while a connection is being set up."""

import gc
import socket
import warnings
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest

from horde_model_reference.sources.ai_horde_http import AIHordeHttp
from horde_model_reference.sources.http import HttpConnection

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Opened = tuple[Callable[[], bytes], Callable[[], None]]


def a_connection(url: str) -> Opened:
    connection = HttpConnection(timeout_seconds=10)
    return lambda: connection.get(f"{url}/x", {}).content, connection.close


def the_ai_horde(url: str) -> Opened:
    http = AIHordeHttp(url, client_agent="tests:1:nobody")
    return lambda: http.get("x", timeout_seconds=10).content, http.close


@pytest.mark.parametrize("opened", [a_connection, the_ai_horde])
def test_no_connection_is_left_open(monkeypatch: pytest.MonkeyPatch, opened: Callable[[str], Opened]) -> None:
    is_looking_up, may_go_on = Event(), Event()
    look_up = socket.getaddrinfo

    def held(*arguments: Any, **options: Any) -> Any:
        is_looking_up.set()
        assert may_go_on.wait(20)
        return look_up(*arguments, **options)

    contents: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        answering = Thread(target=_answer_one, args=(server,))
        answering.start()
        ask, close = opened(f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(socket, "getaddrinfo", held)
        asking = Thread(target=lambda: contents.append(ask()))
        asking.start()
        assert is_looking_up.wait(20)

        close()
        may_go_on.set()

        asking.join(20)
        answering.join(20)
        gc.collect()
    assert contents == [b"ok"]
    assert [str(warning.message) for warning in told if "unclosed" in str(warning.message)] == []


def _answer_one(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(_ANSWER)
        assert connection.recv(1) == b""
