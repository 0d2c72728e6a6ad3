"""Full text search over the records of one category: tolerant of typos and of other spacing."""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from itertools import chain
from math import log
from typing import Final, NamedTuple

from horde_model_reference.catalog.text_words import squeezed, squeezed_model_name, words, words_and_spellings
from horde_model_reference.catalog.typos import Spelling
from horde_model_reference.catalog.word_scores import (
    Places,
    meeting_all,
    meeting_most,
    row_total,
    sorted_places,
)

_NAME_WEIGHT, _DISPLAY_NAME_WEIGHT, _TAG_WEIGHT, _TRIGGER_WEIGHT, _DESCRIPTION_WEIGHT = (
    1.0,
    0.7,
    0.6,
    0.4,
    0.1,
)
_OTHER_SPELLING: Final = 0.6
"""What another spelling of a word counts, where the word as written counts 1."""
_NEIGHBOURS_JOINED: Final = 0.9
_MOST_WORDS: Final = 12
"""Later words of a query are not read."""
_MOST_COMPLETIONS: Final = 48


_RowsOfWord = dict[str, "array[int]"]


class TextSource(NamedTuple):
    """The texts of one record that people may look for; a tuple, since many are made and dropped again."""

    name: str
    display_name: str = ""
    tags: Sequence[str] = ()
    triggers: Sequence[str] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatches:
    """What a text was found in."""

    words_met: tuple[int, int] = (0, 0)
    """How many words of the text each row meets, the most that any row does; and how many without slips."""
    scores: Mapping[int, float] = field(default_factory=dict[int, float])
    """By row: greater is better, and comparable between categories."""
    named_so: tuple[int, ...] = ()
    """The rows whose whole name was asked for, however spaced."""


class TextIndex:
    """Where each word stands; rows are numbered as the texts were given."""

    def __init__(self, sources: Iterable[TextSource]) -> None:
        rows_by_weight = self._rows_by_weight = defaultdict[float, _RowsOfWord](_rows_of_word)
        described = rows_by_weight[_DESCRIPTION_WEIGHT]
        self._rows_of_name: dict[str, tuple[int, ...]] = {}
        self._row_count = 0
        other_words = lru_cache(maxsize=4096)(words_and_spellings)  # tags and triggers come again and again
        for row, source in enumerate(sources):
            weights: dict[str, float] = {}
            for trigger in source.triggers:
                _raise_weights(weights, other_words(trigger), _TRIGGER_WEIGHT)
            for tag in source.tags:
                _raise_weights(weights, other_words(tag), _TAG_WEIGHT)
            if source.display_name:
                _raise_weights(weights, words_and_spellings(source.display_name), _DISPLAY_NAME_WEIGHT)
            _raise_weights(weights, words_and_spellings(source.name), _NAME_WEIGHT)
            for word, weight in weights.items():
                rows_by_weight[weight][word].append(row)
            for word in set(words(source.description)).difference(weights):
                described[word].append(row)
            self._add_name(row, source.name)

    def prepare(self) -> None:
        """Make what the first queries would otherwise wait for."""
        _ = self._sorted_words, self._spelling

    def search(self, text: str) -> TextMatches:
        """Return the rows that meet the most words of a text: exactly, as a beginning, or with slips."""
        asked = words(text)[:_MOST_WORDS]
        readings = [self._readings(asked, position) for position in range(len(asked))]
        certain = len([reading for reading in readings if reading])
        near = lru_cache(maxsize=None)(self._spelling.near)  # neighbours have a joined word in common
        readings = [reading or _guesses(asked, place, near) for place, reading in enumerate(readings)]
        named_so = self._rows_of_name.get(squeezed(text), ())
        places = list(map(self._places, readings))
        scores, words_met = meeting_all(places, self._row_count), len(asked)
        if not scores and not named_so:
            scores, words_met = meeting_most(places, self._row_count)
        if not all(row in scores for row in named_so):
            scores = {**dict.fromkeys(named_so, 0.0), **scores}
        return TextMatches(words_met=(words_met, certain), scores=scores, named_so=named_so)

    @cached_property
    def _sorted_words(self) -> list[str]:
        return sorted(set(chain.from_iterable(self._rows_by_weight.values())))

    @cached_property
    def _spelling(self) -> Spelling:
        return Spelling(self._sorted_words)

    def _add_name(self, row: int, name: str) -> None:
        self._row_count += 1
        rows_of_name = self._rows_of_name
        known_as = squeezed(name)
        rows_of_name[known_as] = (*rows_of_name.get(known_as, ()), row)
        if "/" in name:
            known_as = squeezed_model_name(name)
            rows_of_name[known_as] = (*rows_of_name.get(known_as, ()), row)

    def _readings(self, asked: Sequence[str], position: int) -> dict[str, float]:
        """Return the known words that a word of the query may stand for, each with how sure that is."""
        readings = dict(self._completions(asked[position]))
        return readings | {both: _NEIGHBOURS_JOINED for both in _joined(asked, position) if self._knows(both)}

    def _completions(self, word: str) -> Iterator[tuple[str, float]]:
        if self._knows(word):
            yield word, 1.0
        if len(word) < 2:
            return
        start = bisect_left(self._sorted_words, word)
        begun = self._sorted_words[start : start + 8 * _MOST_COMPLETIONS]
        found = [known for known in begun if known.startswith(word) and known != word]
        for known in sorted(found, key=len)[:_MOST_COMPLETIONS]:
            yield known, 0.4 + 0.4 * len(word) / len(known)

    def _places(self, reading: Mapping[str, float]) -> Places:
        """Return the rows that the words of a reading stand in, and what they score there."""
        found: list[tuple[float, array[int]]] = []
        for word, sureness in reading.items():
            places = [(weight, rows[word]) for weight, rows in self._rows_by_weight.items() if word in rows]
            rarity = log(1 + self._row_count / row_total(places))
            found += [(sureness * rarity * weight, rows) for weight, rows in places]
        return sorted_places(found, self._row_count)

    def _knows(self, word: str) -> bool:
        return any(word in rows for rows in self._rows_by_weight.values())


def _rows_of_word() -> _RowsOfWord:
    return defaultdict(partial(array, "I"))


def _joined(asked: Sequence[str], position: int) -> list[str]:
    """Return a word of the query together with the one before it, and with the one after it."""
    starts = (position - 1, position)
    return [asked[start] + asked[start + 1] for start in starts if start >= 0 and start + 1 < len(asked)]


def _guesses(
    asked: Sequence[str], position: int, near: Callable[[str], Mapping[str, int]]
) -> dict[str, float]:
    """Return the known words that are spelt almost like a word of the query."""
    return {
        known: 0.8 - 0.15 * slips + 0.1 * (known[0] == attempt[0])
        for attempt in (*_joined(asked, position), asked[position])
        for known, slips in near(attempt).items()
    }


def _raise_weights(weights: dict[str, float], found: tuple[list[str], list[str]], weight: float) -> None:
    as_written, otherwise = found
    for spelling in otherwise:
        if weights.get(spelling, 0.0) < weight * _OTHER_SPELLING:
            weights[spelling] = weight * _OTHER_SPELLING
    for word in as_written:
        if weights.get(word, 0.0) < weight:
            weights[word] = weight
