"""Requests that no ordinary client sends, byte by byte to a real server (RFC 9112)."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hmr import Server, serving

HOST = "Host: registry.example\r\n"
POST = "POST /api/model_references/v2/esrgan HTTP/1.1\r\n" + HOST
LAST = f"{HOST}Connection: close\r\n"
GOOD = f"GET /api/heartbeat HTTP/1.1\r\n{LAST}\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a registry with the starter set."""
    folder = tmp_path_factory.mktemp("raw")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HORDE_MODEL_REFERENCE_DATA_DIR", str(folder / "unused"))
        with serving(folder / "data") as running:
            yield running


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def answers(server: Server, request: str | bytes) -> list[Answer]:
    """Return all answers until the server closes the connection."""
    sent = request if isinstance(request, bytes) else request.encode("latin-1")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(sent)
        with connection.makefile("rb") as stream:
            received = stream.read()
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        found.append(Answer(int(status.split(" ")[1]), headers, rest[:length]))
        received = rest[length:]
    return found


SMUGGLING = {
    "both lengths": "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both lengths, the other way": "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": "Content-Length: 0\r\nContent-Length: 4\r\n\r\n",
    "a list of lengths": "Content-Length: 3, 3\r\n\r\nabc",
    "a length with a sign": "Content-Length: +3\r\n\r\nabc",
    "a negative length": "Content-Length: -3\r\n\r\nabc",
    "a hexadecimal length": "Content-Length: 0x3\r\n\r\nabc",
    "a huge length": "Content-Length: 99999999999999999999999\r\n\r\nabc",
    "a coding before a space": "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a coding on the next line": "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a coding after a control character": "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a coding that is none": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks that are not last": "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a chunk of no size": "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk of huge size": "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n",
    "chunks with bare line feeds": "Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
    "a header with NUL": "X: a\0b\r\n\r\n",
    "a header without a colon": "Xab\r\n\r\n",
    "a header without a name": ": ab\r\n\r\n",
}
MALFORMED = {
    "bare line feeds": "GET /api/heartbeat HTTP/1.1\nHost: x\n\n",
    "bytes that are no address": f"GET /api/heartbeat?\xff HTTP/1.1\r\n{HOST}\r\n",
    "a method in small letters": f"get /api/heartbeat HTTP/1.1\r\n{HOST}\r\n",
    "a tunnel": f"CONNECT registry.example:443 HTTP/1.1\r\n{HOST}\r\n",
    "the beginning of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"A" * 200,
    "no host": "GET /api/heartbeat HTTP/1.1\r\n\r\n",
    "two hosts": "GET /api/heartbeat HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two hosts of a page": "GET /feed.atom HTTP/1.1\r\nHost: a\r\nhost: a\r\nAccept: text/html\r\n\r\n",
}


@pytest.mark.parametrize("framing", SMUGGLING.values(), ids=SMUGGLING)
def test_what_two_servers_could_read_as_different_requests_ends_the_connection(
    server: Server, framing: str
) -> None:
    found = answers(server, POST + framing + GOOD)

    assert [answer.status for answer in found] == [400]
    assert "detail" in json.loads(found[0].body)


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_request_is_told_so_in_json(server: Server, request_: str | bytes) -> None:
    found = answers(server, request_)

    assert [answer.status for answer in found] == [400]
    assert found[0].headers["content-type"] == "application/json"
    assert isinstance(json.loads(found[0].body)["detail"], str)
    assert found[0].headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "request_",
    ["GET /api/heartbeat HTTP/1.0\r\n\r\n", "GET /api/heartbeat HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"],
)
def test_clients_of_the_old_days_need_no_host(server: Server, request_: str) -> None:
    (answer,) = answers(server, request_)

    assert answer.status == 200
    assert json.loads(answer.body)["status"] == "ok"


@pytest.mark.parametrize(
    "path",
    [
        "/api/heartbeat",
        "/api/model_references/v2/image_generation",
        "/api/model_references/v2/image_generation/model/Deliberate",
        "/models/image_generation",
        "/feed.atom",
        "/api/docs",
    ],
)
def test_an_address_with_a_line_break_after_it_is_another(server: Server, path: str) -> None:
    plain, broken = (
        answers(server, f"GET {path}{end} HTTP/1.1\r\n{LAST}\r\n")[0].status for end in ("", "%0A")
    )

    assert (plain, broken) == (200, 404)


@pytest.mark.parametrize("path", ["/api/heartbeat%0d%0aSet-Cookie:a=b/", "//evil.example/", "//heartbeat/"])
def test_no_address_writes_headers_or_leads_elsewhere(server: Server, path: str) -> None:
    (answer,) = answers(server, f"GET {path} HTTP/1.1\r\n{LAST}\r\n")

    assert answer.status == 404
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers


def test_requests_that_follow_one_another_are_answered_in_order(server: Server) -> None:
    paths = ["/api/heartbeat", "/api/replicate_mode", "/api/nothing"]

    found = answers(server, "".join(f"GET {path} HTTP/1.1\r\n{HOST}\r\n" for path in paths) + GOOD)

    keys = [sorted(json.loads(answer.body))[0] for answer in found]
    assert keys == ["ai_horde", "canonical_format", "detail", "ai_horde"]


def test_the_server_goes_on_and_nothing_was_unhandled(server: Server) -> None:
    assert server.json("/heartbeat")["status"] == "ok"
    assert "Traceback" not in server.output
