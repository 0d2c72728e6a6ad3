import hashlib
import os
from pathlib import Path

import pytest

from horde_model_reference.client.checksum_files import forget_sums, remember_sha256
from horde_model_reference.download_engine import md5_of, sha256_of

CONTENT = b"weights"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
OTHER = "ab" * 32


def a_file(folder: Path, *, age_seconds: int = 60) -> Path:
    path = folder / "model.safetensors"
    path.write_bytes(CONTENT)
    changed = path.stat().st_mtime - age_seconds
    os.utime(path, (changed, changed))
    return path


def test_a_sum_is_taken_and_remembered_beside_the_file(tmp_path: Path) -> None:
    path = a_file(tmp_path)

    assert sha256_of(path) == SHA256
    assert (tmp_path / "model.sha256").read_text() == f"{SHA256} *model.safetensors"
    assert md5_of(str(path)) == MD5
    assert (tmp_path / "model.md5").read_text() == f"{MD5} *model.safetensors"


def test_a_newer_side_file_is_trusted_in_either_case(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    (tmp_path / "model.sha256").write_text(f"{OTHER.upper()} *model.safetensors\n")

    assert sha256_of(path) == OTHER


def test_an_older_side_file_is_not_trusted(tmp_path: Path) -> None:
    path = a_file(tmp_path, age_seconds=0)
    side_file = tmp_path / "model.sha256"
    side_file.write_text(f"{OTHER} *model.safetensors")
    os.utime(side_file, (1, 1))

    assert sha256_of(path) == SHA256
    assert side_file.read_text().startswith(SHA256)


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", f"{OTHER[:40]} *model.safetensors", f"{OTHER} *model.ckpt", "ÿ" * 10, "a" * 10_000],
)
def test_a_side_file_that_is_damaged_or_of_another_file_is_not_trusted(tmp_path: Path, text: str) -> None:
    path = a_file(tmp_path)
    (tmp_path / "model.sha256").write_text(text, encoding="latin-1")

    assert sha256_of(path) == SHA256


def test_without_the_cache_no_side_file_is_read_or_written(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    assert sha256_of(path, use_cache=False) == SHA256
    assert not (tmp_path / "model.sha256").exists()

    (tmp_path / "model.sha256").write_text(f"{OTHER} *model.safetensors")
    assert sha256_of(path, use_cache=False) == SHA256


def test_the_sum_of_a_missing_file_is_an_error_or_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sha256_of(tmp_path / "missing.pth")
    assert md5_of(tmp_path / "missing.pth") is None


def test_a_file_whose_suffix_is_that_of_side_files_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "model.sha256"
    path.write_bytes(CONTENT)

    assert sha256_of(path) == SHA256
    assert path.read_bytes() == CONTENT


def test_only_the_side_files_of_the_file_itself_are_forgotten(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    md5_of(path)
    (tmp_path / "model.sha256").write_text(f"{OTHER} *model.ckpt")

    forget_sums(path)

    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.safetensors", "model.sha256"]


def test_of_two_files_that_share_a_side_file_the_larger_keeps_it(tmp_path: Path) -> None:
    path = a_file(tmp_path)
    small = tmp_path / "model.yaml"
    small.write_bytes(b"x")
    sha256_of(small)

    assert sha256_of(path) == SHA256
    assert sha256_of(small) == hashlib.sha256(b"x").hexdigest()

    assert (tmp_path / "model.sha256").read_text() == f"{SHA256} *model.safetensors"


def test_a_known_sum_is_remembered_without_taking_it(tmp_path: Path) -> None:
    path = a_file(tmp_path)

    remember_sha256(path, OTHER)

    assert sha256_of(path) == OTHER
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []
