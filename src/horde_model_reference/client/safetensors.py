"""The safetensors container: a header that says where each tensor lies, then their bytes (spec 30 §11)."""

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeGuard, cast

from horde_model_reference.client.region_readers import RegionReader
from horde_model_reference.formats.json_text import FormatError, read_json_object

LONGEST_HEADER_BYTES: Final = 256 << 20
_LENGTH = struct.Struct("<Q")
_CHUNK_BYTES = 8 << 20
_MOST_BYTES = 1 << 60
"""No file is as long, and no place in one is told by a larger number."""


class UnsupportedContainerError(ValueError):
    """A file is no safetensors container, or a damaged one."""


@dataclass(frozen=True, slots=True)
class ComponentTensor:
    """One tensor: what it is, and where its bytes lie in the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    """Of the first byte, from the start of the file."""
    length: int
    """In bytes."""


def read_tensors(reader: RegionReader) -> list[ComponentTensor]:
    """Return the tensors of a container in the order of its header.

    Raises:
        UnsupportedContainerError: It is no container, or a damaged one.
        OSError: It can't be read.
    """
    start = reader.read(0, _LENGTH.size)
    length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else 0
    if not 1 <= length <= LONGEST_HEADER_BYTES:
        raise UnsupportedContainerError("the file does not begin with the header of a safetensors container")
    text = reader.read(_LENGTH.size, length)
    if len(text) < length:
        raise UnsupportedContainerError("the header of the container is cut off")
    try:
        header = read_json_object(text)
    except FormatError as error:
        raise UnsupportedContainerError(f"the header of the container is damaged: {error}") from error
    data_start = _LENGTH.size + length
    return [_tensor(name, entry, data_start) for name, entry in header.items() if name != "__metadata__"]


def _tensor(name: str, entry: object, data_start: int) -> ComponentTensor:
    members = cast("dict[str, object]", entry) if isinstance(entry, dict) else {}
    dtype, shape, offsets = members.get("dtype"), members.get("shape"), members.get("data_offsets")
    if isinstance(dtype, str) and _is_counts(shape) and _is_counts(offsets) and len(offsets) == 2:
        begin, end = offsets
        if begin <= end <= _MOST_BYTES:
            return ComponentTensor(name, dtype, tuple(shape), data_start + begin, end - begin)
    raise UnsupportedContainerError(f"the header of the container describes {name!r} in an unknown way")


def _is_counts(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(
        isinstance(each, int) and not isinstance(each, bool) and each >= 0
        for each in cast("list[object]", value)
    )


def bytes_of(reader: RegionReader, tensor: ComponentTensor) -> Iterator[bytes]:
    """Yield the bytes of a tensor.

    Raises:
        UnsupportedContainerError: The file ends before them.
        OSError: They can't be read.
    """
    done = 0
    while done < tensor.length:
        chunk = reader.read(tensor.offset + done, min(_CHUNK_BYTES, tensor.length - done))
        if not chunk:
            raise UnsupportedContainerError(f"the file ends before the bytes of {tensor.name!r}")
        yield chunk
        done += len(chunk)


def header_for(tensors: Iterable[ComponentTensor]) -> bytes:
    """Return the beginning of a container that holds these tensors in this order."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor in tensors:
        header[tensor.name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [end, end + tensor.length],
        }
        end += tensor.length
    text = json.dumps(header, separators=(",", ":")).encode()
    # Readers map the file into memory and expect the bytes of tensors at a multiple of eight.
    text += b" " * (-len(text) % 8)
    return _LENGTH.pack(len(text)) + text
