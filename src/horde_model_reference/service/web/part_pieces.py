"""Differences torn into pieces that fit into parts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from horde_model_reference.service.web.differences import Difference, FieldRow
from horde_model_reference.service.web.line_differences import LONGEST_ADDRESS, Line
from horde_model_reference.service.web.part_models import MOST_NAME
from horde_model_reference.service.web.text_filters import shortened

MOST_LINES: Final = 400
MOST_BYTES: Final = 24_000
"""Of the text in one part; packed and with all that is around it, a page stays within 60 KB.

Two lines fit into it whatever they say, so each that went can stand beside the one that came in its place.
"""
_MOST_SHORT: Final = 1_000
"""Characters on one side of a row that is never torn apart."""
_FRAME_BYTES: Final = 100
"""What stands around a field."""


class _Measured(NamedTuple):
    line: Line
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row with its place among all differences."""

    place: int
    difference: Difference
    row: FieldRow | None = None
    """None: nothing differs."""
    is_filler: bool = False
    lines: tuple[_Measured, ...] | None = None
    """None: the row is never torn apart, and its lines are found when they are shown."""
    line_count: int = 1
    size: int = 0
    """Bytes of all lines."""
    name_size: int = 0
    title_size: int

    @property
    def is_critical(self) -> bool:
        """Tell whether an update changes something in it that needs special care."""
        is_update = self.difference.has_before and self.difference.has_after
        return is_update and not self.is_filler and self.row is not None and self.row.is_critical


class Piece(NamedTuple):
    """Some lines of a row that are in one part."""

    part: int
    of: Entry
    line_count: int
    lines: tuple[Line, ...] | None = None
    """None: all of the row, whose lines are found when they are shown."""
    is_continued: bool = False
    goes_on: bool = False


def entries_of(differences: Iterable[Difference]) -> Iterator[Entry]:
    """Yield the rows of some differences, each measured; one without a row where there are none."""
    for place, difference in enumerate(differences):
        title_size = _name_size(difference.title or "")
        if not (difference.rows or difference.fillers):
            yield Entry(place=place, difference=difference, title_size=title_size)
        for rows, is_filler in ((difference.rows, False), (difference.fillers, True)):
            for row in rows:
                lines = None if _is_short(row) else tuple(map(_measured, row.lines))
                yield Entry(
                    place=place,
                    difference=difference,
                    row=row,
                    is_filler=is_filler,
                    lines=lines,
                    line_count=_sides(row) if lines is None else len(lines),
                    size=_sides_size(row) if lines is None else sum(line.size for line in lines),
                    name_size=_FRAME_BYTES + _name_size(row.path),
                    title_size=title_size,
                )


def pieces_of(entries: Iterable[Entry]) -> list[Piece]:
    """Return entries in parts, in their order."""
    filling = _Filling()
    return [piece for entry in entries for piece in filling.pieces(entry)]


class _Filling:
    """Puts rows into parts, one after the other."""

    def __init__(self) -> None:
        self._part = 1
        self._lines = self._size = 0
        self._last: Entry | None = None
        """The last of this part."""

    def pieces(self, entry: Entry) -> Iterator[Piece]:
        """Yield an entry in pieces, each in a part of its own."""
        if entry.lines is None:
            yield Piece(self._part_with(entry, entry.line_count, entry.size), entry, entry.line_count)
            return
        placed = [
            (self._part_with(entry, len(run), sum(line.size for line in run)), run)
            for run in _runs(entry.lines)
        ]
        for part, runs in groupby(placed, key=itemgetter(0)):
            lines = tuple(each.line for _, run in runs for each in run)
            is_first, is_last = part == placed[0][0], part == placed[-1][0]
            yield Piece(part, entry, len(lines), lines, is_continued=not is_first, goes_on=not is_last)

    def _part_with(self, entry: Entry, lines: int, size: int) -> int:
        """Return the part that some lines are in: this one, or another where it has no room for them."""
        room = size + self._heading(entry)
        if self._lines and (self._lines + lines > MOST_LINES or self._size + room > MOST_BYTES):
            self._part += 1
            self._lines = self._size = 0
            self._last = None
        self._lines += lines
        self._size += size + self._heading(entry)
        self._last = entry
        return self._part

    def _heading(self, entry: Entry) -> int:
        """Return what it takes to say what the next lines belong to."""
        if entry is self._last:
            return 0
        is_same = self._last is not None and self._last.place == entry.place
        return entry.name_size + (0 if is_same else entry.title_size)


def _runs(lines: Iterable[_Measured]) -> Iterator[Sequence[_Measured]]:
    """Yield lines in runs that are not torn apart: what went, with what came in its place."""
    went: Sequence[_Measured] = ()
    for sign, found in groupby(lines, key=lambda each: each.line.sign):
        run = tuple(found)
        if sign == "-":
            went = run
            continue
        yield from _beside(went, run) if sign == "+" else _single(went, run)
        went = ()
    yield from _single(went)


def _beside(went: Sequence[_Measured], came: Sequence[_Measured]) -> Iterator[Sequence[_Measured]]:
    """Yield all of it at once where a part has room for it, else so that each line is beside its new one."""
    sizes = [one.size + other.size for one, other in zip(went, came, strict=False)]
    if sizes and len(went) + len(came) <= MOST_LINES and _size_of(went) + _size_of(came) <= MOST_BYTES:
        yield (*went, *came)
        return
    first = size = 0
    for place, more in enumerate(sizes):
        if place - first == MOST_LINES // 2 or size + more > MOST_BYTES:
            yield (*went[first:place], *came[first:place])
            first, size = place, 0
        size += more
    if sizes:
        yield (*went[first : len(sizes)], *came[first : len(sizes)])
    yield from _single(went[len(sizes) :], came[len(sizes) :])


def _single(*runs: Iterable[_Measured]) -> Iterator[Sequence[_Measured]]:
    return ((line,) for run in runs for line in run)


def _size_of(lines: Iterable[_Measured]) -> int:
    return sum(line.size for line in lines)


def _measured(line: Line) -> _Measured:
    return _Measured(line, _size(line.text))


def _is_short(row: FieldRow) -> bool:
    """Tell whether each side is one line at most, so that nobody has to compare them to count them."""
    texts = (row.before or "", row.after or "")
    return all(len(text) <= _MOST_SHORT and "\n" not in text for text in texts)


def _sides(row: FieldRow) -> int:
    return max(1, sum(map(bool, (row.before, row.after))))


def _sides_size(row: FieldRow) -> int:
    return _size(row.before or "") + _size(row.after or "")


def _name_size(name: str) -> int:
    return len(shortened(name, MOST_NAME).encode())


def _size(text: str) -> int:
    # Where it is a link, its address is there a second time.
    is_link = text.startswith("http") and len(text) <= LONGEST_ADDRESS
    return len(text.encode()) * (2 if is_link else 1)
