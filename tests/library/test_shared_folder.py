"""One folder, several processes: killed, full, damaged, and all at once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import SettableClock
from file_server import Asked, Reply, serving
from hmr import eventually
from reference_servers import Primary, chain_over, primary_server, v2_body

from horde_model_reference.sources.chain import ChainTimes
from horde_model_reference.sources.copies import CategoryCopy, Origin
from horde_model_reference.sources.copy_folder import CopyFolder

WRITER = """
import sys
from pathlib import Path
from horde_model_reference.sources.copies import CategoryCopy, Origin
from horde_model_reference.sources.copy_folder import CopyFolder
folder = CopyFolder(Path(sys.argv[1]))
bodies = [Path(name).read_bytes() for name in sys.argv[2:]]
print("writing", flush=True)
while True:
    for body in bodies:
        copy = CategoryCopy(category="blip", content=body, origin=Origin.primary_v2, checked_at=1.0)
        folder.write(copy)
"""
READER = """
import sys
from pathlib import Path
from horde_model_reference.backends import GitHubBackend, HTTPBackend
from horde_model_reference import ModelReferenceManager
github = GitHubBackend(base_path=sys.argv[2])
backend = HTTPBackend(primary_api_url=sys.argv[1], github_backend=github, enable_github_fallback=False)
manager = ModelReferenceManager(backend=backend)
for _ in range(int(sys.argv[3])):
    assert manager.get_model_reference("blip", overwrite_existing=True)
print(manager.status()["blip"].source)
"""


def _bodies(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "a", tmp_path / "b"]
    for number, file in enumerate(files):
        file.write_bytes(v2_body(*(f"{number}-{row}" for row in range(3000))))
    return files


def test_a_process_killed_while_it_writes_leaves_a_whole_file(tmp_path: Path) -> None:
    files = _bodies(tmp_path)
    whole = {file.read_bytes() for file in files}
    for number in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "r"), *map(str, files)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        _wait_for(tmp_path / "r" / "blip.json")
        time.sleep(0.01 * number)  # so that each is killed at another moment

        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()

        copy = CopyFolder(tmp_path / "r").read("blip")
        assert copy is not None
        assert copy.content in whole


def test_readers_beside_a_writer_always_see_a_whole_file(tmp_path: Path) -> None:
    files = _bodies(tmp_path)
    whole = {file.read_bytes() for file in files}
    folder = CopyFolder(tmp_path / "r")
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "r"), *map(str, files)], stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    _wait_for(tmp_path / "r" / "blip.json")

    try:
        seen = [folder.read("blip") for _ in range(100)]
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()

    assert all(copy is not None and copy.content in whole for copy in seen)


def test_two_processes_refresh_one_folder(tmp_path: Path) -> None:
    primary = Primary()
    calls: list[str] = []

    def changing(asked: Asked) -> Reply:
        calls.append(asked.path)
        primary.names = (f"version-{len(calls)}",)
        return primary(asked)

    with serving(changing) as server:
        arguments = [f"{server.url}/api", str(tmp_path), "10"]
        processes = [
            subprocess.Popen([sys.executable, "-c", READER, *arguments], stdout=subprocess.PIPE)
            for _ in range(2)
        ]
        answers = [process.communicate(timeout=60)[0] for process in processes]

    assert answers == [b"primary_v2\n"] * 2
    copy = CopyFolder(tmp_path).read("blip")
    assert copy is not None
    assert len(copy.documents) == 1
    assert list(tmp_path.glob("**/*.tmp")) == []


def test_what_one_process_found_current_another_need_not_ask(tmp_path: Path) -> None:
    times, clock = ChainTimes(fresh_seconds=60), SettableClock(int(time.time()))
    with (
        primary_server(Primary()) as server,
        chain_over(tmp_path, f"{server.url}/api", None, times=times, clock=clock) as one,
        chain_over(tmp_path, f"{server.url}/api", None, times=times, clock=clock) as other,
    ):
        one.copy("blip")
        other.copy("blip")
        clock.now += 60
        other.refresh("blip")
        asked_before = len(server.asked)

        one.copy("blip")

        assert not one.status("blip").is_refreshing
        assert len(server.asked) == asked_before


def test_a_file_damaged_beneath_a_replica_is_fetched_again(tmp_path: Path) -> None:
    with primary_server(Primary()) as server:
        with chain_over(tmp_path, f"{server.url}/api", None) as chain:
            chain.copy("blip")
        (tmp_path / "blip.json").write_bytes(b'{"from-v2": {"na')

        with chain_over(tmp_path, f"{server.url}/api", None) as chain:
            copy = chain.copy("blip")

    assert copy is not None
    assert list(copy.documents) == ["from-v2"]
    assert json.loads((tmp_path / "blip.json").read_bytes()).keys() == {"from-v2"}


def test_a_note_counts_only_for_the_content_it_is_about(tmp_path: Path) -> None:
    with primary_server(Primary()) as server:
        with chain_over(tmp_path, f"{server.url}/api", None) as chain:
            chain.copy("blip")
        (tmp_path / "blip.json").write_bytes(v2_body("changed-by-hand"))

        with chain_over(tmp_path, f"{server.url}/api", None) as chain:
            chain.copy("blip")
            # On a slow machine the copy at hand is given out while the new one is still fetched.
            eventually(lambda: json.loads((tmp_path / "blip.json").read_bytes()).keys() == {"from-v2"})

        assert "if-none-match" not in server.asked[-1].headers


def test_a_folder_that_can_not_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")

    with (
        primary_server(Primary()) as server,
        chain_over(tmp_path / "file" / "r", f"{server.url}/api", None) as chain,
    ):
        copy = chain.copy("blip")

    assert copy is not None
    assert list(copy.documents) == ["from-v2"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = CopyFolder(tmp_path)
    old = CategoryCopy(category="blip", content=v2_body("old"), origin=Origin.primary_v2, checked_at=1.0)
    new = CategoryCopy(category="blip", content=v2_body("new"), origin=Origin.primary_v2, checked_at=2.0)
    folder.write(old)
    opened = Path.open
    full = Path("/dev/full")

    def open_on_full_disk(path: Path, mode: str = "r") -> object:
        return opened(full if path.suffix == ".tmp" else path, mode)

    monkeypatch.setattr(Path, "open", open_on_full_disk)
    was_written = folder.write(new)
    monkeypatch.undo()

    kept = folder.read("blip")
    assert not was_written
    assert kept is not None
    assert kept.content == old.content


def test_what_a_killed_process_left_is_removed_in_time(tmp_path: Path) -> None:
    left = tmp_path / ".blip.json.0123.tmp"
    left.write_bytes(b"{")
    os.utime(left, (1, 1))

    CopyFolder(tmp_path).write(
        CategoryCopy(category="blip", content=v2_body("a"), origin=Origin.primary_v2, checked_at=1.0)
    )

    assert not left.exists()


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_copy_that_could_not_be_kept_is_kept_as_soon_as_it_can_be(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.write_text("a file where the folder belongs")
    times = ChainTimes(fresh_seconds=0)
    with (
        primary_server(Primary()) as server,
        chain_over(folder, f"{server.url}/api", None, times=times) as chain,
    ):
        chain.refresh("blip")
        folder.unlink()

        chain.refresh("blip")

        kept = CopyFolder(folder).read("blip")
    assert kept is not None
    assert list(kept.documents) == ["from-v2"]


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_text("{")], ids=["gone", "broken"])
def test_a_copy_that_was_lost_is_kept_anew(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    times = ChainTimes(fresh_seconds=0)
    with (
        primary_server(Primary()) as server,
        chain_over(tmp_path, f"{server.url}/api", None, times=times) as chain,
    ):
        chain.refresh("blip")
        harm(tmp_path / "blip.json")

        chain.refresh("blip")

    kept = CopyFolder(tmp_path).read("blip")
    assert kept is not None
    assert list(kept.documents) == ["from-v2"]


def test_two_processes_that_have_the_same_copy_write_it_once(tmp_path: Path) -> None:
    times = ChainTimes(fresh_seconds=0)
    with (
        primary_server(Primary()) as server,
        chain_over(tmp_path, f"{server.url}/api", None, times=times) as one,
        chain_over(tmp_path, f"{server.url}/api", None, times=times) as other,
    ):
        one.refresh("blip")
        written = CopyFolder(tmp_path).signature("blip")

        for chain in (other, one, other, one):
            chain.refresh("blip")

    assert CopyFolder(tmp_path).signature("blip") == written
