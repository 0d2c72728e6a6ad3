"""`hmr models`: the files of models from real servers to a real disk."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from file_server import Answering, Asked, FileServer, Reply, serve_ranges, serving, sha256
from hmr import COMMAND, Finished, environment, eventually, here, is_one_line

FILES = {"/one": b"first file" * 100, "/two": b"second file" * 100, "/open": b"nobody took a sum"}
REFERENCE = "/api/model_references/v2/"


def a_document(name: str, *files: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"record_type": "clip", "name": name, "config": {"download": list(files)}, **fields}


def a_file(url: str, *, content: bytes | None = None, name: str | None = None) -> dict[str, Any]:
    described: dict[str, Any] = {"file_name": name or url.rsplit("/", 1)[-1], "file_url": url}
    if content is not None:
        described |= {"sha256sum": sha256(content), "size_bytes": len(content)}
    return described


class Horde:
    """A PRIMARY and the server of files, in one."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.images: dict[str, dict[str, Any]] = {}
        self.serve_file: Answering = self._serve_file

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.startswith("/api/"):
            if asked.path == f"{REFERENCE}clip":
                return Reply(200, json.dumps(self.documents).encode())
            if asked.path == f"{REFERENCE}image_generation":
                return Reply(200, json.dumps(self.images).encode())
            return Reply(200, b"{}") if asked.path.startswith(REFERENCE) else Reply(404)
        return self.serve_file(asked)

    def add(self, document: dict[str, Any]) -> None:
        self.documents[document["name"]] = document

    def _serve_file(self, asked: Asked) -> Reply:
        content = FILES.get(asked.path.split("?")[0])
        return Reply(404) if content is None else serve_ranges(content, asked, tag='"1"')


@pytest.fixture
def horde() -> Horde:
    return Horde()


@pytest.fixture
def server(horde: Horde) -> Iterator[FileServer]:
    with serving(horde) as server:
        horde.add(a_document("One", a_file(f"{server.url}/one", content=FILES["/one"])))
        horde.add(
            a_document(
                "Two",
                a_file(f"{server.url}/two", content=FILES["/two"]),
                a_file(f"{server.url}/open"),
            )
        )
        yield server


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return tmp_path / "weights"


def variables(server: FileServer, **more: str) -> dict[str, str]:
    return {"OFFLINE": "false", "PRIMARY_API_URL": f"{server.url}/api", **more}


def models(server: FileServer, weights: Path, *arguments: str, **more: str) -> Finished:
    return here("models", *arguments, "--weights", weights, cwd=None, **variables(server, **more))


def results(finished: Finished) -> dict[str, str]:
    return {file["file_name"]: file["result"] for file in finished.json["files"]}


def files_asked_for(server: FileServer) -> list[str]:
    return [asked.path for asked in server.asked if not asked.path.startswith("/api/")]


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_plan_tells_files_bytes_and_room_and_asks_no_file_server(server: FileServer, weights: Path) -> None:
    put(weights / "clip" / "one", FILES["/one"])

    planned = models(server, weights, "plan", "--json")

    assert planned.status == 0
    assert [
        (file["file_name"], file["presence"], file["bytes_to_fetch"]) for file in planned.json["files"]
    ] == [
        ("one", "present", 0),
        ("two", "missing", len(FILES["/two"])),
        ("open", "missing", None),
    ]
    assert planned.json["bytes_to_fetch"] == len(FILES["/two"])
    assert planned.json["files_of_unknown_size"] == 1
    (disk,) = planned.json["disks"]
    assert disk["bytes_left"] == disk["free_bytes"] - len(FILES["/two"])
    assert files_asked_for(server) == []


def test_a_plan_for_people_sums_up(server: FileServer, weights: Path) -> None:
    planned = models(server, weights, "plan")

    assert planned.status == 0
    assert "3 files: 3 missing" in planned.out
    assert "2.1 kB and 1 files of unknown size to fetch" in planned.out
    assert "left afterwards" in planned.out


def test_what_does_not_fit_on_the_disk_is_not_begun(server: FileServer, horde: Horde, weights: Path) -> None:
    huge = a_file(f"{server.url}/one") | {"size_bytes": 10**18}
    horde.add(a_document("Huge", huge))

    planned = models(server, weights, "plan", "Huge", "--json")
    fetched = models(server, weights, "download", "Huge", "One")

    assert (planned.status, fetched.status) == (6, 6)
    assert planned.json["fits"] is False
    assert "too little room" in fetched.error
    assert files_asked_for(server) == []


def test_a_download_brings_what_is_missing_and_checks_all(server: FileServer, weights: Path) -> None:
    put(weights / "clip" / "two", FILES["/two"])

    fetched = models(server, weights, "download", "--all", "--json")

    assert fetched.status == 0
    assert results(fetched) == {"one": "fetched", "two": "kept", "open": "fetched"}
    assert fetched.json["counts"] == {"fetched": 2, "kept": 1}
    assert (weights / "clip" / "one").read_bytes() == FILES["/one"]
    assert files_asked_for(server) == ["/one", "/open"]


def test_a_second_download_fetches_nothing(server: FileServer, weights: Path) -> None:
    models(server, weights, "download", "--all")
    server.asked.clear()

    again = models(server, weights, "download", "--all", "--json")

    assert set(results(again).values()) == {"kept"}
    assert files_asked_for(server) == []


def test_a_wrong_file_is_fetched_anew(server: FileServer, weights: Path) -> None:
    path = put(weights / "clip" / "one", bytes(len(FILES["/one"])))

    fetched = models(server, weights, "download", "One", "--json")

    assert results(fetched) == {"one": "fetched"}
    assert path.read_bytes() == FILES["/one"]


def test_a_file_that_can_not_be_fetched_keeps_no_other_away(
    server: FileServer, horde: Horde, weights: Path
) -> None:
    horde.documents = {"Gone": a_document("Gone", a_file(f"{server.url}/gone")), **horde.documents}

    fetched = models(server, weights, "download", "--all", "--json")

    assert fetched.status == 1
    assert results(fetched) == {"gone": "failed", "one": "fetched", "two": "fetched", "open": "fetched"}
    assert "1 of 4 files" in fetched.error


def test_a_file_with_another_sum_than_declared_is_a_failure(
    server: FileServer, horde: Horde, weights: Path
) -> None:
    horde.add(a_document("Lie", a_file(f"{server.url}/one", name="lie") | {"sha256sum": "0" * 64}))

    fetched = models(server, weights, "download", "Lie", "--json")

    assert fetched.status == 1
    assert results(fetched) == {"lie": "failed"}


def test_everything_is_only_downloaded_on_request(server: FileServer, weights: Path) -> None:
    refused = models(server, weights, "download")

    assert refused.status == 2
    assert "--all" in refused.error
    assert files_asked_for(server) == []


def test_an_interrupted_download_is_taken_up_by_the_next(
    server: FileServer, horde: Horde, weights: Path
) -> None:
    content = bytes(range(256)) * 4000
    never = threading.Event()
    horde.add(a_document("Long", a_file(f"{server.url}/long", content=content)))
    horde.serve_file = lambda _: Reply(200, content, {"ETag": '"1"'}, hold=never, hold_after=600_000)
    part = weights / "clip" / "long.part"

    with interruptible(
        [COMMAND, "models", "download", "Long", "--weights", str(weights)],
        env=environment(**variables(server)),
    ) as process:
        eventually(lambda: part.exists() and part.stat().st_size >= 300_000)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    never.set()
    planned = models(server, weights, "plan", "Long", "--json")
    horde.serve_file = lambda asked: serve_ranges(content, asked, tag='"1"')
    fetched = models(server, weights, "download", "Long", "--json")

    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert planned.json["files"][0]["presence"] == "partial"
    assert planned.json["bytes_to_fetch"] < len(content)
    assert results(fetched) == {"long": "fetched"}
    assert (server.asked[-1].range or "").startswith("bytes=")
    assert (weights / "clip" / "long").read_bytes() == content


@contextmanager
def interruptible(command: list[str], *, env: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Start a program that heeds an interrupt, as those of a background job do not; kill what is left."""
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, ours)
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_verify_tells_right_wrong_and_missing_files(server: FileServer, horde: Horde, weights: Path) -> None:
    put(weights / "clip" / "one", FILES["/one"])
    put(weights / "clip" / "two", bytes(len(FILES["/two"])))
    horde.add(a_document("Absent", a_file(f"{server.url}/absent", content=b"x")))

    verified = models(server, weights, "verify", "--json")

    assert verified.status == 1
    assert results(verified) == {"one": "right", "two": "wrong", "open": "missing"}
    assert files_asked_for(server) == []


def test_what_is_right_verifies_with_0(server: FileServer, weights: Path) -> None:
    models(server, weights, "download", "--all")

    verified = models(server, weights, "verify")

    assert verified.status == 0
    assert "unchecked" in verified.out


def test_a_named_model_that_is_not_there_fails_verification(server: FileServer, weights: Path) -> None:
    verified = models(server, weights, "verify", "One", "--json")

    assert verified.status == 1
    assert results(verified) == {"one": "missing"}


def test_a_file_that_changed_under_its_side_file_is_found_when_read_anew(
    server: FileServer, weights: Path
) -> None:
    models(server, weights, "download", "One")
    path = weights / "clip" / "one"
    before = path.stat()
    path.write_bytes(bytes(len(FILES["/one"])))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    trusting = models(server, weights, "verify", "One", "--json")
    anew = models(server, weights, "verify", "One", "--anew", "--json")
    later = models(server, weights, "verify", "One", "--json")

    assert [results(each)["one"] for each in (trusting, anew, later)] == ["right", "wrong", "wrong"]


def test_the_token_goes_to_its_host_only(server: FileServer, weights: Path) -> None:
    models(server, weights, "download", "One", "--token", "secret")
    kept_back = files_asked_for(server)
    (weights / "clip" / "one").unlink()
    models(server, weights, "download", "One", "--token", "secret", "--token-host", "127.0.0.1")

    assert kept_back == ["/one"]
    assert files_asked_for(server)[1:] == ["/one?token=secret"]


@pytest.mark.parametrize("command", ["plan", "download", "verify"])
def test_an_unknown_model_ends_with_1_and_a_similar_name(
    server: FileServer, weights: Path, command: str
) -> None:
    unknown = models(server, weights, command, "Onee")

    assert unknown.status == 1
    assert unknown.error == "there is no model 'Onee'; there is 'One'"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--baseline", "nonsense"], "there is no baseline 'nonsense'"),
        (["--category", "text_generation"], "no place among the weights"),
        (["--category", "nonsense"], "nonsense"),
    ],
)
def test_a_wrong_filter_ends_with_2(
    server: FileServer, weights: Path, arguments: list[str], says: str
) -> None:
    refused = models(server, weights, "plan", *arguments)

    assert refused.status == 2
    assert says in refused.error
    assert is_one_line(refused.err)


def test_a_baseline_that_only_records_name_is_one(server: FileServer, horde: Horde, weights: Path) -> None:
    # The PRIMARY may have baselines that came after this program.
    horde.images["Umbra"] = a_document(
        "Umbra", a_file(f"{server.url}/one"), record_type="image_generation", baseline="umbra", nsfw=False
    )

    planned = models(server, weights, "plan", "--baseline", "umbra", "--json")

    assert planned.status == 0
    assert [file["model"] for file in planned.json["files"]] == ["Umbra"]


def test_a_filter_that_nothing_meets_ends_with_1(server: FileServer, weights: Path) -> None:
    assert models(server, weights, "plan", "--match", "zzz*").status == 1


def test_offline_nothing_is_fetched(server: FileServer, weights: Path) -> None:
    models(server, weights, "plan")  # leaves copies of the records on disk

    planned = models(server, weights, "plan", OFFLINE="true")
    refused = models(server, weights, "download", "--all", OFFLINE="true")

    assert planned.status == 0
    assert refused.status == 2
    assert "HORDE_MODEL_REFERENCE_OFFLINE" in refused.error
    assert files_asked_for(server) == []


def test_without_any_records_it_ends_with_5(tmp_path: Path) -> None:
    nothing = here("models", "plan", "--data-dir", tmp_path / "none", "--weights", tmp_path)

    assert nothing.status == 5


@pytest.mark.parametrize("command", ["plan", "download", "verify"])
def test_the_help_of_a_command_has_examples_and_the_exit_codes(command: str) -> None:
    shown = here("models", command, "--help")

    assert shown.status == 0
    assert f"hmr models {command}" in shown.out
    assert "6 the disk has too little room" in " ".join(shown.out.split())
