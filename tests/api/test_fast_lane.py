"""The fast lane, over real connections: the same answers as without it, only sooner."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

import pytest
from fast_lane_server import (
    ETAG,
    HUGE_BODY,
    WHOLE_BODY,
    RunningServer,
    get,
    read_answer,
    read_to_end,
    running_server,
    stepped_server,
    without_dates,
)
from hmr import eventually
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from horde_model_reference.service.answer_memory import RememberedAnswer

END = get("/small", "Accept: end", "Connection: close")

STREAMS = {
    "one request": [get("/small")],
    "the same twice": [get("/small"), get("/small")],
    "pipelined in one piece": [get("/small") * 5],
    "pipelined, different ones": [get("/small") + get("/whole") + get("/small", "Accept: b")],
    "a head in two pieces": [get("/small")[:20], get("/small")[20:]],
    "a head whose second half is a request itself": [b"GET /small HTTP/1.1\r\nX: ", get("/small")],
    "a request and the start of another": [get("/small") + get("/small")[:9], get("/small")[9:]],
    "HEAD": [b"HEAD /small HTTP/1.1\r\nHost: demo\r\n\r\n", get("/small")],
    "304": [get("/small", f"If-None-Match: {ETAG}"), get("/small", f"If-None-Match: {ETAG}")],
    "keep-alive said aloud": [get("/small", "Connection: keep-alive")] * 2,
    "a body with GET": [get("/echo", "Content-Length: 3") + b"abc", get("/small")],
    "a body that looks like a request": [
        get("/small", f"Content-Length: {len(get('/small'))}"),
        get("/small"),
        get("/small"),
    ],
    "a chunked body with GET": [
        get("/echo", "Transfer-Encoding: chunked"),
        b"3\r\nabc\r\n0\r\n\r\n",
        get("/small"),
    ],
    "POST": [b"POST /echo HTTP/1.1\r\nHost: demo\r\nContent-Length: 7\r\n\r\n", b"content", get("/small")],
    "empty lines between": [get("/small"), b"\r\n\r\n", get("/small")],
    "a chunked answer": [get("/stream"), get("/stream")],
    "the whole category": [get("/whole")] * 3,
    "a long head": [get("/small", f"X: {'x' * 5000}")] * 2,
}
LAST = {
    "close": [END],
    "after an upgrade that is not offered": [get("/small", "Connection: Upgrade", "Upgrade: h2c"), END],
    "HTTP/1.0": [b"GET /small HTTP/1.0\r\nHost: demo\r\n\r\n"],
    "HTTP/1.0 with keep-alive": [b"GET /small HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"],
    "not HTTP": [b"GET\r\n\r\n"],
}


@pytest.fixture(scope="module")
def lane() -> Iterator[RunningServer]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def plain() -> Iterator[RunningServer]:
    with running_server(has_lane=False) as server:
        yield server


@pytest.fixture(autouse=True)
def _forgotten(lane: RunningServer) -> None:
    lane.memory.forget_all()
    lane.app.version = 1


def in_turn(server: RunningServer, requests: list[bytes]) -> list[bytes]:
    """Send each request when the answer to the one before it is there; return the bodies."""
    with server.connect() as connection:
        bodies: list[bytes] = []
        for request in requests:
            connection.sendall(request)
            bodies.append(read_answer(connection))
        return bodies


def kept(server: RunningServer, request: bytes) -> RememberedAnswer:
    """Send a request and return the answer that is kept, which may be a moment after it was sent."""
    in_turn(server, [request])
    eventually(lambda: server.memory.find(request))
    answer = server.memory.find(request)
    assert answer is not None
    return answer


def one_by_one(server: RunningServer, requests: list[bytes]) -> list[bytes]:
    """Send each request when something has come in answer to the one before it; return all that came."""
    with server.connect() as connection:
        received: list[bytes] = []
        for request in requests:
            connection.sendall(request)
            received.append(without_dates(connection.recv(1 << 16)))
        return [*received, read_to_end(connection)]


@pytest.mark.parametrize("pieces", STREAMS.values(), ids=STREAMS.keys())
def test_a_stream_of_requests_gets_the_same_bytes_as_without_the_lane(
    lane: RunningServer, plain: RunningServer, pieces: list[bytes]
) -> None:
    expected = plain.exchange(*pieces, END)

    first = lane.exchange(*pieces, END)
    second = lane.exchange(*pieces, END)

    assert first == expected
    assert second == expected


@pytest.mark.parametrize("pieces", LAST.values(), ids=LAST.keys())
def test_the_connection_ends_as_it_does_without_the_lane(
    lane: RunningServer, plain: RunningServer, pieces: list[bytes]
) -> None:
    expected = one_by_one(plain, [get("/small"), *pieces])

    first = one_by_one(lane, [get("/small"), *pieces])
    second = one_by_one(lane, [get("/small"), *pieces])

    assert first == expected
    assert second == expected


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    print_blob=True,
)
@given(
    chosen=st.lists(st.sampled_from(list(STREAMS.values())), min_size=1, max_size=5),
    cuts=st.lists(st.floats(min_value=0, max_value=1), max_size=8),
)
def test_however_a_stream_is_split_the_answers_are_the_same(
    lane: RunningServer, plain: RunningServer, chosen: list[list[bytes]], cuts: list[float]
) -> None:
    stream = b"".join(piece for pieces in chosen for piece in pieces) + END
    places = [0, *sorted(int(cut * len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[begin:end] for begin, end in pairwise(places)]

    assert lane.exchange(*pieces) == plain.exchange(stream)


def test_an_answer_for_a_short_time_is_made_anew_when_that_is_over() -> None:
    with stepped_server(timeout_keep_alive=5) as server:
        in_turn(server, [get("/brief")] * 2)
        server.pass_time(0.125)
        in_turn(server, [get("/brief")])
        within_that_time = server.app.calls

        server.pass_time(0.125)
        in_turn(server, [get("/brief")])

    assert within_that_time == 1
    assert server.app.calls == 2


def test_an_equal_request_does_not_reach_the_application(lane: RunningServer) -> None:
    first = in_turn(lane, [get("/whole")])
    calls = lane.app.calls

    again = in_turn(lane, [get("/whole")] * 20)

    assert first == [WHOLE_BODY]
    assert again == [WHOLE_BODY] * 20
    assert lane.app.calls == calls


def test_a_shared_body_is_kept_as_the_very_object(lane: RunningServer) -> None:
    answer = kept(lane, get("/whole"))

    assert answer.body is WHOLE_BODY
    assert lane.memory.held_bytes < 1000


def test_another_header_is_another_request(lane: RunningServer) -> None:
    bodies = in_turn(lane, [get("/small", "Accept: a"), get("/small", "Accept: b")] * 2)

    assert bodies[:2] == bodies[2:]
    assert bodies[0].endswith(b" a")
    assert bodies[1].endswith(b" b")


def test_what_was_not_marked_reaches_the_application_each_time(lane: RunningServer) -> None:
    bodies = in_turn(lane, [get("/unmarked")] * 3)

    assert len(set(bodies)) == 3


@pytest.mark.parametrize("secret", ["apikey: 0000", "Authorization: Basic eA==", "Cookie: a=b"])
def test_a_request_with_a_secret_is_not_kept(lane: RunningServer, secret: str) -> None:
    in_turn(lane, [get("/small", secret)])

    assert len(lane.memory) == 0


@pytest.mark.parametrize("path", ["/cookie", "/stream"])
def test_an_answer_that_can_not_be_repeated_is_not_kept(lane: RunningServer, path: str) -> None:
    lane.exchange(get(path), END)

    assert len(lane.memory) == 0


def test_a_request_that_a_proxy_may_have_sent_is_bound_to_its_peer(lane: RunningServer) -> None:
    request = get("/small", "X-Forwarded-For: 192.0.2.1")

    answer = kept(lane, request)

    assert answer.peer_host == "127.0.0.1"


def test_new_data_is_seen_at_once_on_an_open_connection(lane: RunningServer) -> None:
    with lane.connect() as connection:
        connection.sendall(get("/small"))
        old = read_answer(connection)

        lane.app.version = 2
        lane.memory.forget_all()
        connection.sendall(get("/small"))
        new = read_answer(connection)

    assert b"version 1" in old
    assert b"version 2" in new


def test_an_answer_begun_before_a_change_is_not_kept_after_it(lane: RunningServer) -> None:
    lane.app.has_begun.clear()
    lane.app.may_end.clear()
    with lane.connect() as connection:
        connection.sendall(get("/gated"))
        assert lane.app.has_begun.wait(10)

        lane.app.version = 2
        lane.memory.forget_all()
        lane.app.may_end.set()
        late = read_answer(connection)
        connection.sendall(get("/gated"))
        next_one = read_answer(connection)

    assert late == b"version 1"
    assert next_one == b"version 2"


def test_who_does_not_read_takes_no_memory_and_gets_everything_later(lane: RunningServer) -> None:
    in_turn(lane, [get("/whole")])
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        slow.settimeout(10)
        slow.connect(("127.0.0.1", lane.port))
        for _ in range(100):
            slow.sendall(get("/whole"))

        others = in_turn(lane, [get("/whole")] * 50)
        unsent = [
            item.transport.get_write_buffer_size() for item in list(lane.server.server_state.connections)
        ]
        slow.sendall(END)
        received = read_to_end(slow)

    assert others == [WHOLE_BODY] * 50
    assert max(unsent) <= 2 * len(WHOLE_BODY)
    assert received.count(WHOLE_BODY) == 100


def test_a_huge_body_waits_for_its_reader_outside_of_the_server(lane: RunningServer) -> None:
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(10)
        slow.connect(("127.0.0.1", lane.port))
        slow.sendall(get("/huge", "Connection: close"))

        others = in_turn(lane, [get("/whole")] * 20)
        unsent = [
            item.transport.get_write_buffer_size() for item in list(lane.server.server_state.connections)
        ]
        received = read_to_end(slow)

    assert others == [WHOLE_BODY] * 20
    assert max(unsent) < len(HUGE_BODY) / 10
    assert received.endswith(b"\r\n\r\n" + HUGE_BODY)
    assert lane.memory.find(get("/huge")) is None


def test_a_connection_in_use_outlives_the_keep_alive_time_and_an_idle_one_does_not() -> None:
    with stepped_server(timeout_keep_alive=3) as server, server.connected() as connection:
        for _ in range(4):
            server.pass_time(1)
            server.send(connection, get("/small"))
            read_answer(connection)
        server.pass_time(2.5)
        in_use = server.open_connections()
        server.pass_time(0.5)

        assert (in_use, server.open_connections()) == (1, 0)
        assert read_to_end(connection) == b""
        assert server.app.calls == 1


def test_a_connection_that_only_used_the_lane_is_closed_when_idle() -> None:
    with stepped_server(timeout_keep_alive=1) as server:
        in_turn(server, [get("/small")])
        eventually(lambda: server.open_connections() == 0)
        with server.connected() as connection:
            server.send(connection, get("/small"))
            read_answer(connection)

            server.pass_time(1)

            assert server.open_connections() == 0
            assert read_to_end(connection) == b""
        assert server.app.calls == 1


SILENT = {
    "who says nothing": ([], 0),
    "who stops within a head": ([b"POST /echo HTTP/1.1\r\nHost: demo\r\n"], 0),
    "who stops within a body": ([b"POST /echo HTTP/1.1\r\nHost: demo\r\nContent-Length: 5\r\n\r\nab"], 0),
    "who stops within the second head": ([get("/small"), get("/small")[:30]], 1),
    "who stops after an answer that came early": (
        [b"POST /small HTTP/1.1\r\nHost: demo\r\nContent-Length: 5\r\n\r\nab"],
        1,
    ),
}
"""What they send, and how many answers they get."""


@pytest.mark.parametrize(("pieces", "answers"), SILENT.values(), ids=SILENT)
@pytest.mark.parametrize("has_lane", [True, False])
def test_nobody_is_waited_for_longer_than_the_keep_alive_time(
    pieces: list[bytes], answers: int, has_lane: bool
) -> None:
    server_for = stepped_server(timeout_keep_alive=1, has_lane=has_lane)
    with server_for as server, server.connected() as connection:
        for piece in pieces:
            server.send(connection, piece)
        for _ in range(answers):
            read_answer(connection)

        server.pass_time(0.875)
        waited_for = server.open_connections()
        server.pass_time(0.125)

        assert (waited_for, server.open_connections()) == (1, 0)


def test_a_head_that_comes_drop_by_drop_is_not_waited_for() -> None:
    with stepped_server(timeout_keep_alive=1) as server, server.connected() as connection:
        server.send(connection, b"GET /small HTTP/1.1\r\nHost: demo\r\nX: ")
        for _ in range(7):
            server.pass_time(0.125)
            server.send(connection, b"x")
        waited_for = server.open_connections()
        server.pass_time(0.125)

        assert (waited_for, server.open_connections()) == (1, 0)


def test_a_body_that_comes_slowly_is_waited_for_while_it_comes() -> None:
    with stepped_server(timeout_keep_alive=1) as server, server.connected() as connection:
        server.send(connection, b"POST /echo HTTP/1.1\r\nHost: demo\r\nContent-Length: 8\r\n\r\n")
        for _ in range(8):
            server.pass_time(0.5)
            server.send(connection, b"x")

        assert read_answer(connection) == b"x" * 8


def test_an_answer_that_takes_longer_than_the_keep_alive_time_is_given() -> None:
    with stepped_server(timeout_keep_alive=1) as server, server.connected() as connection:
        server.send(connection, get("/gated"))
        assert server.app.has_begun.wait(10)
        server.pass_time(2.5)
        server.app.may_end.set()

        assert read_answer(connection) == b"version 1"


def test_what_is_no_request_is_no_answer_to_one_before_it() -> None:
    with running_server() as server:
        received = server.exchange(get("/gated") + b"no request\r\n\r\n")

    assert received == b""


def test_a_body_that_goes_wrong_after_its_answer_brings_no_second_one() -> None:
    with running_server() as server, server.connect() as connection:
        connection.sendall(b"POST /small HTTP/1.1\r\nHost: demo\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert b"version 1" in read_answer(connection)

        connection.sendall(b"zz\r\n")

        assert read_to_end(connection) == b""


def test_the_limit_of_connections_holds_in_the_lane_too() -> None:
    with running_server(limit_concurrency=2) as server, server.connect() as first, server.connect() as second:
        eventually(lambda: len(server.server.server_state.connections) == 2)
        second.sendall(get("/small"))
        received = without_dates(read_to_end(second))

        first.sendall(get("/small"))
        body = read_answer(first)

    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"version 1" in body


def test_the_server_ends_while_a_connection_is_open() -> None:
    with running_server() as server:
        connection = server.connect()
        connection.sendall(get("/small"))
        read_answer(connection)
        connection.sendall(get("/small"))
        read_answer(connection)
        total = server.server.server_state.total_requests

    with connection:
        rest = read_to_end(connection)
    assert total == 2
    assert rest == b""


def test_each_request_in_the_lane_is_one_line_of_the_log() -> None:
    with running_server() as server:
        in_turn(server, [get("/whole?a=b")])
        in_turn(server, [get("/whole?a=b")] * 3)
        in_turn(server, [get("/whole?a=b", f"If-None-Match: {ETAG}")] * 2)

    lines = server.log.getvalue().splitlines()
    assert [line[line.index("GET") :] for line in lines] == [
        f"GET /whole?a=b 200 {len(WHOLE_BODY)}",
        f"GET /whole?a=b 200 {len(WHOLE_BODY)}",
        f"GET /whole?a=b 200 {len(WHOLE_BODY)}",
        "GET /whole?a=b 304 0",
    ]


def test_the_date_is_that_of_the_answer() -> None:
    with running_server() as server, server.connect() as connection:
        dates: set[bytes] = set()
        began = time.monotonic()
        while len(dates) < 3 and time.monotonic() - began < 10:
            connection.sendall(get("/small"))
            received = connection.recv(1 << 16)
            dates.update(line for line in received.split(b"\r\n") if line.startswith(b"date: "))
        calls = server.app.calls

    assert len(dates) == 3
    assert calls == 1


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /",
        b"GET /small HTTP/1.1\r\nX: ",
        b"POST /echo HTTP/1.1\r\nHost: demo\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: ",
    ],
    ids=["an address", "a header", "a header after the body"],
)
def test_a_head_without_an_end_is_not_waited_for(lane: RunningServer, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", lane.port), timeout=10) as connection:
        connection.sendall(begun)
        with suppress(ConnectionError):
            for _ in range(200):
                connection.sendall(b"x" * 20_000)
            pytest.fail("4 MB of a head were taken")

    assert in_turn(lane, [END])


def test_a_long_head_and_a_long_body_are_taken(lane: RunningServer) -> None:
    lines = b"X: " + b"x" * 60_000 + b"\r\n"
    head = b"POST /echo HTTP/1.1\r\nHost: demo\r\nContent-Length: 900000\r\n" + lines + b"\r\n"

    assert in_turn(lane, [head + b"y" * 900_000]) == [b"y" * 900_000]
