"""Words that are spelt almost like another one."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

_MOST_CANDIDATES = 96
"""How many words are compared letter by letter; those that share the most letter triples."""
_MOST_PLACES = 3_000
"""How many places are looked up; the rarest triples go first, since they tell words apart the best."""
_LONGEST_WORD = 32


class Spelling:
    """Finds the known words near a misspelt one, by their letter triples."""

    def __init__(self, known_words: Iterable[str]) -> None:
        # The shortest first, so that words of some lengths stand together in every list of places.
        self._words = sorted(filter(_is_spellable, known_words), key=len)
        self._first_of_length = [
            bisect_left(self._words, length, key=len) for length in range(_LONGEST_WORD + 2)
        ]
        self._places_of: dict[str, array[int]] = {}
        for number, word in enumerate(self._words):
            for triple in _triples(word):
                self._places_of.setdefault(triple, array("I")).append(number)

    def near(self, word: str) -> dict[str, int]:
        """Return the known words within one to three slips of a word, with the number of slips."""
        allowed = allowed_slips(word)
        if not allowed or len(word) > _LONGEST_WORD:
            return {}
        slips_to = slip_counter(word)
        slips_of = {known: slips_to(known) for known in self._alike(word, allowed)}
        return {known: slips for known, slips in slips_of.items() if slips <= allowed}

    def _alike(self, word: str, length_difference: int) -> Iterator[str]:
        shared: Counter[int] = Counter()
        looked_up = 0
        for places in sorted(self._places(word, length_difference), key=len):
            shared.update(places)
            looked_up += len(places)
            if looked_up > _MOST_PLACES:
                break
        least = _nth_greatest(shared, _MOST_CANDIDATES)
        found = [number for number, count in shared.items() if count >= least]
        # Of words that share as many, those are more alike that have fewer other triples: the shorter ones.
        found.sort(key=lambda number: shared[number] / (len(word) + len(self._words[number])), reverse=True)
        return map(self._words.__getitem__, found[:_MOST_CANDIDATES])

    def _places(self, word: str, length_difference: int) -> "Iterator[Sequence[int]]":
        begin = self._first_of_length[max(len(word) - length_difference, 0)]
        end = self._first_of_length[min(len(word) + length_difference, _LONGEST_WORD) + 1]
        for triple in _triples(word):
            places = self._places_of.get(triple)
            if places is not None:
                yield places[bisect_left(places, begin) : bisect_left(places, end)]


def allowed_slips(word: str) -> int:
    """Return how many slips a word of that length may have; none where any word would be near."""
    return 0 if len(word) < 4 or word.isdigit() else 1 if len(word) < 6 else 2 if len(word) < 10 else 3


def slip_counter(word: str) -> Callable[[str], int]:
    """Return what tells how many letters were left out, added, mistaken or swapped with the next one.

    It counts between ``word`` and another one, all rows of the usual table at once: each bit of its numbers
    is a letter of ``word`` (Hyyrö, A Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit
    Distances, 2003).
    """
    if not word:
        return len
    places: dict[str, int] = {}
    for place, letter in enumerate(word):
        places[letter] = places.get(letter, 0) | 1 << place
    every, last = (1 << len(word)) - 1, 1 << len(word) >> 1

    def slips_to(other: str) -> int:
        slips = len(word)
        rises, falls, equal, here = every, 0, 0, 0
        for letter in other:
            before, here = here, places.get(letter, 0)
            swapped = ((~equal & here) << 1) & before
            equal = (((here & rises) + rises) ^ rises) | here | falls | swapped
            steps_up = falls | (every & ~(equal | rises))
            steps_down = equal & rises
            slips += bool(steps_up & last) - bool(steps_down & last)
            steps_up = steps_up << 1 | 1
            rises = (steps_down << 1 | ~(equal | steps_up)) & every
            falls = steps_up & equal & every
        return slips

    return slips_to


def _nth_greatest(counts: "Counter[int]", place: int) -> int:
    """Return the count that so many words reach, or the least of all."""
    reached = 0
    for count, how_many in sorted(Counter(counts.values()).items(), reverse=True):
        reached += how_many
        if reached >= place:
            return count
    return 0


def _triples(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def _is_spellable(word: str) -> bool:
    return 3 <= len(word) <= _LONGEST_WORD and sum(map(str.isalpha, word)) >= 3
