"""Whose key it is (spec 20, Upstream lookup)."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from horde_model_reference.sources.ai_horde_http import AIHordeHttp
from horde_model_reference.sources.ai_horde_users import (
    IdentityTimes,
    IdentityUnavailableError,
    Person,
    UserDirectory,
)

ANNE = Person(user_id="7", username="Anne#x#7")


class Upstream:
    """Knows one key, unless told to answer otherwise."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.reply: Callable[[], httpx.Response] | None = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers["apikey"])
        assert self.gate.wait(20)
        if self.reply is not None:
            return self.reply()
        if self.keys[-1] == "anne":
            return httpx.Response(200, json={"username": ANNE.username, "id": 99})
        return httpx.Response(404, json={"rc": "UserNotFound"})


class Bench:
    def __init__(self) -> None:
        self.now = 100.0
        self.upstream = Upstream()
        self.http = AIHordeHttp(
            "http://horde.example",
            client_agent="registry:1:contact",
            transport=httpx.MockTransport(self.upstream),
        )
        self.users = self.directory()

    def directory(self, *, max_remembered: int = 100, max_lookups: int = 4) -> UserDirectory:
        return UserDirectory(
            self.http,
            times=IdentityTimes(known_seconds=60, unknown_seconds=3),
            max_remembered=max_remembered,
            max_lookups=max_lookups,
            clock=lambda: self.now,
        )


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.http.close()


def test_a_person_is_known_by_what_follows_the_last_mark(bench: Bench) -> None:
    assert bench.users.person("anne") == ANNE


def test_a_person_is_remembered_for_a_while(bench: Bench) -> None:
    bench.users.person("anne")
    bench.now += 59
    assert bench.users.person("anne") == ANNE
    assert len(bench.upstream.keys) == 1

    bench.now += 2
    bench.users.person("anne")
    assert len(bench.upstream.keys) == 2


def test_that_a_key_is_nobodys_is_remembered_for_seconds_only(bench: Bench) -> None:
    assert bench.users.person("nobody") is None
    assert bench.users.person("nobody") is None
    assert len(bench.upstream.keys) == 1

    bench.now += 4
    bench.users.person("nobody")
    assert len(bench.upstream.keys) == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_trouble_of_the_ai_horde_is_no_word_on_the_key_and_not_remembered(bench: Bench, status: int) -> None:
    bench.upstream.reply = lambda: httpx.Response(status)
    with pytest.raises(IdentityUnavailableError):
        bench.users.person("anne")

    bench.upstream.reply = None
    assert bench.users.person("anne") == ANNE


@pytest.mark.parametrize("status", [401, 403, 404])
def test_any_other_no_means_nobodys_key(bench: Bench, status: int) -> None:
    bench.upstream.reply = lambda: httpx.Response(status)

    assert bench.users.person("anne") is None


@pytest.mark.parametrize("username", ["Anonymous", "Anonymous#", None, 5])
def test_a_name_without_a_number_is_nobody(bench: Bench, username: object) -> None:
    bench.upstream.reply = lambda: httpx.Response(200, json={"username": username})

    assert bench.users.person("anne") is None


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"", b'{"username": "An'])
def test_an_answer_that_makes_no_sense_is_trouble(bench: Bench, content: bytes) -> None:
    bench.upstream.reply = lambda: httpx.Response(200, content=content)

    with pytest.raises(IdentityUnavailableError):
        bench.users.person("anne")


@pytest.mark.parametrize(
    ("error", "word"), [(httpx.ReadTimeout("slow"), "timed out"), (httpx.ConnectError("no"), "unavailable")]
)
def test_no_answer_is_trouble(bench: Bench, error: Exception, word: str) -> None:
    def fail() -> httpx.Response:
        raise error

    bench.upstream.reply = fail

    with pytest.raises(IdentityUnavailableError, match=word):
        bench.users.person("anne")


@pytest.mark.parametrize("key", ["schlüssel", "a\x01b", "a\nb", "\ud800"])
def test_a_key_that_no_header_can_hold_is_nobodys_without_asking(bench: Bench, key: str) -> None:
    assert bench.users.person(key) is None
    assert bench.upstream.keys == []


def test_readers_at_the_same_time_share_one_look_up(bench: Bench) -> None:
    bench.upstream.gate.clear()
    with ThreadPoolExecutor(6) as pool:
        asking = [pool.submit(bench.users.person, "anne") for _ in range(6)]
        bench.upstream.gate.set()
        assert {each.result(timeout=20) for each in asking} == {ANNE}

    assert len(bench.upstream.keys) == 1


def test_too_many_look_ups_at_once_are_refused_at_once(bench: Bench) -> None:
    bench.upstream.gate.clear()
    users = bench.directory(max_lookups=2)
    hanging = [users.look_up(key) for key in ("a", "b")]

    with pytest.raises(IdentityUnavailableError, match="Too many"):
        users.person("c")

    bench.upstream.gate.set()
    assert [each.result(timeout=20).person for each in hanging] == [None, None]


def test_only_so_many_people_are_remembered(bench: Bench) -> None:
    users = bench.directory(max_remembered=2)
    for key in ("one", "two", "three", "one"):
        users.person(key)

    assert bench.upstream.keys == ["one", "two", "three", "one"]


def test_what_is_remembered_holds_no_key(bench: Bench) -> None:
    bench.users.person("anne")

    held = json.dumps({name: repr(value) for name, value in vars(bench.users).items()})
    assert "anne" not in held
