"""Long differences a part at a time, so that no page is as long as what somebody proposes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import chain, groupby, zip_longest
from operator import attrgetter
from typing import Annotated, Final, NamedTuple, TypeAlias

from fastapi import Query
from fastapi.exceptions import HTTPException

from horde_model_reference.service.web.differences import Difference, FieldRow
from horde_model_reference.service.web.line_differences import Line

PartNumber: TypeAlias = Annotated[int, Query(ge=1, le=1_000_000)]
"""In an address; the first part is 1."""
MOST_LINES: Final = 400
MOST_BYTES: Final = 24_000
"""Of the text in one part; packed and with all that is around it, a page stays within 60 KB."""
MOST_PATH: Final = 300
"""Characters of the name of a field."""
_MOST_SHORT: Final = 1_000
"""Characters on one side of a row that is never torn apart."""
_ROW_BYTES: Final = 100
_MOST_FIELDS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A field as far as it is in a part."""

    row: FieldRow
    lines: tuple[Line, ...]
    is_continued: bool = False
    """Whether it begins in a part before."""
    goes_on: bool = False

    @property
    def old_lines(self) -> tuple[Line, ...]:
        """Return the lines of the side before."""
        return tuple(line for line in self.lines if line.sign != "+")

    @property
    def new_lines(self) -> tuple[Line, ...]:
        """Return the lines of the side after."""
        return tuple(line for line in self.lines if line.sign != "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDifference:
    """What a part holds of a difference."""

    whole: Difference
    rows: tuple[ShownRow, ...]
    fillers: tuple[ShownRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldElsewhere:
    """A field with lines that are in other parts."""

    title: str | None
    """Of the difference, where there are several."""
    field: str
    lines: int
    part: int
    """The first part that holds some of these lines."""
    is_critical: bool
    """Whether an update changes something in it that needs special care."""
    is_filler: bool
    """Whether all of it is bookkeeping and defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferencePart:
    """One part of what differs."""

    number: int
    count: int
    """How many parts there are."""
    first_line: int
    last_line: int
    line_count: int
    """Lines in all parts."""
    shown: tuple[tuple[int, ShownDifference], ...]
    """Each with its place among all differences."""
    elsewhere: tuple[FieldElsewhere, ...]
    """The fields that are not wholly here, critical ones first, fillers last."""

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is in another part."""
        return self.count == 1

    @property
    def named_elsewhere(self) -> tuple[FieldElsewhere, ...]:
        """Return as many of the fields elsewhere as can be named in a few lines, but no fillers."""
        return tuple(field for field in self.elsewhere if not field.is_filler)[:_MOST_FIELDS]

    @property
    def fillers_elsewhere(self) -> tuple[FieldElsewhere, ...]:
        """Return those that are bookkeeping and defaults."""
        return tuple(field for field in self.elsewhere if field.is_filler)

    @property
    def critical_elsewhere(self) -> int:
        """Return how many critical fields are not wholly here."""
        return sum(field.is_critical for field in self.elsewhere)


class _Entry(NamedTuple):
    """A row with its place among all differences."""

    place: int
    row: FieldRow | None
    """None: the difference has no rows at all."""
    is_filler: bool = False


class _Piece(NamedTuple):
    """Some lines of a row that are in one part."""

    part: int
    of: _Entry
    line_count: int = 0
    lines: Sequence[Line] | None = None
    """None: all of the row, whose lines are found when they are shown."""
    is_continued: bool = False
    goes_on: bool = False


def part_of(differences: Sequence[Difference], number: int) -> DifferencePart:
    """Return a part of some differences, counted from 1.

    What fits into one part stays in its order; else critical fields come first, and the short ones before the
    longer ones, so that no long field hides a short one.

    Raises:
        HTTPException: 404, there are fewer parts.
    """
    pieces = _pieces(differences)
    if pieces and pieces[-1].part > 1:
        pieces = _pieces([_shortest_first(each) for each in differences], are_interleaved=True)
    count = pieces[-1].part if pieces else 1
    if number > count:
        told = "is 1 part" if count == 1 else f"are {count:,} parts"
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no part {number:,} of it; there {told}.")
    here = [piece for piece in pieces if piece.part == number]
    before = sum(piece.line_count for piece in pieces if piece.part < number)
    return DifferencePart(
        number=number,
        count=count,
        first_line=before + 1,
        last_line=before + sum(piece.line_count for piece in here),
        line_count=sum(piece.line_count for piece in pieces),
        shown=tuple(_shown(differences, here)),
        elsewhere=tuple(_elsewhere(differences, pieces, number)),
    )


def _pieces(differences: Iterable[Difference], *, are_interleaved: bool = False) -> list[_Piece]:
    filling = _Filling()
    for entry in _entries(differences):
        if entry.row is None or _is_short(entry.row):
            filling.add_short(entry)
        else:
            filling.add(entry, [*_interleaved(entry.row.lines)] if are_interleaved else entry.row.lines)
    return filling.pieces


def _entries(differences: Iterable[Difference]) -> Iterator[_Entry]:
    for place, difference in enumerate(differences):
        rows = [_Entry(place, row) for row in difference.rows]
        fillers = [_Entry(place, row, is_filler=True) for row in difference.fillers]
        yield from rows + fillers or [_Entry(place, None)]


class _Filling:
    """Puts rows into parts, one after the other."""

    def __init__(self) -> None:
        self.pieces: list[_Piece] = []
        self._part = 1
        self._lines = self._size = 0

    def add_short(self, entry: _Entry) -> None:
        """Add a row that is not torn apart."""
        count, size = (0, 0) if entry.row is None else (_sides(entry.row), _row_size(entry.row))
        self._make_room(count, size + _ROW_BYTES)
        self.pieces.append(_Piece(self._part, entry, count))

    def add(self, entry: _Entry, lines: Sequence[Line]) -> None:
        """Add a row; what does not fit goes into further parts."""
        first = 0
        for place, line in enumerate(lines):
            before = self._part
            if self._make_room(1, _size(line.text) + (0 if place > first else _ROW_BYTES)) and first < place:
                self.pieces.append(_piece(before, entry, lines, slice(first, place)))
                first = place
        self.pieces.append(_piece(self._part, entry, lines, slice(first, len(lines))))

    def _make_room(self, lines: int, size: int) -> bool:
        """Count lines in, and tell whether another part had to be begun for them."""
        is_full = self._lines + lines > MOST_LINES or self._size + size > MOST_BYTES
        is_another = is_full and self._lines > 0
        if is_another:
            self._part += 1
            self._lines = self._size = 0
        self._lines += lines
        self._size += size
        return is_another


def _piece(part: int, entry: _Entry, lines: Sequence[Line], here: slice) -> _Piece:
    found = lines[here]
    return _Piece(part, entry, len(found), found, here.start > 0, here.stop < len(lines))


def _is_short(row: FieldRow) -> bool:
    """Tell whether each side is one line at most, so that nobody has to compare them to count them."""
    texts = (row.before or "", row.after or "")
    return all(len(text) <= _MOST_SHORT and "\n" not in text for text in texts)


def _sides(row: FieldRow) -> int:
    return max(1, sum(map(bool, (row.before, row.after))))


def _row_size(row: FieldRow) -> int:
    return min(len(row.path), MOST_PATH) + _size(row.before or "") + _size(row.after or "")


def _size(text: str) -> int:
    # Where it is a link, its address is there a second time.
    return len(text.encode()) * (2 if text.startswith("http") else 1)


def _shortest_first(difference: Difference) -> Difference:
    is_update = _is_update(difference)
    order = sorted(difference.rows, key=lambda row: (is_update and not row.is_critical, _row_size(row)))
    return replace(difference, rows=tuple(order))


def _interleaved(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield lines so that those which went and those which came in their place are in one part."""
    for are_same, found in groupby(lines, key=lambda line: line.sign in {" ", "~"}):
        run = tuple(found)
        if are_same:
            yield from run
            continue
        for pair in _replacements(run):
            for went, came in zip_longest(*map(_halves, pair), fillvalue=()):
                yield from chain(went, came)


def _replacements(lines: Sequence[Line]) -> Iterator[tuple[Sequence[Line], Sequence[Line]]]:
    """Yield lines that went, with those that came in their place."""
    went: Sequence[Line] = ()
    for sign, found in groupby(lines, key=attrgetter("sign")):
        run = tuple(found)
        if sign == "+":
            yield went, run
            went = ()
        else:
            went = run
    if went:
        yield went, ()


def _halves(lines: Iterable[Line]) -> Iterator[Sequence[Line]]:
    """Yield lines in runs that take at most half of a part."""
    run: list[Line] = []
    size = 0
    for line in lines:
        more = _size(line.text)
        if run and (len(run) >= MOST_LINES // 2 or size + more > MOST_BYTES // 2):
            yield run
            run, size = [], 0
        run.append(line)
        size += more
    yield run


def _shown(
    differences: Sequence[Difference], pieces: Iterable[_Piece]
) -> Iterator[tuple[int, ShownDifference]]:
    for place, found in groupby(pieces, key=lambda piece: piece.of.place):
        here = tuple(found)
        yield (
            place,
            ShownDifference(
                whole=differences[place],
                rows=tuple(
                    _row(piece, piece.of.row) for piece in here if piece.of.row and not piece.of.is_filler
                ),
                fillers=tuple(
                    _row(piece, piece.of.row) for piece in here if piece.of.row and piece.of.is_filler
                ),
            ),
        )


def _row(piece: _Piece, row: FieldRow) -> ShownRow:
    lines = row.lines if piece.lines is None else piece.lines
    return ShownRow(row=row, lines=tuple(lines), is_continued=piece.is_continued, goes_on=piece.goes_on)


def _elsewhere(
    differences: Sequence[Difference], pieces: Iterable[_Piece], number: int
) -> list[FieldElsewhere]:
    found: dict[tuple[int, str], list[_Piece]] = {}
    for piece in pieces:
        if piece.part != number and (row := piece.of.row) is not None:
            found.setdefault((piece.of.place, row.field), []).append(piece)
    fields = [
        FieldElsewhere(
            title=differences[place].title,
            field=field,
            lines=sum(piece.line_count for piece in there),
            part=there[0].part,
            is_critical=_is_update(differences[place]) and any(map(_is_critical, there)),
            is_filler=all(piece.of.is_filler for piece in there),
        )
        for (place, field), there in found.items()
    ]
    return sorted(fields, key=lambda field: (field.is_filler, not field.is_critical))


def _is_critical(piece: _Piece) -> bool:
    return piece.of.row is not None and piece.of.row.is_critical and not piece.of.is_filler


def _is_update(difference: Difference) -> bool:
    return difference.has_before and difference.has_after
