"""Downloads of several processes, and of processes that end in the middle."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from file_server import Reply, always, file_of, in_turn, serving, sha256

from horde_model_reference.download_engine import DownloadOutcome, download_file

CONTENT = bytes(range(256)) * 1200


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.01)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


PROGRAM = """
import sys
from pathlib import Path
from horde_model_reference.download_engine import download_file
url, destination, expected = sys.argv[1:]
outcome = download_file(url, Path(destination), expected_sha256=expected, max_retries=0)
print(outcome.success, outcome.bytes_written)
"""


def a_process(url: str, destination: Path, *, before: str = "") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", before + PROGRAM, url, str(destination), sha256(CONTENT)],
        stdout=subprocess.PIPE,
        text=True,
        env={key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")},
    )


def test_a_killed_download_is_taken_up_by_the_next_process(tmp_path: Path) -> None:
    never = threading.Event()
    half = Reply(200, CONTENT, hold=never, hold_after=150_000)

    with serving(in_turn(always(half), file_of(CONTENT))) as server:
        killed = a_process(server.url, tmp_path / "f")
        part = tmp_path / "f.part"
        wait_for(lambda: part.exists() and part.stat().st_size >= 100_000)
        killed.kill()
        killed.communicate()
        never.set()
        brought = part.stat().st_size
        outcome = download_file(server.url, tmp_path / "f", expected_sha256=sha256(CONTENT))

    assert outcome == DownloadOutcome(True, tmp_path / "f", len(CONTENT) - brought, sha256(CONTENT))
    assert names_in(tmp_path) == ["f"]


def test_two_processes_with_one_destination_fetch_it_once(tmp_path: Path) -> None:
    second_waits = threading.Event()
    held = Reply(200, CONTENT, hold=second_waits, hold_after=1000)

    with serving(always(held)) as server:
        one = a_process(server.url, tmp_path / "f")
        wait_for(lambda: len(server.asked) == 1)
        outcome = download_file(
            server.url,
            tmp_path / "f",
            expected_sha256=sha256(CONTENT),
            progress_callback=lambda *_: second_waits.set(),
        )
        output, _ = one.communicate(timeout=60)

    assert output.split() == ["True", str(len(CONTENT))]
    assert outcome == DownloadOutcome(True, tmp_path / "f", 0, sha256(CONTENT))
    assert len(server.asked) == 1
    assert names_in(tmp_path) == ["f"]


def test_the_waiting_process_takes_over_when_the_first_is_killed(tmp_path: Path) -> None:
    never = threading.Event()
    half = Reply(200, CONTENT, hold=never, hold_after=150_000)

    with serving(in_turn(always(half), file_of(CONTENT))) as server:
        first = a_process(server.url, tmp_path / "f")
        part = tmp_path / "f.part"
        wait_for(lambda: part.exists() and part.stat().st_size >= 100_000)
        second = a_process(server.url, tmp_path / "f")
        first.kill()
        first.communicate()
        output, _ = second.communicate(timeout=60)
        never.set()

    assert output.split()[0] == "True"
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert server.asked[1].range is not None


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limit on the size of files")
def test_a_disk_that_fills_up_fails_the_download_and_keeps_the_pieces(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"

    with serving(file_of(CONTENT)) as server:
        output, _ = a_process(server.url, tmp_path / "f", before=limit).communicate(timeout=60)
        assert output.split()[0] == "False"
        assert names_in(tmp_path) == ["f.part"]

        outcome = download_file(server.url, tmp_path / "f", expected_sha256=sha256(CONTENT))

    assert outcome.success
    assert outcome.bytes_written < len(CONTENT)
