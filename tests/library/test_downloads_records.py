"""All files of a model, and the sums of parts of files that lie on a server."""

import json
import struct
from pathlib import Path

import httpx
import pytest
from file_server import Answering, Asked, Reply, always, file_of, serve_ranges, serving, sha256

from horde_model_reference.component_hash import (
    ComponentKind,
    HttpRangeRegionReader,
    RangeNotSupportedError,
    hash_embedded_component_url,
    hash_standalone_component_file,
    hash_standalone_component_url,
)
from horde_model_reference.domain.record_parts import DownloadRecord, GenericModelRecordConfig
from horde_model_reference.domain.records import (
    ClipModelRecord,
    GenericModelRecord,
    LoraModelRecord,
    TextGenerationModelRecord,
)
from horde_model_reference.download_engine import DownloadAborted, download_record_files, sha256_of

FILES = {"/one": b"first file" * 100, "/two": b"second file" * 100}


def serve_files(asked: Asked) -> Reply:
    content = FILES.get(asked.path)
    return Reply(404) if content is None else serve_ranges(content, asked)


def a_file(name: str, url: str, *, sum_: str = "FIXME", purpose: str | None = None) -> DownloadRecord:
    return DownloadRecord(file_name=name, file_url=url, sha256sum=sum_, file_purpose=purpose)


def a_model(*files: DownloadRecord) -> ClipModelRecord:
    return ClipModelRecord(name="ViT", config=GenericModelRecordConfig(download=list(files)))


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_all_files_of_a_model_are_brought_to_their_folders(tmp_path: Path) -> None:
    with serving(serve_files) as server:
        model = a_model(
            a_file("one.bin", f"{server.url}/one", sum_=sha256(FILES["/one"]).upper()),
            a_file("two.bin", f"{server.url}/two", purpose="vae"),
        )
        assert download_record_files(model, tmp_path)

    assert (tmp_path / "clip" / "one.bin").read_bytes() == FILES["/one"]
    assert (tmp_path / "vae" / "two.bin").read_bytes() == FILES["/two"]
    assert files_below(tmp_path) == ["clip/one.bin", "clip/one.sha256", "vae/two.bin", "vae/two.sha256"]


def test_files_that_are_there_and_right_or_unknown_are_kept(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "one.bin").write_bytes(FILES["/one"])
    (tmp_path / "clip" / "two.bin").write_bytes(b"anything")

    with serving(serve_files) as server:
        model = a_model(
            a_file("one.bin", f"{server.url}/one", sum_=sha256(FILES["/one"])),
            a_file("two.bin", f"{server.url}/two"),
        )
        assert download_record_files(model, str(tmp_path))

    assert server.asked == []


def test_a_file_with_a_wrong_sum_is_fetched_again(tmp_path: Path) -> None:
    path = tmp_path / "clip" / "one.bin"
    path.parent.mkdir()
    path.write_bytes(b"broken")
    sha256_of(path)

    with serving(serve_files) as server:
        model = a_model(a_file("one.bin", f"{server.url}/one", sum_=sha256(FILES["/one"])))
        assert download_record_files(model, tmp_path)

    assert path.read_bytes() == FILES["/one"]
    assert sha256_of(path) == sha256(FILES["/one"])


def test_a_file_with_a_wrong_sum_is_gone_even_if_it_can_not_be_fetched(tmp_path: Path) -> None:
    path = tmp_path / "clip" / "one.bin"
    path.parent.mkdir()
    path.write_bytes(b"broken")

    with serving(serve_files) as server:
        model = a_model(a_file("one.bin", f"{server.url}/none", sum_=sha256(FILES["/one"])))
        assert not download_record_files(model, tmp_path)

    assert files_below(tmp_path) == []


def test_one_file_that_fails_does_not_keep_the_others_away(tmp_path: Path) -> None:
    with serving(serve_files) as server:
        model = a_model(
            a_file("none.bin", f"{server.url}/none"),
            a_file("empty.bin", ""),
            a_file("one.bin", f"{server.url}/one"),
        )
        assert not download_record_files(model, tmp_path)

    assert (tmp_path / "clip" / "one.bin").exists()


def test_a_model_without_files_or_folder_is_no_success(tmp_path: Path) -> None:
    text = TextGenerationModelRecord(
        name="t", parameters_count=7, config=GenericModelRecordConfig(download=[a_file("t.gguf", "")])
    )

    assert not download_record_files(a_model(), tmp_path)
    assert not download_record_files(text, tmp_path)


@pytest.mark.parametrize(
    "name", ["../../stolen", "../stolen", "a/../../../stolen", "..\\..\\stolen", "ABSOLUTE", "", "a\0b"]
)
def test_nothing_is_written_or_removed_outside_the_root(tmp_path: Path, name: str) -> None:
    root = tmp_path / "deep" / "root"
    root.mkdir(parents=True)
    victim = tmp_path / "deep" / "stolen"
    victim.write_bytes(b"precious")
    (tmp_path / "stolen").write_bytes(b"precious")
    file_name = str(victim) if name == "ABSOLUTE" else name

    with serving(serve_files) as server:
        model = a_model(a_file(file_name, f"{server.url}/one", sum_=sha256(FILES["/one"])))
        assert not download_record_files(model, root)

    assert files_below(tmp_path) == ["deep/stolen", "stolen"]
    assert victim.read_bytes() == b"precious"
    assert server.asked == []


def test_a_name_inside_a_folder_gets_its_folder(tmp_path: Path) -> None:
    with serving(serve_files) as server:
        assert download_record_files(a_model(a_file("sub/one.bin", f"{server.url}/one")), tmp_path)

    assert (tmp_path / "clip" / "sub" / "one.bin").exists()


def test_files_that_other_programs_fetch_are_only_looked_at(tmp_path: Path) -> None:
    (tmp_path / "lora").mkdir()
    (tmp_path / "lora" / "one.bin").write_bytes(b"broken")
    with serving(serve_files) as server:
        files = [a_file("one.bin", f"{server.url}/one", sum_=sha256(FILES["/one"]))]
        lora: GenericModelRecord = LoraModelRecord(name="l", config=GenericModelRecordConfig(download=files))
        assert not download_record_files(lora, tmp_path)
        (tmp_path / "lora" / "one.bin").write_bytes(FILES["/one"])
        assert download_record_files(lora, tmp_path)

    assert server.asked == []


def test_stopping_stops_all_files(tmp_path: Path) -> None:
    def stop(*_: int) -> None:
        raise DownloadAborted

    with serving(serve_files) as server:
        model = a_model(a_file("one.bin", f"{server.url}/one"), a_file("two.bin", f"{server.url}/two"))
        with pytest.raises(DownloadAborted):
            download_record_files(model, tmp_path, progress_callback=stop)

    assert [asked.path for asked in server.asked] == ["/one"]


def test_a_folder_in_place_of_a_file_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "clip" / "one.bin").mkdir(parents=True)

    with serving(serve_files) as server:
        model = a_model(a_file("one.bin", f"{server.url}/one", sum_=sha256(FILES["/one"])))
        assert not download_record_files(model, tmp_path)


def a_checkpoint(prefix: str = "") -> bytes:
    parts = {f"{prefix}a": b"aaaa", f"{prefix}b": b"bb"} | (
        {"model.weight": b"m" * 100_000} if prefix else {}
    )
    header, data = {}, b""
    for name, content in parts.items():
        span = [len(data), len(data) + len(content)]
        header[name] = {"dtype": "I8", "shape": [len(content)], "data_offsets": span}
        data += content
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_a_part_of_a_remote_checkpoint_is_hashed_without_fetching_the_rest(tmp_path: Path) -> None:
    (tmp_path / "vae.safetensors").write_bytes(a_checkpoint())
    fetched: list[int] = []

    def counting(asked: Asked) -> Reply:
        reply = serve_ranges(a_checkpoint("first_stage_model."), asked)
        fetched.append(len(reply.body))
        return reply

    with serving(counting) as server:
        remote = hash_embedded_component_url(server.url, ComponentKind.VAE)

    assert remote == hash_standalone_component_file(tmp_path / "vae.safetensors")
    assert sum(fetched) < 1000


def test_an_open_client_may_be_used_and_stays_open(tmp_path: Path) -> None:
    (tmp_path / "vae.safetensors").write_bytes(a_checkpoint())

    with serving(file_of(a_checkpoint())) as server, httpx.Client() as client:
        remote = hash_standalone_component_url(server.url, client)
        assert not client.is_closed

    assert remote == hash_standalone_component_file(tmp_path / "vae.safetensors")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (always(Reply(200, a_checkpoint())), RangeNotSupportedError),
        (always(Reply(206, b"12345678", {"Content-Range": "bytes 9-16/100"})), RangeNotSupportedError),
        (always(Reply(404)), OSError),
        (always(Reply(206, b"123", {"Content-Range": "bytes 0-7/100"}, drop_after=1)), OSError),
    ],
)
def test_a_server_that_sends_no_pieces_can_not_be_read_from(
    answer: Answering, error: type[Exception]
) -> None:
    with serving(answer) as server, HttpRangeRegionReader(server.url) as reader, pytest.raises(error):
        reader.read(0, 8)


def test_reading_behind_the_end_gives_nothing() -> None:
    with serving(file_of(b"abc")) as server, HttpRangeRegionReader(server.url) as reader:
        assert reader.read(0, 10) == b"abc"
        assert reader.read(10, 10) == b""
        assert reader.read(0, 0) == b""

    assert len(server.asked) == 2
