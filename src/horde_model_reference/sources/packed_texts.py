"""JSON texts by key in few large blocks: little more memory than the texts have bytes."""

from array import array
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

_BLOCK_BYTES: Final = 1 << 20
"""From about this size on, memory goes back to the system when it is freed."""


class PackedTexts(Mapping[str, bytes]):
    """Texts that never change, in their order."""

    def __init__(self, keys: list[str], blocks: list[bytes], places: "array[int]") -> None:
        self._rows = {key: row for row, key in enumerate(keys)}
        self._blocks = blocks
        self._places = places

    def __getitem__(self, key: str) -> bytes:
        number, begin, end = self._places[3 * (row := self._rows[key]) : 3 * row + 3]
        return self._blocks[number][begin:end]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def pack_documents(documents: dict[str, dict[str, Any]]) -> PackedTexts:
    """Return documents as compact JSON, and empty the dict meanwhile, so that both never fill the memory."""
    # The keys lie among the documents. New ones, made when those are gone, don't hold their memory.
    keys = orjson.dumps(list(documents))
    blocks: list[bytes] = []
    places = array("I")
    block = bytearray()
    for key in list(documents):
        begin = len(block)
        block += orjson.dumps(documents.pop(key))
        places.extend((len(blocks), begin, len(block)))
        if len(block) >= _BLOCK_BYTES:
            blocks.append(bytes(block))
            block = bytearray()
    blocks.append(bytes(block))
    return PackedTexts(orjson.loads(keys), blocks, places)
