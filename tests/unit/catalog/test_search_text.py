"""Words, slips and ranking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.catalog.ranking import best_rows
from horde_model_reference.catalog.text_index import TextIndex, TextSource
from horde_model_reference.catalog.text_words import squeezed, words, words_and_spellings
from horde_model_reference.catalog.typos import Spelling, slips_between


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
    assert slips_between(one, two, most=3) == slips


@given(one=st.text("abc", max_size=6), two=st.text("abc", max_size=6), most=st.integers(1, 3))
def test_slips_are_the_same_both_ways_and_cut_off_beyond_the_most(one: str, two: str, most: int) -> None:
    slips, back = slips_between(one, two, most=most), slips_between(two, one, most=most)

    assert min(slips, most + 1) == min(back, most + 1)
    assert (slips == 0) == (one == two)


def test_short_words_and_numbers_are_near_nothing() -> None:
    spelling = Spelling(["anime", "cat", "123456"])

    assert spelling.near("amime") == {"anime": 1}
    assert spelling.near("cta") == {}
    assert spelling.near("123457") == {}


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
