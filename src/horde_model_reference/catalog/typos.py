"""Words that are spelt almost like another one."""

from array import array
from collections import Counter
from collections.abc import Iterable
from heapq import nlargest

_MOST_CANDIDATES = 64
"""How many words are compared letter by letter; those that share the most letter triples."""
_LONGEST_WORD = 32


class Spelling:
    """Finds the known words near a misspelt one, by their letter triples."""

    def __init__(self, known_words: Iterable[str]) -> None:
        self._words = [word for word in known_words if _is_spellable(word)]
        self._words_with: dict[str, array[int]] = {}
        for number, word in enumerate(self._words):
            for triple in _triples(word):
                self._words_with.setdefault(triple, array("L")).append(number)

    def near(self, word: str) -> dict[str, int]:
        """Return the known words within one to three slips of a word, with the number of slips."""
        allowed = allowed_slips(word)
        if not allowed or len(word) > _LONGEST_WORD:
            return {}
        shared: Counter[int] = Counter()
        for triple in _triples(word):
            shared.update(self._words_with.get(triple, ()))
        alike = nlargest(_MOST_CANDIDATES, shared.items(), key=lambda found: self._likeness(word, *found))
        slips_of = {
            (known := self._words[number]): slips_between(word, known, most=allowed) for number, _ in alike
        }
        return {known: slips for known, slips in slips_of.items() if slips <= allowed}

    def _likeness(self, word: str, number: int, shared: int) -> float:
        return shared / (len(word) + len(self._words[number]))


def allowed_slips(word: str) -> int:
    """Return how many slips a word of that length may have; none where any word would be near."""
    return 0 if len(word) < 4 or word.isdigit() else 1 if len(word) < 6 else 2 if len(word) < 10 else 3


def slips_between(one: str, two: str, *, most: int) -> int:
    """Return how many letters were left out, added, mistaken or swapped with the next one.

    The answer is greater than ``most``, but not always exact, where there are more.
    """
    if abs(len(one) - len(two)) > most:
        return most + 1
    before_last: list[int] = []
    last = list(range(len(two) + 1))
    for row, letter in enumerate(one, start=1):
        current = [row]
        for column, other in enumerate(two, start=1):
            slips = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == two[column - 2] and one[row - 2] == other:
                slips = min(slips, before_last[column - 2] + 1)
            current.append(slips)
        if min(current) > most:
            return most + 1
        before_last, last = last, current
    return last[-1]


def _triples(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def _is_spellable(word: str) -> bool:
    return 3 <= len(word) <= _LONGEST_WORD and sum(map(str.isalpha, word)) >= 3
