"""The identity of a model's part by its tensors, be it a file or inside a checkpoint (spec 30 §11)."""

import hashlib
import os
import struct
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from horde_model_reference.client.region_readers import (
    HttpRangeRegionReader,
    LocalFileRegionReader,
    RegionReader,
)
from horde_model_reference.client.safetensors import (
    ComponentTensor,
    UnsupportedContainerError,
    bytes_of,
    header_for,
    read_tensors,
)

if TYPE_CHECKING:
    import httpx


class ComponentKind(StrEnum):
    """The parts that several models may share."""

    VAE = "vae"
    TEXT_ENCODERS = "text_encoders"


_KIND_OF_PURPOSE: Mapping[str, ComponentKind] = MappingProxyType(
    {
        "vae": ComponentKind.VAE,
        "text_encoders": ComponentKind.TEXT_ENCODERS,
        "text_encoder": ComponentKind.TEXT_ENCODERS,
    }
)

EMBEDDED_PREFIXES: Final[Mapping[ComponentKind, tuple[str, ...]]] = MappingProxyType(
    {
        ComponentKind.VAE: ("first_stage_model.", "vae."),
        ComponentKind.TEXT_ENCODERS: ("conditioner.embedders.", "cond_stage_model."),
    }
)
"""How the names of a part's tensors begin inside a checkpoint; alone in a file they lack it."""


class NoComponentTensorsError(LookupError):
    """A file holds no tensor of the part that was asked for."""


def component_kind_for_purpose(purpose: str | None) -> ComponentKind | None:
    """Return which part a file of this purpose is; None: none of them."""
    return _KIND_OF_PURPOSE.get(purpose or "")


def embedded_tensors(tensors: Iterable[ComponentTensor], kind: ComponentKind | str) -> list[ComponentTensor]:
    """Return the tensors of a part of a checkpoint under the names they have alone in a file, sorted.

    Raises:
        NoComponentTensorsError: There are none.
        UnsupportedContainerError: Two of them would have the same name.
    """
    part = ComponentKind(kind)
    found = [
        replace(tensor, name=tensor.name.removeprefix(prefix))
        for tensor in tensors
        for prefix in EMBEDDED_PREFIXES[part]
        if tensor.name.startswith(prefix)
    ]
    if not found:
        raise NoComponentTensorsError(f"the checkpoint holds no tensors of its {part.value}")
    if len({tensor.name for tensor in found}) < len(found):
        raise UnsupportedContainerError(f"the checkpoint holds its {part.value} twice")
    return _sorted(found)


def _sorted(tensors: Iterable[ComponentTensor]) -> list[ComponentTensor]:
    return sorted(tensors, key=lambda tensor: tensor.name)


def content_hash_of(
    reader: RegionReader,
    tensors: Iterable[ComponentTensor],
    *,
    copy_to: Callable[[bytes], object] | None = None,
) -> str:
    """Return the content hash of tensors: 64 hexadecimal digits in lower case.

    It covers name, type, shape and bytes of each in the order of names, with all lengths before what they
    count, so that the order in the file and its metadata make no difference.

    Args:
        reader: The file that holds the bytes.
        tensors: What is in the part.
        copy_to: Called with the bytes of all tensors, in the order of names.
    """
    content = hashlib.sha256()
    for tensor in _sorted(tensors):
        content.update(_counted(tensor.name.encode()) + _counted(tensor.dtype.encode()))
        content.update(struct.pack(f"<Q{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape))
        content.update(struct.pack("<Q", tensor.length))
        for chunk in bytes_of(reader, tensor):
            content.update(chunk)
            if copy_to is not None:
                copy_to(chunk)
    return content.hexdigest()


def _counted(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


def hash_standalone_component(reader: RegionReader) -> str:
    """Return the content hash of all tensors of a file.

    Raises:
        UnsupportedContainerError: It is no safetensors container, or a damaged one.
        NoComponentTensorsError: It holds no tensor.
        OSError: It can't be read.
    """
    tensors = read_tensors(reader)
    if not tensors:
        raise NoComponentTensorsError("the file holds no tensors")
    return content_hash_of(reader, tensors)


def hash_embedded_component(reader: RegionReader, kind: ComponentKind | str) -> str:
    """Return the content hash of a part of a checkpoint, the same as of that part alone in a file.

    Raises:
        UnsupportedContainerError: It is no safetensors container, or a damaged one.
        NoComponentTensorsError: It does not hold that part.
        OSError: It can't be read.
    """
    return content_hash_of(reader, embedded_tensors(read_tensors(reader), kind))


def hash_standalone_component_file(path: str | os.PathLike[str]) -> str:
    """Return the content hash of a file on disk; errors as ``hash_standalone_component``."""
    with LocalFileRegionReader(path) as reader:
        return hash_standalone_component(reader)


def hash_embedded_component_file(path: str | os.PathLike[str], kind: ComponentKind | str) -> str:
    """Return the content hash of a part of a checkpoint on disk; errors as ``hash_embedded_component``."""
    with LocalFileRegionReader(path) as reader:
        return hash_embedded_component(reader, kind)


def hash_standalone_component_url(
    url: str, session: "httpx.Client | None" = None, *, timeout: float = 30.0
) -> str:
    """Return the content hash of a file on a server.

    Errors as ``hash_standalone_component``, and RangeNotSupportedError.
    """
    with HttpRangeRegionReader(url, session, timeout=timeout) as reader:
        return hash_standalone_component(reader)


def hash_embedded_component_url(
    url: str, kind: ComponentKind | str, session: "httpx.Client | None" = None, *, timeout: float = 30.0
) -> str:
    """Return the content hash of a part of a checkpoint on a server, of which little else travels.

    Errors as ``hash_embedded_component``, and RangeNotSupportedError.
    """
    with HttpRangeRegionReader(url, session, timeout=timeout) as reader:
        return hash_embedded_component(reader, kind)


def extract_embedded_vae(source: RegionReader, dest: str | os.PathLike[str]) -> str:
    """Write the VAE of a checkpoint to a file of its own, in one step, and return its content hash.

    Errors as ``hash_embedded_component``, and OSError where it can't be written.
    """
    tensors = embedded_tensors(read_tensors(source), ComponentKind.VAE)
    target = Path(dest)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(header_for(tensors))
            content_hash = content_hash_of(source, tensors, copy_to=file.write)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return content_hash


def extract_embedded_vae_file(source: str | os.PathLike[str], dest: str | os.PathLike[str]) -> str:
    """Write the VAE of a checkpoint on disk to a file of its own; errors as ``extract_embedded_vae``."""
    with LocalFileRegionReader(source) as reader:
        return extract_embedded_vae(reader, dest)
