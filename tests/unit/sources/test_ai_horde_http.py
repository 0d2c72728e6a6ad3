"""Requests to the AI-Horde: bounds, retries, the header (spec 13)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.sources.ai_horde_http import (
    AIHordeHttp,
    AIHordeRefusedError,
    AIHordeTimeoutError,
    AIHordeUnreachableError,
    ClosedError,
    RetryingGet,
)

Handler = Callable[[httpx.Request], httpx.Response]


@contextmanager
def http_to(handler: Handler, **options: Any) -> Iterator[AIHordeHttp]:
    http = AIHordeHttp(
        "http://horde.example/api/",
        client_agent="registry:1:contact",
        transport=httpx.MockTransport(handler),
        **options,
    )
    try:
        yield http
    finally:
        http.close()


def test_requests_say_who_asks_and_what_for() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"[]")

    with http_to(handler) as http:
        answer = http.get("workers", timeout_seconds=5, query={"type": "text"})

    assert str(seen[0].url) == "http://horde.example/api/v2/workers?type=text"
    assert seen[0].headers["client-agent"] == "registry:1:contact"
    assert (answer.status, answer.content) == (200, b"[]")


def test_a_body_over_the_limit_is_not_read_to_its_end() -> None:
    read: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(1000):
            read.append(number)
            yield b"x" * 100

    with (
        http_to(lambda _request: httpx.Response(200, content=pieces()), max_body_bytes=1000) as http,
        pytest.raises(AIHordeUnreachableError, match="more than is reasonable"),
    ):
        http.get("workers", timeout_seconds=5)

    assert len(read) < 20


def test_a_body_that_drips_is_given_up_after_the_time() -> None:
    now = [0.0]

    def pieces() -> Iterator[bytes]:
        while True:
            now[0] += 1
            yield b"x"

    with (
        http_to(lambda _request: httpx.Response(200, content=pieces()), clock=lambda: now[0]) as http,
        pytest.raises(AIHordeTimeoutError),
    ):
        http.get("workers", timeout_seconds=5)

    assert now[0] <= 7


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.RemoteProtocolError("broken")])
def test_no_connection_is_an_error_of_the_source(error: httpx.HTTPError) -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise error

    with http_to(handler) as http, pytest.raises(AIHordeUnreachableError):
        http.get("workers", timeout_seconds=5)


def test_nothing_is_asked_over_closed_connections() -> None:
    with http_to(lambda _request: httpx.Response(200)) as http:
        pass

    with pytest.raises(ClosedError):
        http.get("workers", timeout_seconds=5)


def test_closing_ends_the_pause_before_another_attempt() -> None:
    with http_to(lambda _request: httpx.Response(500)) as http, ThreadPoolExecutor(1) as pool:
        trying = pool.submit(RetryingGet(http, pause_seconds=600).get, "workers", {})
        http.close()

        with pytest.raises(SourceUnavailableError):
            trying.result(timeout=20)


def test_an_address_that_is_none_is_an_error_of_the_source() -> None:
    http = AIHordeHttp("http://[", client_agent="registry:1:contact")

    with pytest.raises(AIHordeUnreachableError):
        http.get("workers", timeout_seconds=5)
    http.close()


@pytest.mark.parametrize("statuses", [[200], [500, 429, 200], [503, 200], [503, 503, 503], [404]])
def test_what_may_pass_is_tried_three_times(statuses: list[int]) -> None:
    remaining = [*statuses, 418]

    with http_to(lambda _request: httpx.Response(remaining.pop(0), content=b"{}")) as http:
        requests = RetryingGet(http, pause_seconds=0)
        if statuses[-1] == 200:
            assert requests.get("workers", {}) == b"{}"
        else:
            with pytest.raises(SourceUnavailableError):
                requests.get("workers", {})

    assert remaining == [418]


def test_a_no_is_told_apart_from_trouble() -> None:
    with http_to(lambda _request: httpx.Response(403)) as http, pytest.raises(AIHordeRefusedError):
        RetryingGet(http).get("workers", {})
