"""A long text made of pieces, some of which can be replaced without copying the others.

The text lies in blocks of many pieces each. A change makes the blocks anew in which it lies; old and new text
share the rest.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import blake2b
from itertools import accumulate
from typing import Final, overload

from horde_model_reference.catalog.body import Body

_BLOCK_BYTES: Final = 64 * 1024
_DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text: what stands before the value, and the value."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    content: bytes
    """Pieces, each with a separator after it."""
    places: "array[int]"
    """Of each piece, ascending."""
    starts: "array[int]"
    """Where the value of each piece begins in the content."""
    ends: "array[int]"
    digests: bytes
    """Hashes of the pieces, one after the other."""

    def value(self, row: int) -> bytes:
        return self.content[self.starts[row] : self.ends[row]]

    def pieces(self, separator: bytes) -> Iterator[tuple[int, Piece]]:
        begin = 0
        for row, place in enumerate(self.places):
            yield place, Piece(key=self.content[begin : self.starts[row]], value=self.value(row))
            begin = self.ends[row] + len(separator)


class PieceWriter:
    """Collects pieces, in the order of their places, and makes a text of them."""

    def __init__(self, separator: bytes, *, block_bytes: int = _BLOCK_BYTES) -> None:
        """Put the separator between two pieces; make blocks of about this size."""
        self._separator = separator
        self._block_bytes = block_bytes
        self._blocks: list[_Block] = []
        self._size = 0
        self._parts: list[bytes] = []
        self._digests: list[bytes] = []
        self._places = array("Q")
        self._starts = array("I")
        self._ends = array("I")

    def add(self, place: int, piece: Piece) -> None:
        """Append a piece; its place is greater than those before."""
        self._parts += (piece.key, piece.value, self._separator)
        self._places.append(place)
        self._starts.append(self._size + len(piece.key))
        self._ends.append(self._starts[-1] + len(piece.value))
        self._size = self._ends[-1] + len(self._separator)
        self._digests.append(_digest(piece))
        if self._size >= self._block_bytes:
            self._end_block()

    def blocks(self) -> list[_Block]:
        """Return what has been added until now."""
        self._end_block()
        return self._blocks

    def pieces(self) -> "Pieces":
        """Return the text of what has been added until now."""
        return Pieces(self._separator, tuple(self.blocks()))

    def _end_block(self) -> None:
        if not self._places:
            return
        block = _Block(
            content=b"".join(self._parts),
            places=self._places,
            starts=self._starts,
            ends=self._ends,
            digests=b"".join(self._digests),
        )
        self._blocks.append(block)
        self._size = 0
        self._parts, self._digests = [], []
        self._places, self._starts, self._ends = array("Q"), array("I"), array("I")


class Pieces(Sequence[bytes]):
    """The values of the pieces of a text, in the order of their places; immutable."""

    def __init__(self, separator: bytes, blocks: tuple[_Block, ...]) -> None:
        self._separator = separator
        self._blocks = blocks
        self._firsts = [block.places[0] for block in blocks]

    @cached_property
    def _counts(self) -> list[int]:
        return list(accumulate(len(block.places) for block in self._blocks))

    @property
    def is_empty(self) -> bool:
        """Whether there are no pieces."""
        return not self._blocks

    def __len__(self) -> int:
        return self._counts[-1] if self._blocks else 0

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        """Return a value by its number, or some."""
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        row = index + len(self) if index < 0 else index
        if not 0 <= row < len(self):
            raise IndexError(index)
        number = bisect_right(self._counts, row)
        return self._blocks[number].value(row - (self._counts[number - 1] if number else 0))

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the values."""
        for block in self._blocks:
            for row in range(len(block.places)):
                yield block.value(row)

    def digests(self) -> Iterator[bytes]:
        """Iterate over the hashes of the pieces."""
        for block in self._blocks:
            for end in range(_DIGEST_BYTES, len(block.digests) + 1, _DIGEST_BYTES):
                yield block.digests[end - _DIGEST_BYTES : end]

    def at(self, place: int) -> bytes | None:
        """Return the value of the piece at a place; None where there is none."""
        number = bisect_right(self._firsts, place) - 1
        if number < 0:
            return None
        block = self._blocks[number]
        row = bisect_left(block.places, place)
        if row == len(block.places) or block.places[row] != place:
            return None
        return block.value(row)

    def replaced(self, changes: Mapping[int, Piece | None]) -> "Pieces":
        """Return the text with other pieces at some places, old or new; None takes a piece away."""
        changes_of: dict[int, dict[int, Piece | None]] = {}
        for place, piece in changes.items():
            number = max(bisect_right(self._firsts, place) - 1, 0)
            changes_of.setdefault(number, {})[place] = piece
        blocks = list(self._blocks)
        for number in sorted(changes_of, reverse=True):
            blocks[number : number + 1] = self._block_replaced(number, changes_of[number])
        return Pieces(self._separator, tuple(blocks))

    def body(self, prefix: bytes, suffix: bytes) -> Body:
        """Return the whole text between two others; equal texts have equal tags, however they came about."""
        parts = [block.content for block in self._blocks]
        if parts:
            parts[-1] = parts[-1].removesuffix(self._separator)
        return Body.of_parts((prefix, *parts, suffix), make_tag=partial(self._tag, prefix + suffix))

    def _tag(self, frame: bytes) -> str:
        # Of the pieces' hashes, since hashing a hundred megabytes would take longer than all else.
        digests = b"".join([block.digests for block in self._blocks])
        return blake2b(frame + digests, digest_size=_DIGEST_BYTES).hexdigest()

    def _block_replaced(self, number: int, changes: Mapping[int, Piece | None]) -> list[_Block]:
        old = self._blocks[number].pieces(self._separator) if self._blocks else ()
        pieces: dict[int, Piece | None] = {**dict(old), **changes}
        # Twice as much, or a block that grows a little would fall into a large and a tiny one.
        writer = PieceWriter(self._separator, block_bytes=2 * _BLOCK_BYTES)
        for place, piece in sorted(pieces.items(), key=_place):
            if piece is not None:
                writer.add(place, piece)
        return writer.blocks()


def _place(entry: tuple[int, Piece | None]) -> int:
    return entry[0]


def _digest(piece: Piece) -> bytes:
    digest = blake2b(piece.key, digest_size=_DIGEST_BYTES)
    digest.update(piece.value)
    return digest.digest()
