"""Files by address: what servers do, and what is on disk afterwards."""

import gzip
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from file_server import Asked, Reply, always, file_of, in_turn, serve_ranges, serving, sha256

from horde_model_reference import download_engine
from horde_model_reference.client.downloads import run_transfer
from horde_model_reference.client.transfer import Surroundings, Transfer
from horde_model_reference.download_engine import DownloadAborted, DownloadOutcome, download_file

CONTENT = bytes(range(256)) * 1200
QUERY_WORD = "se&cret"
IMPATIENT = Surroundings(retry_pause_seconds=0)


def fetch(
    url: str, destination: Path, *, max_retries: int = 5, expected: str | None = None
) -> DownloadOutcome:
    """Download as the public function does, without rests between tries."""
    return run_transfer(
        Transfer(url=url, destination=destination, max_retries=max_retries, expected_sha256=expected),
        IMPATIENT,
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_brought_into_a_folder_that_is_made_for_it(tmp_path: Path) -> None:
    destination = tmp_path / "new" / "folder" / "model.bin"

    with serving(file_of(CONTENT)) as server:
        outcome = download_file(server.url, destination)

    assert outcome == DownloadOutcome(True, destination, len(CONTENT), sha256(CONTENT))
    assert destination.read_bytes() == CONTENT
    assert names_in(destination.parent) == ["model.bin"]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    with serving(file_of(b"")) as server:
        assert download_file(server.url, str(tmp_path / "f")).success

    assert (tmp_path / "f").read_bytes() == b""
    assert names_in(tmp_path) == ["f"]


def test_an_old_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")

    with serving(file_of(CONTENT)) as server:
        assert download_file(server.url, tmp_path / "f").success

    assert (tmp_path / "f").read_bytes() == CONTENT


@pytest.mark.parametrize("expected", [sha256(CONTENT), sha256(CONTENT).upper(), "FIXME", "fixme", "", None])
def test_a_right_or_unknown_sum_in_any_case_is_fine(tmp_path: Path, expected: str | None) -> None:
    with serving(file_of(CONTENT)) as server:
        outcome = download_file(server.url, tmp_path / "f", expected_sha256=expected)

    assert outcome.success
    assert outcome.sha256 == sha256(CONTENT)


def test_a_file_with_a_wrong_sum_stays_but_is_no_success(tmp_path: Path) -> None:
    with serving(file_of(CONTENT)) as server:
        outcome = download_file(server.url, tmp_path / "f", expected_sha256="0" * 64)

    assert outcome == DownloadOutcome(False, tmp_path / "f", len(CONTENT), sha256(CONTENT))
    assert names_in(tmp_path) == ["f"]
    assert len(server.asked) == 1


def test_the_whole_way_is_reported(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    with serving(file_of(CONTENT)) as server:
        download_file(server.url, tmp_path / "f", progress_callback=lambda *step: seen.append(step))

    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)


@pytest.mark.parametrize("error", [DownloadAborted(), OSError("mine"), KeyError("mine")])
def test_what_the_progress_callback_raises_comes_back_and_the_pieces_stay(
    tmp_path: Path, error: Exception
) -> None:
    def stop(done: int, total: int) -> None:
        del total
        if done:
            raise error

    with serving(file_of(CONTENT)) as server:
        with pytest.raises(type(error)) as raised:
            download_file(server.url, tmp_path / "f", progress_callback=stop)
        assert raised.value is error
        [pieces] = names_in(tmp_path)
        assert pieces == "f.part"
        brought = (tmp_path / "f.part").stat().st_size

        outcome = download_file(server.url, tmp_path / "f", expected_sha256=sha256(CONTENT))

    assert outcome.success
    assert outcome.bytes_written == len(CONTENT) - brought
    assert server.asked[-1].range == f"bytes={brought}-"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_final_refusal_is_not_tried_again(tmp_path: Path, status: int) -> None:
    with serving(always(Reply(status, b"no"))) as server:
        outcome = download_file(server.url, tmp_path / "f")

    assert outcome == DownloadOutcome(False, tmp_path / "f")
    assert len(server.asked) == 1
    assert names_in(tmp_path) == []


def test_other_errors_are_tried_again_until_it_works(tmp_path: Path) -> None:
    answers = in_turn(always(Reply(500)), always(Reply(429)), always(Reply(418)), file_of(CONTENT))

    with serving(answers) as server:
        assert fetch(server.url, tmp_path / "f").success

    assert len(server.asked) == 4


def test_retries_end(tmp_path: Path) -> None:
    with serving(always(Reply(503))) as server:
        assert not fetch(server.url, tmp_path / "f", max_retries=2).success

    assert len(server.asked) == 3
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("host", ["a..b", "." * 3, "a" * 70 + ".example"])
def test_a_host_that_can_not_be_is_a_failure(host: str, tmp_path: Path) -> None:
    outcome = fetch(f"http://{host}/file", tmp_path / "f")

    assert not outcome.success
    assert names_in(tmp_path) == []


def test_an_address_that_is_none_is_a_failure_with_a_token_too(tmp_path: Path) -> None:
    url, to = "http://[half/file", tmp_path / "f"

    outcome = download_file(url, to, auth_query_token=QUERY_WORD, max_retries=0)

    assert not outcome.success


def test_a_server_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    with serving(file_of(CONTENT)) as server:
        url = server.url

    assert not fetch(url, tmp_path / "f", max_retries=1).success


@pytest.mark.parametrize("url", ["", "no address", "ftp://127.0.0.1/f", "file:///etc/passwd", "http://"])
def test_an_address_that_is_none_fails_at_once(tmp_path: Path, url: str) -> None:
    assert not download_file(url, tmp_path / "f").success
    assert names_in(tmp_path) == []


def test_a_connection_that_drops_is_taken_up_where_it_broke(tmp_path: Path) -> None:
    def dropping(asked: Asked) -> Reply:
        reply = serve_ranges(CONTENT, asked)
        reply.drop_after = min(100_000, len(reply.body))
        return reply

    with serving(dropping) as server:
        outcome = fetch(server.url, tmp_path / "f", expected=sha256(CONTENT))

    assert outcome.success
    assert [asked.range for asked in server.asked] == [
        None,
        "bytes=100000-",
        "bytes=200000-",
        "bytes=300000-",
    ]


def test_a_line_that_breaks_more_often_than_there_are_retries_ends_well_if_it_brings_enough(
    tmp_path: Path,
) -> None:
    content = bytes(6 << 20)

    def dropping(asked: Asked) -> Reply:
        reply = serve_ranges(content, asked)
        reply.drop_after = min(3 << 19, len(reply.body))
        return reply

    with serving(dropping) as server:
        assert fetch(server.url, tmp_path / "f", max_retries=1).success

    assert len(server.asked) == 4


def test_pieces_of_an_earlier_run_are_taken_up(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT[:1000])
    seen: list[int] = []

    with serving(file_of(CONTENT)) as server:
        outcome = download_file(
            server.url, tmp_path / "f", progress_callback=lambda done, _: seen.append(done)
        )

    assert outcome == DownloadOutcome(True, tmp_path / "f", len(CONTENT) - 1000, sha256(CONTENT))
    assert seen[0] == 1000
    assert names_in(tmp_path) == ["f"]


def test_a_server_that_ignores_ranges_sends_all_anew(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT[:1000])

    with serving(always(Reply(200, CONTENT))) as server:
        outcome = download_file(server.url, tmp_path / "f")

    assert outcome == DownloadOutcome(True, tmp_path / "f", len(CONTENT), sha256(CONTENT))


def test_a_server_that_sends_another_range_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT[:1000])
    shifted = CONTENT[501:-499]
    wrong = Reply(206, shifted, {"Content-Range": f"bytes 501-{len(CONTENT) - 500}/{len(CONTENT)}"})

    with serving(in_turn(always(wrong), file_of(CONTENT))) as server:
        assert fetch(server.url, tmp_path / "f").sha256 == sha256(CONTENT)

    assert [asked.range for asked in server.asked] == ["bytes=1000-", None]


def test_all_pieces_there_and_a_416_of_the_same_size_is_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT)

    with serving(file_of(CONTENT)) as server:
        outcome = download_file(server.url, tmp_path / "f", expected_sha256=sha256(CONTENT))

    assert outcome == DownloadOutcome(True, tmp_path / "f", 0, sha256(CONTENT))
    assert len(server.asked) == 1


@pytest.mark.parametrize("range_header", [{}, {"Content-Range": "bytes */17"}])
def test_any_other_416_starts_over(tmp_path: Path, range_header: dict[str, str]) -> None:
    (tmp_path / "f.part").write_bytes(b"x" * 400_000)

    with serving(in_turn(always(Reply(416, b"", range_header)), file_of(CONTENT))) as server:
        assert download_file(server.url, tmp_path / "f").sha256 == sha256(CONTENT)

    assert [asked.range for asked in server.asked] == ["bytes=400000-", None]


def test_a_416_to_a_request_for_everything_is_a_failure(tmp_path: Path) -> None:
    with serving(always(Reply(416))) as server:
        assert not fetch(server.url, tmp_path / "f", max_retries=1).success


def test_pieces_of_an_older_version_are_not_mixed_with_the_new_one(tmp_path: Path) -> None:
    def stop(done: int, _: int) -> None:
        if done:
            raise DownloadAborted

    newer = CONTENT[::-1]
    with serving(file_of(CONTENT, tag='"old"')) as server:
        with pytest.raises(DownloadAborted):
            download_file(server.url, tmp_path / "f", progress_callback=stop)
        server.answer = file_of(newer, tag='"new"')

        outcome = download_file(server.url, tmp_path / "f")

    assert outcome.sha256 == sha256(newer)
    assert server.asked[-1].headers["if-range"] == '"old"'
    assert names_in(tmp_path) == ["f"]


def test_wrong_pieces_of_an_earlier_run_are_thrown_away_once_the_sum_shows_them(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(b"x" * 1000)

    with serving(file_of(CONTENT)) as server:
        outcome = download_file(server.url, tmp_path / "f", expected_sha256=sha256(CONTENT))

    assert outcome.success
    assert [asked.range for asked in server.asked] == ["bytes=1000-", None]


def test_redirects_are_followed_unless_told_not_to(tmp_path: Path) -> None:
    def redirecting(asked: Asked) -> Reply:
        if asked.path == "/start":
            return Reply(302, b"", {"Location": "/file"})
        return serve_ranges(CONTENT, asked)

    with serving(redirecting) as server:
        assert download_file(f"{server.url}/start", tmp_path / "f").success
        assert not download_file(f"{server.url}/start", tmp_path / "g", allow_redirects=False).success

    assert [asked.path for asked in server.asked] == ["/start", "/file", "/start"]


def test_redirects_in_a_circle_are_a_failure(tmp_path: Path) -> None:
    with serving(always(Reply(302, b"", {"Location": "/"}))) as server:
        assert not download_file(server.url, tmp_path / "f").success


def test_a_server_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    silent = threading.Event()

    with serving(always(Reply(200, CONTENT, hold=silent))) as server:
        outcome = run_transfer(
            Transfer(url=server.url, destination=tmp_path / "f", max_retries=0),
            Surroundings(timeout_seconds=0.2),
        )
        silent.set()

    assert not outcome.success


class _FallsSilent(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield CONTENT[:1000]
        raise httpx.ReadTimeout("nothing came for too long")


def test_what_came_before_a_server_fell_silent_is_kept(tmp_path: Path) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Length": str(len(CONTENT))}, stream=_FallsSilent())

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        outcome = run_transfer(
            Transfer(url="https://files.example/f", destination=tmp_path / "f", max_retries=0),
            Surroundings(client=client),
        )

    assert not outcome.success
    assert (tmp_path / "f.part").stat().st_size == 1000


def test_a_compressed_answer_is_stored_as_the_file_it_stands_for(tmp_path: Path) -> None:
    packed = Reply(200, gzip.compress(CONTENT), {"Content-Encoding": "gzip"})
    with serving(always(packed)) as server:
        outcome = download_file(server.url, tmp_path / "f")

    assert outcome.sha256 == sha256(CONTENT)
    assert server.asked[0].headers["accept-encoding"] == "identity"


def test_token_and_headers_are_sent_along(tmp_path: Path) -> None:
    with serving(file_of(CONTENT)) as server:
        download_file(
            f"{server.url}/f?a=b%20c",
            tmp_path / "f",
            auth_query_token=QUERY_WORD,
            extra_headers={"X-Mine": "1"},
        )

    assert server.asked[0].path == "/f?a=b%20c&token=se%26cret"
    assert server.asked[0].headers["x-mine"] == "1"


def test_no_address_and_no_token_is_ever_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    redirect = Reply(302, b"", {"Location": "/elsewhere?signature=se%26cret"})

    with serving(in_turn(always(redirect), always(Reply(500)), file_of(CONTENT))) as server:
        transfer = Transfer(url=f"{server.url}/f?token={quote(QUERY_WORD)}", destination=tmp_path / "f")
        assert run_transfer(transfer, IMPATIENT).success
        server.answer = always(Reply(404))
        assert not download_file(server.url, tmp_path / "f", auth_query_token=QUERY_WORD).success

    assert "cret" not in caplog.text
    assert "127.0.0.1" not in caplog.text
    assert "the server answered 404" in caplog.text


def test_the_librarys_own_log_lines_come_back_after_a_download(tmp_path: Path) -> None:
    with serving(file_of(CONTENT)) as server:
        download_file(server.url, tmp_path / "f")

    assert logging.getLogger("httpx").filters == []
    assert logging.getLogger("httpcore.http11").filters == []


def test_without_room_for_all_of_it_nothing_is_fetched(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(file_of(CONTENT)) as server:
        outcome = run_transfer(
            Transfer(url=server.url, destination=tmp_path / "f"),
            Surroundings(free_bytes=lambda _: len(CONTENT) - 1),
        )

    assert not outcome.success
    assert names_in(tmp_path) == []
    assert len(server.asked) == 1
    assert f"{len(CONTENT)} bytes are needed, {len(CONTENT) - 1} are free" in caplog.text


def test_only_the_missing_rest_needs_room(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT[:1000])

    with serving(file_of(CONTENT)) as server:
        outcome = run_transfer(
            Transfer(url=server.url, destination=tmp_path / "f"),
            Surroundings(free_bytes=lambda _: len(CONTENT) - 1000),
        )

    assert outcome.success


def test_a_folder_that_can_not_be_made_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with serving(file_of(CONTENT)) as server:
        assert not download_file(server.url, tmp_path / "file" / "f").success


def test_the_module_loads_without_an_http_library() -> None:
    code = (
        "import sys, horde_model_reference.download_engine, horde_model_reference.component_identity,"
        " horde_model_reference.on_disk_layout, horde_model_reference.annotator_records;"
        "assert not {'httpx', 'fastapi', 'sqlalchemy', 'torch', 'numpy'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_private_name_that_programs_use_is_there() -> None:
    assert callable(download_engine._segmented_download)
