import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.component_hash import (
    ComponentKind,
    NoComponentTensorsError,
    UnsupportedContainerError,
    component_kind_for_purpose,
    extract_embedded_vae_file,
    hash_embedded_component,
    hash_embedded_component_file,
    hash_standalone_component,
    hash_standalone_component_file,
)

Tensors = Mapping[str, tuple[str, list[int], bytes]]

VAE: Tensors = {"decoder.b": ("F16", [2], b"\1\2\3\4"), "decoder.a": ("F32", [], b"\5\6\7\x08")}


class InMemory:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, offset: int, length: int) -> bytes:
        return self._content[offset : offset + length]


def a_container(tensors: Tensors, *, metadata: Mapping[str, str] | None = None, padding: int = 0) -> bytes:
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": metadata}
    data = b""
    for name, (dtype, shape, content) in tensors.items():
        span = [len(data), len(data) + len(content)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": span}
        data += content
    text = json.dumps(header).encode() + b" " * padding
    return struct.pack("<Q", len(text)) + text + data


def within(prefix: str, tensors: Tensors) -> Tensors:
    return {prefix + name: tensor for name, tensor in tensors.items()}


tensor_sets = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda name: name != "__metadata__"),
    st.tuples(
        st.sampled_from(["F16", "F32", "BF16", "I64"]),
        st.lists(st.integers(0, 2**40), max_size=4),
        st.binary(max_size=40),
    ),
    min_size=1,
    max_size=6,
)


def test_the_content_hash_covers_sorted_tensors_with_their_lengths() -> None:
    def counted(text: bytes) -> bytes:
        return struct.pack("<Q", len(text)) + text

    expected = hashlib.sha256(
        counted(b"decoder.a")
        + counted(b"F32")
        + struct.pack("<QQ", 0, 4)
        + b"\5\6\7\x08"
        + counted(b"decoder.b")
        + counted(b"F16")
        + struct.pack("<QQQ", 1, 2, 4)
        + b"\1\2\3\4"
    )

    assert hash_standalone_component(InMemory(a_container(VAE))) == expected.hexdigest()


@given(tensors=tensor_sets, data=st.data())
def test_order_metadata_and_padding_do_not_matter(tensors: Tensors, data: st.DataObject) -> None:
    order = data.draw(st.permutations(list(tensors)))
    other = a_container({name: tensors[name] for name in order}, metadata={"format": "pt"}, padding=3)

    assert hash_standalone_component(InMemory(other)) == hash_standalone_component(
        InMemory(a_container(tensors))
    )


@given(tensors=tensor_sets, other=tensor_sets)
def test_different_tensors_have_different_hashes(tensors: Tensors, other: Tensors) -> None:
    same = hash_standalone_component(InMemory(a_container(tensors))) == hash_standalone_component(
        InMemory(a_container(other))
    )

    assert same == (dict(tensors) == dict(other))


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [
        (ComponentKind.VAE, "first_stage_model."),
        (ComponentKind.VAE, "vae."),
        (ComponentKind.TEXT_ENCODERS, "conditioner.embedders."),
        (ComponentKind.TEXT_ENCODERS, "cond_stage_model."),
    ],
)
def test_a_part_has_the_same_hash_inside_a_checkpoint_and_alone(kind: ComponentKind, prefix: str) -> None:
    rest: Tensors = {"model.weight": ("F16", [1], b"zz")}
    checkpoint = a_container({**rest, **within(prefix, VAE)})

    inside = hash_embedded_component(InMemory(checkpoint), kind)

    assert inside == hash_standalone_component(InMemory(a_container(VAE)))


def test_a_checkpoint_without_the_part_has_no_hash_of_it() -> None:
    with pytest.raises(NoComponentTensorsError):
        hash_embedded_component(InMemory(a_container(VAE)), ComponentKind.VAE)
    with pytest.raises(LookupError):
        hash_standalone_component(InMemory(a_container({})))


def test_a_checkpoint_that_holds_a_part_twice_is_refused() -> None:
    checkpoint = a_container({**within("vae.", VAE), **within("first_stage_model.", VAE)})

    with pytest.raises(UnsupportedContainerError, match="twice"):
        hash_embedded_component(InMemory(checkpoint), "vae")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\3\4 a pickled checkpoint of another kind",
        struct.pack("<Q", 0) + b"{}",
        struct.pack("<Q", (256 << 20) + 1) + b"{}",
        struct.pack("<Q", 50) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 4) + b"nope",
        struct.pack("<Q", 10) + b'{"a": null',
        a_container({"a": ("F16", [-1], b"")}),
        a_container({"a": ("F16", [2], b"\1\2\3\4")})[:-1],
    ],
)
def test_what_is_no_sound_container_is_refused(content: bytes) -> None:
    with pytest.raises(UnsupportedContainerError):
        hash_standalone_component(InMemory(content))


def test_an_unsupported_container_is_a_value_error(tmp_path: Path) -> None:
    path = tmp_path / "model.ckpt"
    path.write_bytes(b"not one")

    with pytest.raises(ValueError, match="safetensors"):
        hash_standalone_component_file(path)


def test_a_vae_is_extracted_in_sorted_order_and_keeps_its_hash(tmp_path: Path) -> None:
    checkpoint = tmp_path / "model.safetensors"
    checkpoint.write_bytes(a_container(within("first_stage_model.", VAE)))

    content_hash = extract_embedded_vae_file(checkpoint, tmp_path / "new" / "vae.safetensors")

    alone = (tmp_path / "new" / "vae.safetensors").read_bytes()
    header_length = struct.unpack("<Q", alone[:8])[0]
    header = json.loads(alone[8 : 8 + header_length])
    assert content_hash == hash_standalone_component(InMemory(alone))
    assert content_hash == hash_embedded_component_file(checkpoint, ComponentKind.VAE)
    assert [name for name in header if name != "__metadata__"] == ["decoder.a", "decoder.b"]
    assert header_length % 8 == 0
    assert alone[8 + header_length :] == b"\5\6\7\x08\1\2\3\4"


def test_a_vae_that_can_not_be_extracted_leaves_nothing_behind(tmp_path: Path) -> None:
    checkpoint = tmp_path / "model.safetensors"
    checkpoint.write_bytes(a_container(within("vae.", VAE))[:-1])
    target = tmp_path / "out" / "vae.safetensors"

    with pytest.raises(UnsupportedContainerError):
        extract_embedded_vae_file(checkpoint, target)

    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        ("vae", ComponentKind.VAE),
        ("text_encoders", ComponentKind.TEXT_ENCODERS),
        ("text_encoder", ComponentKind.TEXT_ENCODERS),
        ("unet", None),
        (None, None),
    ],
)
def test_a_file_purpose_may_name_a_part(purpose: str | None, kind: ComponentKind | None) -> None:
    assert component_kind_for_purpose(purpose) is kind


@pytest.mark.parametrize("begin", [2**60, 2**63, 2**64 - 8])
def test_a_place_that_no_file_reaches_is_damage(tmp_path: Path, begin: int) -> None:
    header = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [begin, begin + 4]}}
    text = json.dumps(header).encode()
    (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(4))

    with pytest.raises(UnsupportedContainerError):
        hash_standalone_component_file(tmp_path / "m.safetensors")
