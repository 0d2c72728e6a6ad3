"""The library as a PRIMARY: it owns the files of its folder."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from file_server import Asked, Reply, serving
from reference_servers import legacy_body, refusing

from horde_model_reference.backends import FileSystemBackend
from horde_model_reference.domain.errors import SourceUnavailableError

WRITER = """
import sys
from horde_model_reference import ModelReferenceManager, ReplicateMode
manager = ModelReferenceManager(base_path=sys.argv[1], replicate_mode=ReplicateMode.PRIMARY)
for number in range(20):
    manager.backend.update_model("clip", f"{sys.argv[2]}-{number}", {"version": "1"})
print(manager.get_model("clip", f"{sys.argv[2]}-0").version)
"""
READER = """
import json, sys
from horde_model_reference import ModelReferenceManager
manager = ModelReferenceManager(base_path=sys.argv[1])
references = manager.get_all_model_references()
print(json.dumps({category: list(records) for category, records in references.items()}))
"""


def start(program: str, *arguments: str | Path, **variables: str) -> "subprocess.Popen[str]":
    clean = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean | {f"HORDE_MODEL_REFERENCE_{name}": text for name, text in variables.items()},
    )


def finish(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def test_several_processes_that_write_lose_nothing(tmp_path: Path) -> None:
    writers = [start(WRITER, tmp_path, name) for name in ("a", "b", "c")]

    for writer in writers:
        assert finish(writer) == "1\n"

    stored = json.loads((tmp_path / "clip.json").read_text("utf-8"))
    metadata = json.loads((tmp_path / "meta" / "v2" / "clip_metadata.json").read_text("utf-8"))
    assert set(stored) == {f"{name}-{number}" for name in "abc" for number in range(20)}
    assert (metadata["total_creates"], metadata["total_models"]) == (60, 60)


def read_seeded(folder: Path, github: str) -> Any:
    reader = start(READER, folder, REPLICATE_MODE="PRIMARY", GITHUB_SEED_ENABLED="true", **_at(f"{github}/"))
    return json.loads(finish(reader))


def _at(address: str) -> dict[str, str]:
    proxy = json.dumps({"github_proxy_url_base": address})
    return {"IMAGE_GITHUB_REPO__PROXY_SETTINGS": proxy, "TEXT_GITHUB_REPO__PROXY_SETTINGS": proxy}


def github(asked: Asked) -> Reply:
    name = asked.path.rsplit("/", 1)[1]
    return Reply(200, legacy_body("seeded")) if name in {"blip.json", "clip.json"} else Reply(404)


def test_categories_without_a_file_are_filled_from_github(tmp_path: Path) -> None:
    (tmp_path / "clip.json").write_text(json.dumps({"own": {}}), encoding="utf-8")

    with serving(github) as server:
        found = read_seeded(tmp_path, server.url)
        asked = [asked.path.rsplit("/", 1)[1] for asked in server.asked]

    assert found["blip"] == ["seeded"]
    assert found["clip"] == ["own"]
    assert found["esrgan"] == []
    assert "clip.json" not in asked


def test_without_github_it_begins_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "clip.json").write_text(json.dumps({"own": {}}), encoding="utf-8")

    with refusing() as address:
        found = read_seeded(tmp_path, address)

    assert found["clip"] == ["own"]


def test_the_database_of_a_service_is_told_apart_from_the_files(tmp_path: Path) -> None:
    (tmp_path / "registry.sqlite3").touch()
    reader = start(READER, tmp_path, REPLICATE_MODE="PRIMARY")

    out, err = reader.communicate(timeout=60)

    assert json.loads(out)["clip"] == []
    assert "holds the database of a service" in err


@pytest.mark.parametrize("was_read", [False, True])
def test_a_file_that_can_not_be_read_is_not_written_over(tmp_path: Path, was_read: bool) -> None:
    backend = FileSystemBackend(base_path=tmp_path)
    backend.update_model("clip", "one", {})
    broken = (tmp_path / "clip.json").read_text("utf-8").replace("}", "", 1)
    if not was_read:
        backend = FileSystemBackend(base_path=tmp_path)
    (tmp_path / "clip.json").write_text(broken, "utf-8")

    with pytest.raises(SourceUnavailableError, match=r"clip\.json"):
        backend.update_model("clip", "two", {})
    with pytest.raises(SourceUnavailableError, match=r"clip\.json"):
        backend.delete_model("clip", "one")

    assert (tmp_path / "clip.json").read_text("utf-8") == broken


def test_a_record_that_is_written_counts_as_written_whatever_becomes_of_the_bookkeeping(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "meta").write_text("in the way")
    backend = FileSystemBackend(base_path=tmp_path)

    backend.update_model("clip", "one", {})

    assert backend.fetch_category("clip") == {"one": {"name": "one"}}
    assert "clip_metadata.json" in caplog.text
