"""The commands beside `hmr` that existing installations call."""

import json
from pathlib import Path
from typing import Any

import pytest
from factories import a_folder, an_image_record
from hmr import script

from horde_model_reference.client.checksum_files import sha256_of


def run(name: str, *arguments: str | Path) -> tuple[int, str, str]:
    """Run a command; return its exit status and what it said on both streams."""
    done = script(name, *arguments)
    return done.status, done.out, done.err


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A worker's folder in the earlier layout: the VAE lies beside the model."""
    document = {
        "record_type": "image_generation",
        "name": "M",
        "baseline": "qwen_image",
        "nsfw": False,
        "config": {
            "download": [
                {"file_name": "m.safetensors", "file_url": "https://files.example/m"},
                {"file_name": "v.safetensors", "file_url": "https://files.example/v", "file_purpose": "vae"},
            ]
        },
    }
    monkeypatch.setenv("HORDE_MODEL_REFERENCE_OFFLINE", "true")
    monkeypatch.delenv("HORDE_MODEL_REFERENCE_DATA_DIR")
    a_folder(
        tmp_path,
        {
            "horde_model_reference/stable_diffusion.json": {"M": document},
            "compvis/m.safetensors": b"model",
            "compvis/v.safetensors": b"vae",
            "clip/.keep": b"",
        },
    )
    sha256_of(tmp_path / "compvis" / "v.safetensors")
    return tmp_path


def weights(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.glob("*/*")}


def test_without_apply_files_are_only_named(worker: Path) -> None:
    before = weights(worker)

    status, out, err = run("migrate-model-layout", "--cache-home", worker)

    assert status == 0
    assert f"would move {worker / 'compvis' / 'v.safetensors'} to {worker / 'vae' / 'v.safetensors'}" in out
    assert "1 files; --apply moves them" in err
    assert weights(worker) == before


def test_components_move_to_their_folder_with_their_sums(worker: Path) -> None:
    status, out, _ = run("migrate-model-layout", "--cache-home", worker, "--apply")

    assert status == 0
    assert out.startswith("moved ")
    assert (worker / "vae" / "v.safetensors").read_bytes() == b"vae"
    assert (worker / "vae" / "v.sha256").exists()
    assert not (worker / "compvis" / "v.sha256").exists()
    assert (worker / "compvis" / "m.safetensors").exists()


def test_nothing_is_overwritten(worker: Path) -> None:
    a_folder(worker, {"vae/v.safetensors": b"another"})

    status, out, _ = run("migrate-model-layout", "--cache-home", worker, "--apply")

    assert (status, out) == (0, "")
    assert (worker / "vae" / "v.safetensors").read_bytes() == b"another"
    assert (worker / "compvis" / "v.safetensors").read_bytes() == b"vae"


def test_links_are_left_alone(worker: Path) -> None:
    file = worker / "compvis" / "v.safetensors"
    file.rename(worker / "elsewhere")
    file.symlink_to(worker / "elsewhere")

    status, out, _ = run("migrate-model-layout", "--cache-home", worker, "--apply")

    assert (status, out) == (0, "")
    assert file.is_symlink()


def a_legacy_file(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "stable_diffusion.json"
    path.write_text(json.dumps({record["name"]: record for record in records}), encoding="utf-8")
    return path


def test_a_good_file_is_told_to_be_good(tmp_path: Path) -> None:
    status, out, _ = run("validate-sd-models", a_legacy_file(tmp_path, an_image_record("A")))

    assert (status, out) == (0, "1 records are good\n")


def test_a_bad_record_ends_with_4_and_its_reason(tmp_path: Path) -> None:
    file = a_legacy_file(tmp_path, an_image_record("A"), {"name": "bad"})

    status, _, err = run("validate-sd-models", file, "--write", tmp_path / "good.json")

    assert status == 4
    assert "refused: 'bad'" in err
    assert list(json.loads((tmp_path / "good.json").read_text("utf-8"))) == ["A"]


def test_a_missing_file_ends_with_1(tmp_path: Path) -> None:
    status, _, err = run("validate-sd-models", tmp_path / "none.json")

    assert status == 1
    assert "No such file" in err


def test_a_file_that_is_no_json_ends_with_4(tmp_path: Path) -> None:
    file = tmp_path / "f.json"
    file.write_text("{", encoding="utf-8")

    status, _, err = run("validate-sd-models", file)

    assert status == 4
    assert f"refused: {file}" in err


def test_a_file_without_anything_good_in_it_replaces_no_other(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text("what was there", encoding="utf-8")
    broken = tmp_path / "f.json"
    broken.write_text("{", encoding="utf-8")

    status, _, _ = run("validate-sd-models", broken, "--write", good)

    assert status == 4
    assert good.read_text(encoding="utf-8") == "what was there"


def test_a_file_that_can_not_be_written_is_one_line(tmp_path: Path) -> None:
    file = a_legacy_file(tmp_path, an_image_record("A"))

    done = script("validate-sd-models", file, "--write", file / "below" / "a" / "file")

    assert done.status == 1
    assert "Not a directory" in done.error
