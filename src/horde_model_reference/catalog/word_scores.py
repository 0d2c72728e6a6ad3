"""What rows score by the words that they hold.

A word of a query may be read as several known words. What such a reading scores is a list of places: a
score with the rows that have it, the lowest score first; of a row in several places the last one counts.
"""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, TypeAlias

Places: TypeAlias = "Sequence[tuple[float, array[int]]]"

_MANY_TIMES: Final = 16
"""A list so many times longer than another is asked for single rows, and not read."""


class EvenScores(Mapping[int, float]):
    """Scores where a word stands in every row: of so many equal ones, none has to be written down."""

    def __init__(self, rows: range, *, least: float, more: Mapping[int, float]) -> None:
        """Score the rows of ``more`` as it says, and all others ``least``, which is less."""
        self.rows: Final = rows
        self.least: Final = least
        self.more: Final = more

    def __getitem__(self, row: int) -> float:
        if row not in self.rows:
            raise KeyError(row)
        return self.more.get(row, self.least)

    def __iter__(self) -> Iterator[int]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, row: object) -> bool:
        return row in self.rows


def shifted(scores: Mapping[int, float], start: int) -> Mapping[int, float]:
    """Return the same scores for rows whose numbers begin at another one."""
    if not isinstance(scores, EvenScores):
        return {row + start: score for row, score in scores.items()}
    rows = range(scores.rows.start + start, scores.rows.stop + start)
    return EvenScores(rows, least=scores.least, more=shifted(scores.more, start))


def sorted_places(found: Iterable[tuple[float, "array[int]"]], row_count: int) -> Places:
    """Return places the lowest score first, without what scores less than a word that every row has."""
    places = sorted(found, key=lambda place: place[0])
    complete = [number for number, (_, rows) in enumerate(places) if len(rows) == row_count]
    return places[complete[-1] :] if complete else places


def meeting_all(readings: Iterable[Places], row_count: int) -> Mapping[int, float]:
    """Return what the rows score that meet every reading."""
    shortest_first = sorted(readings, key=row_total)
    if not shortest_first or not shortest_first[0]:
        return {}
    everywhere, narrowing = _parted(shortest_first, row_count)
    if not narrowing:
        return _of_every_row(everywhere, row_count)
    scores = _scores(narrowing[0])
    for places in narrowing[1:]:
        more = _scores_among(places, scores)
        scores = {row: scores[row] + score for row, score in more.items()}
    return _raised(scores, everywhere)


def meeting_most(readings: Iterable[Places], row_count: int) -> tuple[Mapping[int, float], int]:
    """Return what the rows score that meet the most readings, and how many those are."""
    some = [places for places in readings if places]
    scores = meeting_all(some, row_count)
    if scores:
        return scores, len(some)
    everywhere, narrowing = _parted(some, row_count)
    met: dict[int, int] = {}
    sums: dict[int, float] = {}
    for places in narrowing:
        for row, score in _scores(places).items():
            met[row] = met.get(row, 0) + 1
            sums[row] = sums.get(row, 0.0) + score
    most = max(met.values(), default=0)
    best = {row: score for row, score in sums.items() if met[row] == most}
    return _raised(best, everywhere), most + len(everywhere)


def row_total(places: Places) -> int:
    """Return how many rows the places have, those in several as often."""
    return sum(len(rows) for _, rows in places)


def _parted(readings: Iterable[Places], row_count: int) -> tuple[list[Places], list[Places]]:
    """Return the readings that every row meets, and the others."""
    everywhere: list[Places] = []
    narrowing: list[Places] = []
    for places in readings:
        (everywhere if len(places[0][1]) == row_count else narrowing).append(places)
    return everywhere, narrowing


def _of_every_row(everywhere: Sequence[Places], row_count: int) -> EvenScores:
    parts = [(places[0][0], _scores(places[1:])) for places in everywhere]
    least = sum(score for score, _ in parts)
    if len(parts) == 1:
        return EvenScores(range(row_count), least=least, more=parts[0][1])
    better = dict.fromkeys(chain.from_iterable(more for _, more in parts))
    sums = {row: sum(more.get(row, score) for score, more in parts) for row in better}
    return EvenScores(range(row_count), least=least, more=sums)


def _raised(scores: dict[int, float], everywhere: Iterable[Places]) -> dict[int, float]:
    """Add what readings score that every row meets; one that all meet equally well decides nothing."""
    for (least, _), *better in everywhere:
        if better:
            more = _scores_among(better, scores)
            scores = {row: score + more.get(row, least) for row, score in scores.items()}
    return scores


def _scores(places: Places) -> dict[int, float]:
    scores: dict[int, float] = {}
    for score, rows in places:
        scores.update(dict.fromkeys(rows, score))
    return scores


def _scores_among(places: Places, wanted: Mapping[int, float]) -> dict[int, float]:
    scores: dict[int, float] = {}
    for score, rows in places:
        scores.update(dict.fromkeys(_common(rows, wanted), score))
    return scores


def _common(rows: "array[int]", wanted: Mapping[int, float]) -> Collection[int]:
    if len(rows) > _MANY_TIMES * len(wanted):
        return [row for row in wanted if _holds(rows, row)]
    return [row for row in rows if row in wanted]


def _holds(rows: "array[int]", row: int) -> bool:
    place = bisect_left(rows, row)
    return place < len(rows) and rows[place] == row
