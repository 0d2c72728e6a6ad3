"""The order of what a text was found in."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from typing import Final

_MOST_NAMES_COMPARED: Final = 256
_WHOLE_NAME: Final = 1000.0
"""More than any words can score."""


def best_rows(
    rows: Iterable[int],
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
    with_names = {**scores, **dict.fromkeys(named_so, _WHOLE_NAME)} if named_so else scores
    best = nlargest(max(count, _MOST_NAMES_COMPARED), rows, with_names.__getitem__)
    compared, others = best[:_MOST_NAMES_COMPARED], best[_MOST_NAMES_COMPARED:]
    compared.sort(key=lambda row: with_names[row] * (1 + _likeness(names[row], asked)), reverse=True)
    return [*compared, *others][:count]


def _likeness(name: str, asked: str) -> float:
    shorter, longer = sorted((len(name), len(asked)))
    closeness = shorter / longer if longer else 0.0
    if name.startswith(asked):
        return 1.0 + closeness
    return 0.5 + closeness if asked in name else 0.5 * closeness
