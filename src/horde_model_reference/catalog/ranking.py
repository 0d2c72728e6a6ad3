"""The order of what a text was found in."""

from collections.abc import Mapping, Sequence
from heapq import nlargest
from itertools import islice
from typing import Final

from horde_model_reference.catalog.word_scores import EvenScores

_MOST_NAMES_COMPARED: Final = 256
_WHOLE_NAME: Final = 1000.0
"""More than any words can score."""


def best_rows(
    rows: Sequence[int],
    scores: Mapping[int, float],
    *,
    asked: str,
    names: Sequence[str],
    named_so: frozenset[int],
    count: int,
) -> list[int]:
    """Return the rows with the greatest scores, equal ones in their given order.

    Among the best, those come first whose name is most like what was asked for; both are squeezed. The rows
    in ``named_so`` come before all others.
    """
    named = [row for row in rows if row in named_so] if named_so else []
    best = [*named, *_greatest(rows, scores, max(count, _MOST_NAMES_COMPARED), besides=named_so)]
    compared, others = best[:_MOST_NAMES_COMPARED], best[_MOST_NAMES_COMPARED:]

    def closeness(row: int) -> float:
        score = _WHOLE_NAME if row in named_so else scores[row]
        return score * (1 + _likeness(names[row], asked))

    compared.sort(key=closeness, reverse=True)
    return [*compared, *others][:count]


def _greatest(
    rows: Sequence[int], scores: Mapping[int, float], count: int, *, besides: frozenset[int]
) -> list[int]:
    count = min(count, len(rows))
    if besides:
        rows = [row for row in rows if row not in besides]
    if not isinstance(scores, EvenScores):
        return nlargest(count, rows, scores.__getitem__)
    more = scores.more
    are_all = len(rows) == len(scores)
    greater = nlargest(count, sorted(more) if are_all else filter(more.__contains__, rows), more.__getitem__)
    equal = (row for row in rows if row not in more)
    return [*greater, *islice(equal, count - len(greater))]


def _likeness(name: str, asked: str) -> float:
    shorter, longer = sorted((len(name), len(asked)))
    closeness = shorter / longer if longer else 0.0
    if name.startswith(asked):
        return 1.0 + closeness
    return 0.5 + closeness if asked in name else 0.5 * closeness
