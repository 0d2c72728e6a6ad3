"""Every outage that a replica can meet, over real servers on this machine."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from factories import SettableClock
from file_server import FileServer, serving
from hmr import eventually
from reference_servers import (
    LONG_SECONDS,
    Primary,
    chain_over,
    github_limited,
    github_rubbish,
    github_up,
    legacy_body,
    primary_server,
    refusing,
    v2_body,
)

from horde_model_reference.sources.chain import ChainTimes, ReplicaChain
from horde_model_reference.sources.http import HttpConnection, SourceUnreachableError

GITHUB = {"up": github_up, "limited": github_limited, "rubbish": github_rubbish}


PRIMARIES = (
    "v2",
    "v1",
    "dead",
    "overloaded",
    "fails",
    "cut_off",
    "half_a_body",
    "a_list",
    "rubbish_records",
    "gone",
    "hangs",
)
GITHUBS = ("up", "dead", "limited", "rubbish", "none")
FOLDERS = ("empty", "good", "corrupt", "legacy")


class Outage(NamedTuple):
    primary: str
    github: str
    folder: str

    @property
    def source(self) -> str | None:
        """Where the category is to come from; None: all who answer say that there is none."""
        if self.primary in {"v2", "v1"}:
            return f"primary_{self.primary}"
        if self.github == "up":
            return "github"
        if self.folder in {"good", "legacy"}:
            return "disk" if self.folder == "good" else "legacy_file"
        return None if self.primary == "gone" else "starter"


NAMES = {
    "primary_v2": ["from-v2"],
    "primary_v1": ["from-v1"],
    "github": ["from-github"],
    "disk": ["from-disk"],
    "legacy_file": ["from-legacy-file"],
}
OUTAGES = [Outage(*states) for states in product(PRIMARIES, GITHUBS, FOLDERS)]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def _primary_url(stack: ExitStack, state: str) -> str:
    if state == "dead":
        return stack.enter_context(refusing())
    primary = Primary()
    primary.state = state
    return f"{stack.enter_context(primary_server(primary)).url}/api"


def _github_url(stack: ExitStack, state: str) -> str | None:
    if state == "none":
        return None
    if state == "dead":
        return stack.enter_context(refusing())
    return stack.enter_context(serving(GITHUB[state])).url


def _fill(folder: Path, state: str) -> None:
    folder.mkdir()
    if state == "good":
        (folder / "blip.json").write_bytes(v2_body("from-disk"))
    elif state == "corrupt":
        (folder / "blip.json").write_bytes(v2_body("from-disk")[:30])
    elif state == "legacy":
        (folder / "legacy").mkdir()
        (folder / "legacy" / "blip.json").write_bytes(legacy_body("from-legacy-file"))


@pytest.mark.parametrize("outage", OUTAGES, ids="-".join)
def test_a_category_comes_from_the_best_source_that_is_left(
    outage: Outage, stack: ExitStack, tmp_path: Path
) -> None:
    _fill(tmp_path / "r", outage.folder)
    primary, github = _primary_url(stack, outage.primary), _github_url(stack, outage.github)
    timeout = 1.0 if outage.primary == "hangs" else LONG_SECONDS
    chain = stack.enter_context(chain_over(tmp_path / "r", primary, github, timeout=timeout))
    began = time.monotonic()

    copy = chain.copy("blip")

    if copy is not None and outage.source != "disk" and chain.status("blip").source == "disk":
        copy = chain.refresh("blip")  # the old copy was given out while the other one was on its way
    assert time.monotonic() - began < 5
    assert chain.status("blip").source == outage.source
    assert (copy is None) == (outage.source is None)
    if copy is not None and outage.source in NAMES:
        assert list(copy.documents) == NAMES[outage.source]
    _wait_until_idle(chain)
    is_current = outage.source in {"primary_v2", "primary_v1", "github"}
    if is_current or outage.primary != "gone":
        assert (chain.status("blip").last_error is None) == is_current


def test_a_category_that_fails_leaves_the_others_alone(stack: ExitStack, tmp_path: Path) -> None:
    primary = Primary()
    primary.broken_categories = {"clip"}
    server = stack.enter_context(primary_server(primary))
    chain = stack.enter_context(chain_over(tmp_path, f"{server.url}/api", None))

    chain.copy("clip")
    copy = chain.copy("blip")

    assert copy is not None
    assert chain.status("blip").source == "primary_v2"
    assert chain.status("clip").last_error is not None


def test_a_dead_primary_is_asked_once_per_interval(stack: ExitStack, tmp_path: Path) -> None:
    (tmp_path / "blip.json").write_bytes(v2_body("from-disk"))
    primary = Primary()
    primary.state = "hangs"
    server = stack.enter_context(primary_server(primary))
    times = ChainTimes(fresh_seconds=0, patience_seconds=0.2, retry_seconds=60)
    chain = stack.enter_context(chain_over(tmp_path, f"{server.url}/api", None, times=times, timeout=0.5))

    chain.copy("blip")
    chain.refresh("blip")
    eventually(lambda: server.asked)  # the server may see the request only when nobody waits any more
    for _ in range(20):
        chain.copy("blip")
        chain.copy("clip")

    assert len(server.asked) == 1


def test_readers_get_the_old_copy_at_once_while_it_is_renewed(stack: ExitStack, tmp_path: Path) -> None:
    primary, clock = Primary(), SettableClock(int(time.time()))
    server = stack.enter_context(primary_server(primary))
    times = ChainTimes(fresh_seconds=60, patience_seconds=LONG_SECONDS)
    url = f"{server.url}/api"
    chain = stack.enter_context(chain_over(tmp_path, url, None, times=times, clock=clock))
    chain.copy("blip")
    primary.state = "hangs"
    clock.now += 60
    began = time.monotonic()

    copy = chain.copy("blip")

    assert time.monotonic() - began < times.patience_seconds
    assert copy is not None
    assert chain.status("blip").is_refreshing


def test_what_is_dead_costs_readers_nothing_once_that_is_known(stack: ExitStack, tmp_path: Path) -> None:
    for category in ("blip", "clip", "esrgan"):
        (tmp_path / f"{category}.json").write_bytes(v2_body("from-disk"))
    primary = Primary()
    primary.state = "hangs"
    server = stack.enter_context(primary_server(primary))
    times = ChainTimes(patience_seconds=3)
    chain = stack.enter_context(chain_over(tmp_path, f"{server.url}/api", None, times=times, timeout=6))
    chain.copy("blip")
    began = time.monotonic()

    chain.copy("clip")
    chain.copy("esrgan")

    assert time.monotonic() - began < times.patience_seconds


def test_a_short_outage_does_not_bring_back_older_data(stack: ExitStack, tmp_path: Path) -> None:
    primary, clock = Primary(), SettableClock(int(time.time()))
    server = stack.enter_context(primary_server(primary))
    github = stack.enter_context(serving(github_up))
    times = ChainTimes(fresh_seconds=60)
    url = f"{server.url}/api"
    chain = stack.enter_context(chain_over(tmp_path, url, github.url, times=times, clock=clock))
    chain.copy("blip")
    primary.state = "fails"
    clock.now += 60

    chain.copy("blip")
    _wait_until_idle(chain)

    copy = chain.copy("blip")
    assert copy is not None
    assert list(copy.documents) == ["from-v2"]
    assert "status 500" in str(chain.status("blip").last_error)


def test_a_primary_that_is_overloaded_is_asked_once_and_then_left_in_peace(
    stack: ExitStack, tmp_path: Path
) -> None:
    primary = Primary()
    primary.state = "overloaded"
    server = stack.enter_context(primary_server(primary))
    chain = stack.enter_context(chain_over(tmp_path, f"{server.url}/api", None))

    for category in ("blip", "clip", "esrgan", "gfpgan"):
        chain.copy(category)

    assert [asked.path for asked in server.asked] == ["/api/model_references/v2/blip"]
    assert "status 503" in str(chain.status("blip").last_error)


def test_a_primary_that_comes_back_is_used_again(stack: ExitStack, tmp_path: Path) -> None:
    primary = Primary()
    primary.state = "fails"
    server = stack.enter_context(primary_server(primary))
    chain = stack.enter_context(chain_over(tmp_path, f"{server.url}/api", None))
    chain.copy("blip")
    primary.state = "v2"

    chain.refresh("blip")

    assert chain.status("blip").source == "primary_v2"
    assert chain.status("blip").last_error is None


def test_nothing_changed_costs_one_small_request_over_the_same_connection(
    stack: ExitStack, tmp_path: Path
) -> None:
    server, connections = _counting(stack)
    chain = stack.enter_context(chain_over(tmp_path, f"{server.url}/api", None))
    categories = ["blip", "clip", "esrgan", "gfpgan"]
    for category in categories:
        chain.copy(category)
    asked_before = len(server.asked)

    for category in categories:
        chain.refresh(category)

    later = server.asked[asked_before:]
    assert len(later) == len(categories)
    for asked in later:
        assert "if-none-match" in asked.headers
        head = f"GET {asked.path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in asked.headers.items())
        assert len(head) + 2 <= 300
    assert len(connections) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_process_opens_a_connection_of_its_own(stack: ExitStack) -> None:
    server, connections = _counting(stack)

    subprocess.run([sys.executable, "-c", _FORKING, server.url], check=True, timeout=30)

    assert len(server.asked) == 3
    assert len(connections) == 2


class _ClosingHeaders(Mapping[str, str]):
    """Closes a connection just before its request is sent, as another thread may."""

    def __init__(self, connection: HttpConnection) -> None:
        self._connection = connection

    def __getitem__(self, name: str) -> str:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        self._connection.close()
        return iter(())

    def __len__(self) -> int:
        return 0


def test_a_request_whose_connection_is_closed_under_it_has_no_answer(stack: ExitStack) -> None:
    server = stack.enter_context(primary_server(Primary()))
    connection = HttpConnection(timeout_seconds=10)

    with pytest.raises(SourceUnreachableError, match="closed"):
        connection.get(f"{server.url}/api/model_references/v2/blip", _ClosingHeaders(connection))


_FORKING = """
import os, sys
from horde_model_reference.sources.http import HttpConnection

connection = HttpConnection(timeout_seconds=10)
connection.get(f"{sys.argv[1]}/api/model_references/v2/blip", {})
child = os.fork()
answer = connection.get(f"{sys.argv[1]}/api/model_references/v2/blip", {})
if child:
    _, status = os.waitpid(child, 0)
    sys.exit(status or answer.status != 200)
os._exit(answer.status != 200)
"""


def _counting(stack: ExitStack) -> tuple[FileServer, set[object]]:
    connections: set[object] = set()
    server = stack.enter_context(primary_server(Primary()))
    inner = server._server
    accept = inner.get_request

    def counted() -> object:
        found = accept()
        connections.add(found[1])
        return found

    inner.get_request = counted  # type: ignore[method-assign,assignment] # counts what the server accepts
    return server, connections


def test_an_answer_without_a_tag_is_compared_by_content(stack: ExitStack, tmp_path: Path) -> None:
    primary = Primary()
    primary.state = "without_tags"
    server = stack.enter_context(primary_server(primary))
    chain = stack.enter_context(chain_over(tmp_path, f"{server.url}/api", None))
    before = chain.copy("blip")
    changed_at = (tmp_path / "blip.json").stat().st_mtime_ns

    after = chain.refresh("blip")

    assert before is not None
    assert after is not None
    assert after.tag == before.tag
    assert (tmp_path / "blip.json").stat().st_mtime_ns == changed_at


def _wait_until_idle(chain: ReplicaChain) -> None:
    eventually(lambda: not chain.status("blip").is_refreshing)
