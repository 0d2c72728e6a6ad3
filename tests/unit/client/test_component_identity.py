import json
import struct
from pathlib import Path

import pytest

from horde_model_reference.component_hash import UnsupportedContainerError, hash_standalone_component_file
from horde_model_reference.component_identity import ensure_sidecar, read_sidecar, sidecar_path_for


def a_checkpoint(folder: Path, *, vae: bytes | None = b"vvvv", name: str = "model.safetensors") -> Path:
    parts = {"model.weight": b"mmmmmm", "cond_stage_model.weight": b"tt"}
    if vae is not None:
        parts["first_stage_model.weight"] = vae
    header, data = {}, b""
    for tensor, content in parts.items():
        span = [len(data), len(data) + len(content)]
        header[tensor] = {"dtype": "I8", "shape": [len(content)], "data_offsets": span}
        data += content
    text = json.dumps(header).encode()
    path = folder / name
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def test_the_identity_is_worked_out_and_written_beside_the_checkpoint(tmp_path: Path) -> None:
    checkpoint = a_checkpoint(tmp_path)

    identity = ensure_sidecar(checkpoint)

    written = json.loads((tmp_path / "model.safetensors.component-identity.json").read_bytes())
    assert written == {
        "schema_version": 1,
        "ckpt_file_name": "model.safetensors",
        "ckpt_size_bytes": checkpoint.stat().st_size,
        "total_tensor_bytes": 12,
        "embedded": {
            "vae": {
                "content_hash": identity.embedded["vae"].content_hash,
                "tensor_bytes": 4,
                "extracted_file_name": None,
            },
            "text_encoders": {
                "content_hash": identity.embedded["text_encoders"].content_hash,
                "tensor_bytes": 2,
                "extracted_file_name": None,
            },
        },
    }
    assert identity.residual_tensor_bytes == 6


def test_a_remembered_identity_is_read_back(tmp_path: Path) -> None:
    checkpoint = a_checkpoint(tmp_path)
    identity = ensure_sidecar(checkpoint)

    assert read_sidecar(checkpoint) == identity
    assert sidecar_path_for(checkpoint).name == "model.safetensors.component-identity.json"


def test_a_checkpoint_without_identity_file_has_no_remembered_identity(tmp_path: Path) -> None:
    assert read_sidecar(a_checkpoint(tmp_path)) is None
    assert read_sidecar(tmp_path / "missing.safetensors") is None


def test_an_identity_of_another_size_is_not_believed_but_worked_out_anew(tmp_path: Path) -> None:
    checkpoint = a_checkpoint(tmp_path)
    ensure_sidecar(checkpoint)
    a_checkpoint(tmp_path, vae=b"longer vae")

    assert read_sidecar(checkpoint) is None
    assert ensure_sidecar(checkpoint).embedded["vae"].tensor_bytes == 10


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"schema_version": 1}',
        '{"schema_version": 1, "ckpt_file_name": "m", "ckpt_size_bytes": SIZE, "total_tensor_bytes": 1,'
        ' "embedded": {"vae": {"content_hash": "short", "tensor_bytes": 1}}}',
        '{"schema_version": 2, "ckpt_file_name": "m", "ckpt_size_bytes": SIZE, "total_tensor_bytes": 1,'
        ' "embedded": {}}',
    ],
)
def test_a_broken_identity_file_is_not_believed(tmp_path: Path, text: str) -> None:
    checkpoint = a_checkpoint(tmp_path)
    sidecar_path_for(checkpoint).write_text(text.replace("SIZE", str(checkpoint.stat().st_size)))

    assert read_sidecar(checkpoint) is None


def test_an_extracted_vae_is_named_after_its_content_and_remembered(tmp_path: Path) -> None:
    checkpoint = a_checkpoint(tmp_path)
    ensure_sidecar(checkpoint)

    identity = ensure_sidecar(checkpoint, extract_vae=True, extraction_dir=tmp_path / "vae")

    vae = identity.embedded["vae"]
    assert vae.extracted_file_name == f"vae-{vae.content_hash[:16]}.safetensors"
    extracted = tmp_path / "vae" / vae.extracted_file_name
    assert hash_standalone_component_file(extracted) == vae.content_hash
    assert read_sidecar(checkpoint) == identity


def test_an_extracted_vae_that_went_missing_is_extracted_again(tmp_path: Path) -> None:
    checkpoint = a_checkpoint(tmp_path)
    ensure_sidecar(checkpoint, extract_vae=True, extraction_dir=tmp_path / "vae")
    [extracted] = (tmp_path / "vae").iterdir()
    extracted.unlink()

    ensure_sidecar(checkpoint, extract_vae=True, extraction_dir=tmp_path / "vae")

    assert extracted.exists()


def test_a_checkpoint_replaced_by_one_of_the_same_size_is_noticed_on_extraction(tmp_path: Path) -> None:
    checkpoint = a_checkpoint(tmp_path)
    before = ensure_sidecar(checkpoint)
    a_checkpoint(tmp_path, vae=b"wwww")

    identity = ensure_sidecar(checkpoint, extract_vae=True, extraction_dir=tmp_path / "vae")

    assert identity.embedded["vae"].content_hash != before.embedded["vae"].content_hash
    assert [each.name for each in (tmp_path / "vae").iterdir()] == [
        identity.embedded["vae"].extracted_file_name
    ]


def test_a_checkpoint_without_vae_has_nothing_to_extract(tmp_path: Path) -> None:
    identity = ensure_sidecar(
        a_checkpoint(tmp_path, vae=None), extract_vae=True, extraction_dir=tmp_path / "v"
    )

    assert set(identity.embedded) == {"text_encoders"}
    assert not (tmp_path / "v").exists()


def test_extraction_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="extraction_dir"):
        ensure_sidecar(a_checkpoint(tmp_path), extract_vae=True)


def test_a_checkpoint_of_another_format_has_no_identity(tmp_path: Path) -> None:
    path = tmp_path / "model.ckpt"
    path.write_bytes(b"pickle")

    with pytest.raises(UnsupportedContainerError):
        ensure_sidecar(path)
    assert not sidecar_path_for(path).exists()
