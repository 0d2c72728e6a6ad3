"""Two texts line by line, with the words marked that differ in lines that stayed alike."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from typing import Final, NamedTuple, TypeAlias

from horde_model_reference.service.web.alignment import Stretch, aligned, common_start
from horde_model_reference.service.web.text_filters import web_address

# All beyond ASCII counts as part of a word: no sign is torn apart that is written with several characters.
_BETWEEN: Final = r"\s!-/:-@\[-`{-~"
_WORD: Final = re.compile(rf"([^{_BETWEEN}]+|^)([{_BETWEEN}]*)")
_WORD_START: Final = re.compile(rf"(?<=[{_BETWEEN}])[^{_BETWEEN}]")
_LONG: Final = 20_000
"""Characters of a text that takes long to compare word by word."""
_LONGEST_WORD: Final = 1_000
MOST_CHARACTERS: Final = 3_000
"""In one line of a difference."""
LONGEST_ADDRESS: Final = 1_000
"""Characters of a line that leads somewhere, since its address is on the page twice then."""
_CHARACTERS_AROUND: Final = 200
_SHOWN_AROUND: Final = 3
"""Lines that are the same, before and after what differs."""
_LEAST_HIDDEN: Final = 4
_BLANK: Final = re.compile(r"\s")
_LEAST_ALIKE: Final = 1 / 3
"""Where less of the words is the same, marks would be all over the place and say nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a line."""

    text: str
    is_marked: bool = False
    """Whether it is these that make the difference."""
    is_left_out: bool = False
    """Whether it stands for many characters that are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a unified difference."""

    sign: str
    """``+``, ``-``, a space, or ``~`` for a line that stands for many that are the same."""
    parts: tuple[Part, ...]
    has_twin: bool = False
    """Whether all of it that is not marked is the same on the other side."""
    fragment: int = 0
    """Which part of a line that is too long for one, from 1; 0: it is all of the line."""

    @property
    def text(self) -> str:
        """Return the whole line."""
        return "".join(part.text for part in self.parts)

    @property
    def address(self) -> str | None:
        """Return where it leads where it is a web address and nothing else."""
        text = self.text
        if self.fragment or len(text) > LONGEST_ADDRESS or _BLANK.search(text):
            return None
        return web_address(text)


class _Word(NamedTuple):
    text: str
    """Empty only for what stands before the first word."""
    gap: str
    """Blanks and signs up to the next word."""


_Sides: TypeAlias = tuple[Sequence[Part], Sequence[Part]]
"""What stands on both sides of one stretch."""


def lines_between(before: str | None, after: str | None, *, most_work: int) -> Iterator[Line]:
    """Yield the lines of both texts, those that went before those that came; None is no text at all.

    Where comparing might take more than ``most_work``, texts count as replaced, and words are not marked.
    """
    old, new = _split(before or ""), _split(after or "")
    if before is None or after is None:
        yield from _signed("-" if after is None else "+", map(_plain, old or new or [""]))
        return
    stretches = list(aligned(old, new, most_work=most_work))
    share = most_work // max(1, sum(not stretch.is_same for stretch in stretches))
    for stretch in stretches:
        went, came = old[stretch.first : stretch.last], new[stretch.new_first : stretch.new_last]
        if stretch.is_same:
            yield from _signed(" ", map(_plain, went), have_twins=True)
        else:
            yield from _replaced(went, came, share)


def _split(text: str) -> list[str]:
    # Nothing else ends a line here: where only the kind of line ends differs, that has to be seen.
    return text.split("\n") if text else []


def folded(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines of a difference; of many in a row that are the same only the first and the last."""
    for sign, found in groupby(lines, key=attrgetter("sign")):
        run = tuple(found)
        hidden = len(run) - 2 * _SHOWN_AROUND
        if sign != " " or hidden < _LEAST_HIDDEN:
            yield from run
            continue
        yield from run[:_SHOWN_AROUND]
        yield Line(sign="~", parts=(Part(f"{hidden:,} lines that are the same"),))
        yield from run[-_SHOWN_AROUND:]


def broken(line: Line) -> Iterator[Line]:
    """Yield a line that is not too long to be read as it is, a longer one as several.

    Of what is the same as on the other side only the beginning and the end stay, where it is long.
    """
    if len(line.text) <= MOST_CHARACTERS:
        yield line
        return
    parts = chain.from_iterable(map(_shortened, line.parts)) if line.has_twin else line.parts
    short = [piece for part in parts for piece in _cut(part)]
    for number, found in enumerate(_filled(short), start=1):
        yield replace(line, parts=tuple(found), fragment=number)


def _shortened(part: Part) -> Iterable[Part]:
    left_out = len(part.text) - 2 * _CHARACTERS_AROUND
    if part.is_marked or len(part.text) <= MOST_CHARACTERS:
        return (part,)
    told = Part(f"{left_out:,} characters that are the same", is_left_out=True)
    return (Part(part.text[:_CHARACTERS_AROUND]), told, Part(part.text[-_CHARACTERS_AROUND:]))


def _cut(part: Part) -> Iterator[Part]:
    for first in range(0, len(part.text), MOST_CHARACTERS):
        yield replace(part, text=part.text[first : first + MOST_CHARACTERS])


def _filled(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Yield as many parts at a time as have the length of a line."""
    found: list[Part] = []
    length = 0
    for part in parts:
        if found and length + len(part.text) > MOST_CHARACTERS:
            yield found
            found, length = [], 0
        found.append(part)
        length += len(part.text)
    yield found


def _replaced(went: Sequence[str], came: Sequence[str], most_work: int) -> Iterator[Line]:
    sides = _compared("\n".join(went), "\n".join(came), most_work) if went and came else []
    if not sides:
        yield from _signed("-", map(_plain, went))
        yield from _signed("+", map(_plain, came))
        return
    yield from _signed("-", _lines(part for one, _ in sides for part in one), have_twins=True)
    yield from _signed("+", _lines(part for _, other in sides for part in other), have_twins=True)


def _compared(one: str, other: str, most_work: int) -> list[_Sides]:
    """Return both texts with the words marked that differ; nothing where too little of them is alike."""
    if max(len(one), len(other)) > _LONG:
        return _compared_inside(one, other, most_work)
    old, new = _words(one), _words(other)
    stretches = list(aligned(_texts(old), _texts(new), most_work=most_work))
    return [*_sides(old, new, stretches)] if _are_alike(old, new, stretches) else []


def _compared_inside(one: str, other: str, most_work: int) -> list[_Sides]:
    """Return the same of long texts: only what stands between their common ends is taken apart into words."""
    start, end = _shared_ends(one, other)
    if start + end < _LEAST_ALIKE * max(len(one), len(other)):
        return []
    inner, inner_other = one[start : len(one) - end], other[start : len(other) - end]
    are_long = max(len(inner), len(inner_other)) > _LONG
    between = [] if are_long else _compared(inner, inner_other, most_work)
    beginning, ending = [Part(one[:start])], [Part(one[len(one) - end :])]
    whole: _Sides = ([Part(inner, True)], [Part(inner_other, True)])
    return [(beginning, beginning), *(between or [whole]), (ending, ending)]


def _shared_ends(one: str, other: str) -> tuple[int, int]:
    """Return how many characters the beginnings and the ends have in common, up to where words begin."""
    start = common_start(one, other)
    begun = [found.start() for found in _WORD_START.finditer(one, max(0, start - _LONGEST_WORD), start)]
    start = begun[-1] if begun else start
    end = common_start(one[start:][::-1], other[start:][::-1])
    next_word = _WORD_START.search(one, len(one) - end + 1)
    return start, len(one) - next_word.start() if next_word else end


def _are_alike(old: Sequence[_Word], new: Sequence[_Word], stretches: Iterable[Stretch]) -> bool:
    same = sum(
        bool(word.text)
        for stretch in stretches
        if stretch.is_same
        for word in old[stretch.first : stretch.last]
    )
    return 0 < same >= _LEAST_ALIKE * max(len(old), len(new))


def _sides(old: Sequence[_Word], new: Sequence[_Word], stretches: Iterable[Stretch]) -> Iterator[_Sides]:
    """Yield the words of both sides, stretch by stretch, with those marked that differ."""
    for stretch in stretches:
        one, other = old[stretch.first : stretch.last], new[stretch.new_first : stretch.new_last]
        if not stretch.is_same:
            yield _changed(one, other), _changed(other, one)
            continue
        for word, twin in zip(one, other, strict=True):
            yield _same(word, twin), _same(twin, word)


def _same(word: _Word, twin: _Word) -> list[Part]:
    """Mark what stands behind a word as far as it is not what stands behind the other."""
    shared = common_start(word.gap, twin.gap)
    return [Part(word.text + word.gap[:shared]), Part(word.gap[shared:], True)]


def _changed(words: Sequence[_Word], others: Sequence[_Word]) -> list[Part]:
    """Mark words, but not what stands behind the last one where the others end with the same."""
    parts = [Part(text, True) for word in words for text in word]
    if words and others and words[-1].gap == others[-1].gap:
        parts[-1] = Part(words[-1].gap)
    return parts


def _lines(parts: Iterable[Part]) -> Iterator[tuple[Part, ...]]:
    """Yield lines, each as few parts as can be."""
    line: list[tuple[str, bool]] = []
    for part in parts:
        first, *rest = part.text.split("\n")
        line.append((first, part.is_marked))
        for text in rest:
            yield _joined(line)
            line = [(text, part.is_marked)]
    yield _joined(line)


def _joined(pieces: Iterable[tuple[str, bool]]) -> tuple[Part, ...]:
    groups = groupby((piece for piece in pieces if piece[0]), key=itemgetter(1))
    return tuple(Part("".join(text for text, _ in group), mark) for mark, group in groups)


def _words(text: str) -> list[_Word]:
    return [_Word(*found) for found in _WORD.findall(text) if found != ("", "")]


def _texts(words: Iterable[_Word]) -> list[str]:
    return [word.text for word in words]


def _plain(text: str) -> tuple[Part, ...]:
    return (Part(text),)


def _signed(sign: str, lines: Iterable[tuple[Part, ...]], *, have_twins: bool = False) -> Iterator[Line]:
    return (Line(sign=sign, parts=parts, has_twin=have_twins) for parts in lines)
