"""Long differences a part at a time, so that no page is as long as what somebody proposes."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from horde_model_reference.service.errors import UnknownPartError
from horde_model_reference.service.web.differences import Difference
from horde_model_reference.service.web.part_models import (
    DifferencePart,
    FieldElsewhere,
    ShownDifference,
    ShownRow,
)
from horde_model_reference.service.web.part_pieces import Entry, Piece, entries_of, pieces_of


def part_of(differences: Sequence[Difference], number: int) -> DifferencePart:
    """Return a part of some differences, counted from 1.

    What fits into one part stays in its order; else, in each difference, critical fields of an update come
    first, and the short ones before the longer ones, so that no long field hides a short one.

    Raises:
        UnknownPartError: there are fewer parts.
    """
    entries = [*entries_of(differences)]
    pieces = pieces_of(entries)
    if pieces and pieces[-1].part > 1:
        pieces = pieces_of(sorted(entries, key=_rank))
    count = pieces[-1].part if pieces else 1
    if number > count:
        told = "is 1 part" if count == 1 else f"are {count:,} parts"
        raise UnknownPartError(f"There is no part {number:,} of it; there {told}.")
    here = [piece for piece in pieces if piece.part == number]
    others = [piece for piece in pieces if piece.part != number]
    before = sum(piece.line_count for piece in others if piece.part < number)
    return DifferencePart(
        number=number,
        count=count,
        first_line=before + 1,
        last_line=before + sum(piece.line_count for piece in here),
        line_count=sum(piece.line_count for piece in pieces),
        shown=tuple(_shown(differences, here)),
        elsewhere=tuple(sorted(_fields(others), key=lambda field: (field.is_filler, not field.is_critical))),
        alike_elsewhere=tuple(piece.part for piece in others if piece.of.row is None),
    )


def _rank(entry: Entry) -> tuple[int, bool, bool, int]:
    """Return where a row of a difference comes, critical and short ones first; fillers keep their order."""
    return entry.place, entry.is_filler, not entry.is_critical, 0 if entry.is_filler else entry.size


def _shown(
    differences: Sequence[Difference], pieces: Iterable[Piece]
) -> Iterator[tuple[int, ShownDifference]]:
    for place, found in groupby(pieces, key=lambda piece: piece.of.place):
        rows: dict[bool, list[ShownRow]] = {True: [], False: []}
        for piece in found:
            rows[piece.of.is_filler].extend(_rows(piece))
        yield (
            place,
            ShownDifference(whole=differences[place], rows=tuple(rows[False]), fillers=tuple(rows[True])),
        )


def _rows(piece: Piece) -> Iterator[ShownRow]:
    row = piece.of.row
    if row is not None:
        yield ShownRow(
            row=row,
            lines=row.lines if piece.lines is None else piece.lines,
            is_critical=piece.of.is_critical,
            is_continued=piece.is_continued,
            goes_on=piece.goes_on,
        )


def _fields(pieces: Iterable[Piece]) -> Iterator[FieldElsewhere]:
    found: dict[tuple[int, str], list[Piece]] = {}
    for piece in pieces:
        if piece.of.row is not None:
            found.setdefault((piece.of.place, piece.of.row.field), []).append(piece)
    for (_, field), there in found.items():
        yield FieldElsewhere(
            title=there[0].of.difference.title,
            field=field,
            lines=sum(piece.line_count for piece in there),
            part=there[0].part,
            is_critical=any(piece.of.is_critical for piece in there),
            is_filler=all(piece.of.is_filler for piece in there),
        )
