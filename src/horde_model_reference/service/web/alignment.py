"""What two sequences have in common, found for a bounded amount of work."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

MOST_WORK: Final = 2_000_000
"""Items that may be looked at for one difference; some tenths of a second where it was made to be slow."""


class Stretch(NamedTuple):
    """A part of the one sequence beside a part of the other; the ends are behind the last item."""

    is_same: bool
    first: int
    last: int
    new_first: int
    new_last: int


def aligned(old: Sequence[str], new: Sequence[str], *, most_work: int) -> Iterator[Stretch]:
    """Yield the parts that are the same, and what stands between them, from the start to the end.

    What the beginnings and the ends have in common is always found; the rest is one stretch where comparing
    it might take more than ``most_work``.
    """
    start = common_start(old, new)
    end = common_start(old[start:][::-1], new[start:][::-1])
    last, new_last = len(old) - end, len(new) - end
    if start:
        yield Stretch(True, 0, start, 0, start)
    for stretch in _between(old[start:last], new[start:new_last], most_work):
        first, *ends = (place + start for place in stretch[1:])
        yield Stretch(stretch.is_same, first, *ends)
    if end:
        yield Stretch(True, last, len(old), new_last, len(new))


def _between(old: Sequence[str], new: Sequence[str], most_work: int) -> Iterator[Stretch]:
    if _work(old, new) > most_work:
        yield Stretch(False, 0, len(old), 0, len(new))
        return
    for kind, *places in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield Stretch(kind == "equal", *places)


def _work(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many items may be looked at: for every match all that are left, and those like them."""
    counts, new_counts = Counter(old), Counter(new)
    pairs = sum(counts[item] * new_counts[item] for item in counts.keys() & new_counts.keys())
    return min(pairs, len(old), len(new)) * (len(old) + pairs)


def common_start(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many items the beginnings have in common."""
    # Slices are compared in one step each, which a million characters make worth while.
    shorter = min(len(old), len(new))
    return bisect_left(range(1, shorter + 1), True, key=lambda count: old[:count] != new[:count])
