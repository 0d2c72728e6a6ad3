"""A replica learns with one small request that nothing changed, and what did."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from factories import SettableClock
from file_server import Asked, FileServer
from hmr import Server, eventually, serving
from reference_servers import Primary, chain_over, primary_server

from horde_model_reference.domain.categories import Category
from horde_model_reference.sources.chain import ChainTimes, ReplicaChain

CATEGORIES = ["blip", "clip", "esrgan"]
FRESH_SECONDS = 60
TIMES = ChainTimes(fresh_seconds=FRESH_SECONDS, patience_seconds=5)


@pytest.fixture
def primary() -> Primary:
    primary = Primary()
    primary.lists_revisions = True
    return primary


@pytest.fixture
def server(primary: Primary) -> Iterator[FileServer]:
    with primary_server(primary) as server:
        yield server


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(int(time.time()))


@contextmanager
def loaded_chain(
    server: FileServer, folder: Path, clock: SettableClock | None = None
) -> Iterator[ReplicaChain]:
    with chain_over(folder, f"{server.url}/api", None, times=TIMES, clock=clock) as chain:
        for category in CATEGORIES:
            chain.copy(category)
        server.asked.clear()
        yield chain
        rest(chain)


def due(chain: ReplicaChain) -> list[bool]:
    return [chain.is_due(category) for category in CATEGORIES]


def read_all(chain: ReplicaChain) -> None:
    for category in CATEGORIES:
        chain.copy(category)
    rest(chain)


def rest(chain: ReplicaChain) -> None:
    """Wait until nothing is under way."""
    eventually(lambda: not any(chain.status(category).is_refreshing for category in CATEGORIES))


def asked_for(server: FileServer) -> list[str]:
    return [asked.path.rsplit("/", 1)[1] for asked in server.asked]


def test_nothing_changed_costs_one_request_for_all_categories(
    server: FileServer, tmp_path: Path, clock: SettableClock
) -> None:
    with loaded_chain(server, tmp_path, clock) as chain:
        clock.now += FRESH_SECONDS
        read_all(chain)
        first = server.asked.copy()
        clock.now += FRESH_SECONDS
        read_all(chain)

    later = server.asked[len(first) :]
    assert asked_for(server) == ["revisions", "revisions"]
    assert "if-none-match" not in first[0].headers
    assert "if-none-match" in later[0].headers
    assert request_bytes(later[0]) <= 300


def request_bytes(asked: Asked) -> int:
    head = f"GET {asked.path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in asked.headers.items())
    return len(head) + 2


def test_only_what_changed_is_fetched(
    server: FileServer, primary: Primary, tmp_path: Path, clock: SettableClock
) -> None:
    with loaded_chain(server, tmp_path, clock) as chain:
        primary.names = ("newer",)
        clock.now += FRESH_SECONDS
        read_all(chain)

        copy = chain.copy("blip")

    assert asked_for(server) == ["revisions", "blip"]
    assert copy is not None
    assert list(copy.documents) == ["newer"]


def test_a_category_confirmed_late_is_asked_for_with_the_others(
    server: FileServer, tmp_path: Path, clock: SettableClock
) -> None:
    with loaded_chain(server, tmp_path, clock) as chain:
        clock.now += FRESH_SECONDS
        chain.copy("blip")
        rest(chain)
        clock.now += 20
        read_all(chain)

        assert asked_for(server) == ["revisions"]
        assert [chain.status(category).age_seconds for category in CATEGORIES] == [20, 20, 20]
        clock.now += FRESH_SECONDS - 21
        assert due(chain) == [False, False, False]
        clock.now += 1
        assert due(chain) == [True, True, True]


def test_whoever_asks_for_it_gets_what_is_true_now(
    server: FileServer, primary: Primary, tmp_path: Path
) -> None:
    with loaded_chain(server, tmp_path) as chain:
        chain.renew("blip")
        primary.names = ("newer",)

        asked = chain.refresh("blip")
        primary.names = ("newest",)
        chain.mark_due("blip")
        marked = chain.copy("blip")
        eventually(lambda: not chain.status("blip").is_refreshing)
        marked = chain.copy("blip")

    assert asked is not None
    assert list(asked.documents) == ["newer"]
    assert marked is not None
    assert list(marked.documents) == ["newest"]


def test_a_new_process_asks_once_for_all_its_copies(server: FileServer, tmp_path: Path) -> None:
    with loaded_chain(server, tmp_path):
        pass

    with chain_over(tmp_path, f"{server.url}/api", None) as chain:
        read_all(chain)

        assert asked_for(server) == ["revisions"]
        assert chain.status("blip").source == "primary_v2"


def test_a_primary_without_the_list_is_asked_for_each_category(
    server: FileServer, primary: Primary, tmp_path: Path, clock: SettableClock
) -> None:
    primary.lists_revisions = False
    with loaded_chain(server, tmp_path, clock) as chain:
        for _ in range(2):
            clock.now += FRESH_SECONDS
            read_all(chain)

        errors = [chain.status(category).last_error for category in CATEGORIES]

    assert asked_for(server) == ["revisions", *CATEGORIES, *CATEGORIES]
    assert errors == [None, None, None]


def test_a_list_that_makes_no_sense_is_no_list(
    server: FileServer, primary: Primary, tmp_path: Path, clock: SettableClock
) -> None:
    with loaded_chain(server, tmp_path, clock) as chain:
        primary.names = ("newer",)
        primary.revisions_body = b'{"blip": {"etag": 7}}'
        clock.now += FRESH_SECONDS
        read_all(chain)
        copy = chain.copy("blip")

    assert copy is not None
    assert list(copy.documents) == ["newer"]


def test_a_running_service_is_asked_once_when_nothing_changed(tmp_path: Path, clock: SettableClock) -> None:
    with (
        serving(tmp_path / "primary") as server,
        chain_over(tmp_path / "replica", server.base, None, times=TIMES, clock=clock) as chain,
    ):
        for category in Category:
            chain.copy(category)
        mark(server, "before")
        clock.now += FRESH_SECONDS

        for category in Category:
            chain.copy(category)
        eventually(lambda: not any(chain.status(category).is_refreshing for category in Category))

        mark(server, "after")
        log = server.output.partition("?before")[2].partition("?after")[0]
        (asked,) = [line for line in log.splitlines()[:-1] if "GET" in line]
        assert '/v2/revisions"' in asked


def mark(server: Server, word: str) -> None:
    """Put a line with a word into the log of a service, after the lines of all requests before."""
    server.get(f"/heartbeat?{word}")
    eventually(lambda: f"?{word}" in server.output)
