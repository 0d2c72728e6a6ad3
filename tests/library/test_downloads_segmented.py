"""Large files over several connections."""

import threading
from array import array
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from file_server import Answering, Asked, Reply, always, file_of, serve_ranges, serving, sha256

from horde_model_reference.client.downloads import run_transfer
from horde_model_reference.client.segmented import _split, fetch_in_segments
from horde_model_reference.client.transfer import Surroundings, Transfer
from horde_model_reference.download_engine import (
    DownloadAborted,
    DownloadOutcome,
    _segmented_download,
    download_file,
)

IMPATIENT = Surroundings(retry_pause_seconds=0)
SMALLEST = 64 << 20


@pytest.fixture(scope="module")
def content() -> bytes:
    # Counting numbers: a segment in the wrong place would not go unnoticed.
    return array("Q", range((SMALLEST >> 3) + 1)).tobytes()


def segmented(
    url: str,
    destination: Path,
    *,
    expected: str | None = None,
    connections: int = 4,
    progress: Callable[[int, int], None] | None = None,
) -> DownloadOutcome | None:
    return _segmented_download(
        url,
        destination,
        expected_sha256=expected,
        progress_callback=progress,
        extra_headers={"X-Mine": "1"},
        connections=connections,
        max_retries=1,
        allow_redirects=True,
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_large_file_comes_in_segments(tmp_path: Path, content: bytes) -> None:
    seen: list[tuple[int, int]] = []

    with serving(file_of(content, tag='"v"')) as server:
        outcome = segmented(
            server.url,
            tmp_path / "new" / "f",
            expected=sha256(content),
            progress=lambda *step: seen.append(step),
        )

    assert outcome == DownloadOutcome(True, tmp_path / "new" / "f", len(content), sha256(content))
    assert (tmp_path / "new" / "f").read_bytes() == content
    assert names_in(tmp_path / "new") == ["f"]
    assert server.asked[0].range == "bytes=0-0"
    assert len(server.asked) == 5
    assert all(asked.headers["x-mine"] == "1" for asked in server.asked)
    assert all(asked.headers["if-range"] == '"v"' for asked in server.asked[1:])
    assert seen[-1] == (len(content), len(content))


@pytest.mark.parametrize(
    ("size", "connections", "segments"),
    [(SMALLEST, 100, 4), (SMALLEST, 3, 3), (200 << 20, 100, 8), (100 << 20, 8, 6)],
)
def test_segments_are_neither_too_many_nor_too_small(size: int, connections: int, segments: int) -> None:
    split = _split(size, connections)

    assert len(split) == segments
    assert split[0].first == 0
    assert split[-1].end == size
    assert all(one.end == other.first for one, other in pairwise(split))


@pytest.mark.parametrize(
    "answer",
    [
        file_of(b"x" * 1000),
        always(Reply(200, b"x" * 1000)),
        always(Reply(404)),
        always(Reply(206, b"x", {"Content-Range": "bytes 0-0/*"})),
        always(Reply(206, b"x", {"Content-Range": f"bytes 0-0/{SMALLEST - 1}"})),
        always(Reply(302, b"", {"Location": "/"})),
    ],
)
def test_a_file_or_server_that_is_not_fit_for_segments_is_left_to_one_connection(
    tmp_path: Path, answer: Answering
) -> None:
    with serving(answer) as server:
        assert segmented(server.url, tmp_path / "f") is None

    assert names_in(tmp_path) == []


def test_one_connection_is_no_segments(tmp_path: Path) -> None:
    with serving(file_of(b"x")) as server:
        assert segmented(server.url, tmp_path / "f", connections=1) is None

    assert server.asked == []


def test_a_small_file_over_many_connections_comes_over_one(tmp_path: Path) -> None:
    with serving(file_of(b"small")) as server:
        assert download_file(server.url, tmp_path / "f", connections=8).success

    assert [asked.range for asked in server.asked] == ["bytes=0-0", None]


def test_a_server_that_fails_in_segments_is_tried_with_one_connection(tmp_path: Path, content: bytes) -> None:
    def only_from_the_start(asked: Asked) -> Reply:
        if asked.range in {None, "bytes=0-0"}:
            return serve_ranges(content, asked)
        return Reply(503)

    with serving(only_from_the_start) as server:
        outcome = run_transfer(
            Transfer(url=server.url, destination=tmp_path / "f", connections=2, max_retries=1), IMPATIENT
        )

    assert outcome.success
    assert names_in(tmp_path) == ["f"]


def test_a_segment_that_breaks_off_is_taken_up_where_it_broke(tmp_path: Path, content: bytes) -> None:
    to_break = threading.Semaphore(1)  # the segments are asked for at the same time

    def breaking_once(asked: Asked) -> Reply:
        reply = serve_ranges(content, asked)
        if len(reply.body) > 1 and to_break.acquire(blocking=False):
            reply.drop_after = 100_000
        return reply

    with serving(breaking_once) as server:
        outcome = fetch_in_segments(
            Transfer(
                url=server.url,
                destination=tmp_path / "f",
                connections=2,
                max_retries=1,
                expected_sha256=sha256(content),
            ),
            IMPATIENT,
        )

    assert outcome is not None
    assert outcome.success
    assert len(server.asked) == 4


def test_a_server_that_sends_other_ranges_is_not_believed(tmp_path: Path, content: bytes) -> None:
    def same_bytes_always(asked: Asked) -> Reply:
        if asked.range == "bytes=0-0":
            return serve_ranges(content, asked)
        length = len(serve_ranges(content, asked).body)
        return Reply(206, content[:length], {"Content-Range": f"bytes 0-{length - 1}/{len(content)}"})

    with serving(same_bytes_always) as server:
        assert segmented(server.url, tmp_path / "f") is None

    assert names_in(tmp_path) == []


def test_a_file_that_changes_between_its_segments_is_not_put_together(tmp_path: Path, content: bytes) -> None:
    def changing(asked: Asked) -> Reply:
        return serve_ranges(content, asked, tag='"old"' if asked.range == "bytes=0-0" else '"new"')

    with serving(changing) as server:
        assert segmented(server.url, tmp_path / "f") is None


def test_the_progress_callback_stops_all_connections(tmp_path: Path, content: bytes) -> None:
    held = threading.Event()

    def holding(asked: Asked) -> Reply:
        reply = serve_ranges(content, asked)
        if len(reply.body) > 1:
            reply.hold, reply.hold_after = held, 1 << 20
        return reply

    def stop(done: int, _: int) -> None:
        if done:
            held.set()
            raise DownloadAborted

    with serving(holding) as server, pytest.raises(DownloadAborted):
        segmented(server.url, tmp_path / "f", progress=stop)

    assert names_in(tmp_path) == []


def test_a_wrong_sum_is_told_and_the_file_stays(tmp_path: Path, content: bytes) -> None:
    with serving(file_of(content)) as server:
        outcome = segmented(server.url, tmp_path / "f", expected="0" * 64)

    assert outcome is not None
    assert not outcome.success
    assert names_in(tmp_path) == ["f"]


def test_pieces_of_one_connection_are_taken_up_instead_of_starting_over(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "f.part").write_bytes(content[:-1000])

    with serving(file_of(content)) as server:
        outcome = download_file(server.url, tmp_path / "f", connections=8, expected_sha256=sha256(content))

    assert outcome == DownloadOutcome(True, tmp_path / "f", 1000, sha256(content))


def test_without_room_no_segment_is_fetched(tmp_path: Path, content: bytes) -> None:
    with serving(file_of(content)) as server:
        outcome = run_transfer(
            Transfer(url=server.url, destination=tmp_path / "f", connections=4),
            Surroundings(free_bytes=lambda _: len(content) - 1),
        )

    assert not outcome.success
    assert names_in(tmp_path) == []
    assert len(server.asked) == 2
