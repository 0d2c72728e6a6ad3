"""Words, slips and ranking."""

from collections.abc import Mapping
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.catalog.ranking import best_rows
from horde_model_reference.catalog.text_index import TextIndex, TextSource
from horde_model_reference.catalog.text_words import squeezed, words, words_and_spellings
from horde_model_reference.catalog.typos import Spelling, slip_counter
from horde_model_reference.catalog.word_scores import EvenScores, shifted


def index_of(*names: str) -> TextIndex:
    return TextIndex(TextSource(name=name) for name in names)


def found(index: TextIndex, text: str) -> set[int]:
    return set(index.search(text).scores)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Qwen2.5-7B_Instruct", ["qwen2.5", "7b", "instruct"]),
        ("AlbedoBase XL (SDXL)", ["albedobase", "xl", "sdxl"]),
        ("Überlicht… 日本", ["überlicht", "日本"]),
        ("!? -", []),
    ],
)
def test_a_text_is_its_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected
    assert words_and_spellings(text)[0] == expected


def test_parts_neighbours_and_versions_without_dots_are_other_spellings() -> None:
    assert set(words_and_spellings("DreamShaper v3.2")[1]) == {
        "dream",
        "shaper",
        "3.2",
        "v32",
        "dreamshaperv3.2",
    }
    assert squeezed("Dream-Shaper v3.2") == "dreamshaperv32"


def test_numbers_of_a_series_are_not_joined() -> None:
    assert "model000123" not in words_and_spellings("Model 000123")[1]


@pytest.mark.parametrize(
    ("one", "two", "slips"),
    [
        ("anime", "anime", 0),
        ("anime", "amine", 2),
        ("anime", "naime", 1),
        ("anime", "anim", 1),
        ("ab", "abcde", 3),
    ],
)
def test_slips_are_counted(one: str, two: str, slips: int) -> None:
    assert slip_counter(one)(two) == slips


@given(one=st.text("abc", max_size=6), two=st.text("abc", max_size=6))
def test_slips_are_those_of_the_usual_table(one: str, two: str) -> None:
    slips = slip_counter(one)(two)

    assert slips == _slips_by_table(one, two) == slip_counter(two)(one)


def _slips_by_table(one: str, two: str) -> int:
    table = [[row + column for column in range(len(two) + 1)] for row in range(len(one) + 1)]
    for row, column in product(range(1, len(one) + 1), range(1, len(two) + 1)):
        last, other = one[row - 1], two[column - 1]
        ways = [table[row - 1][column] + 1, table[row][column - 1] + 1]
        ways.append(table[row - 1][column - 1] + (last != other))
        if row > 1 and column > 1 and one[row - 2] + last == other + two[column - 2]:
            ways.append(table[row - 2][column - 2] + 1)
        table[row][column] = min(ways)
    return table[-1][-1]


def test_short_words_and_numbers_are_near_nothing() -> None:
    spelling = Spelling(["anime", "cat", "123456"])

    assert spelling.near("amime") == {"anime": 1}
    assert spelling.near("cta") == {}
    assert spelling.near("123457") == {}


def test_most_misspelt_words_are_found_among_many_that_look_alike() -> None:
    syllables = ["ka", "re", "mi", "sto", "ne", "dra", "con", "vi", "pe", "xi", "ter", "ble", "fu", "pix"]
    known = ["".join(parts) for parts in product(syllables, repeat=4)]
    spelling = Spelling(known)
    chance = Random(7)
    asked = chance.sample(known, 200)

    found = [word in spelling.near(_with_a_slip(word, chance)) for word in asked]

    assert sum(found) / len(found) >= 0.95


def _with_a_slip(word: str, chance: Random) -> str:
    place = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    return chance.choice([before + after, f"{before}q{after}", before + after[0] + letter + after[1:]])


def test_every_word_has_to_be_met_where_that_is_possible() -> None:
    index = index_of("Pony Diffusion", "Pony Realism", "Epic Diffusion")

    assert found(index, "pony diffusion") == {0}
    assert found(index, "pony diffusion surprise") == {0}
    assert found(index, "nothing like it") == set()


def test_words_are_met_as_beginnings_with_slips_and_otherwise_spaced() -> None:
    index = index_of("Dreamshaper", "Pastel Mix", "Juggernaut XL")

    assert found(index, "jugg") == {2}
    assert found(index, "jugernaut") == {2}
    assert found(index, "pastelmix") == {1}
    assert found(index, "dream shaper") == {0}


def test_a_word_of_every_record_gives_way_to_rarer_ones() -> None:
    index = index_of("Model A", "Model Anime", "Model B", "Modelling C")

    scores = index.search("modle anime").scores

    assert dict(index.search("model").scores).keys() == {0, 1, 2, 3}
    assert list(scores) == [1]
    assert found(index, "model anime nothing") == {1}


@given(
    more=st.dictionaries(st.integers(0, 39), st.floats(1.5, 3), max_size=40),
    chosen=st.sets(st.integers(0, 39)) | st.just(set(range(40))),
    named_so=st.sets(st.integers(0, 39), max_size=3),
    count=st.integers(1, 50),
)
def test_even_scores_rank_like_scores_written_down_for_every_row(
    more: dict[int, float], chosen: set[int], named_so: set[int], count: int
) -> None:
    even = shifted(EvenScores(range(-5, 35), least=1.0, more={row - 5: more[row] for row in more}), 5)
    names = [f"name {number % 7}" for number in range(40)]

    def ranked(scores: Mapping[int, float]) -> list[int]:
        options: dict[str, Any] = {
            "asked": "name 3",
            "names": names,
            "named_so": frozenset(named_so & chosen),
        }
        return best_rows(sorted(chosen), scores, count=count, **options)

    assert ranked(even) == ranked(dict(even.items()))


def test_other_texts_than_names_are_searched_with_less_weight() -> None:
    sources = [
        TextSource(name="a", description="some anime"),
        TextSource(name="b", triggers=["anime"]),
        TextSource(name="c", tags=["anime"]),
        TextSource(name="d", display_name="Anime"),
        TextSource(name="anime"),
    ]
    scores = TextIndex(sources).search("anime").scores

    assert sorted(scores, key=scores.__getitem__) == [0, 1, 2, 3, 4]


def test_the_whole_name_comes_first_then_what_is_most_like_it() -> None:
    names = ["Deliberate 3.0", "PerfectDeliberate", "Deliberate"]
    matches = index_of(*names).search("deliberate")

    ranked = best_rows(
        sorted(matches.scores),
        matches.scores,
        asked="deliberate",
        names=[squeezed(name) for name in names],
        named_so=frozenset(matches.named_so),
        count=3,
    )

    assert ranked == [2, 0, 1]


def test_equally_good_records_stay_in_their_order() -> None:
    scores = dict.fromkeys(range(600), 1.0)

    ranked = best_rows(range(600), scores, asked="x", names=["y"] * 600, named_so=frozenset(), count=600)

    assert ranked == list(range(600))


@given(st.text(max_size=40))
def test_any_text_can_be_looked_for(text: str) -> None:
    index = index_of("Deliberate", "Überlicht XL")

    assert found(index, text) <= {0, 1}


def test_an_empty_index_finds_nothing() -> None:
    assert found(index_of(), "anything") == set()
