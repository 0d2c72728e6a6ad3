"""Two texts line by line, with the words that differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.service.web.alignment import MOST_WORK
from horde_model_reference.service.web.line_differences import (
    MOST_CHARACTERS,
    Line,
    broken,
    folded,
    lines_between,
)

TEXTS = st.none() | st.lists(st.sampled_from(["red", "cat", " ", "\n", ".", "é", "\r\n", "v1"])).map("".join)


def written(line: Line) -> str:
    """Return a line with its sign, and brackets around the words that are marked."""
    return line.sign + "".join(f"[{part.text}]" if part.is_marked else part.text for part in line.parts)


def between(before: str | None, after: str | None, *, most_work: int = MOST_WORK) -> list[str]:
    return [written(line) for line in lines_between(before, after, most_work=most_work)]


@given(before=TEXTS, after=TEXTS, most_work=st.sampled_from([0, 100, MOST_WORK]))
def test_both_texts_can_be_read(before: str | None, after: str | None, most_work: int) -> None:
    lines = list(lines_between(before, after, most_work=most_work))

    for text, sign in ((before, "-"), (after, "+")):
        told = "\n".join(line.text for line in lines if line.sign in {" ", sign})
        assert told == (text or "")


@given(before=TEXTS, after=TEXTS)
def test_texts_that_differ_never_look_the_same(before: str | None, after: str | None) -> None:
    one, other = before or "", after or ""
    signs = {line.sign for line in lines_between(one, other, most_work=MOST_WORK)}

    assert (one == other) == (signs <= {" "})


@pytest.mark.parametrize("end", ["\r\n", "\u2028", "\x0b", "\n\n"])
def test_ends_of_lines_that_differ_are_shown(end: str) -> None:
    assert [line.sign for line in lines_between("a\nb", f"a{end}b", most_work=MOST_WORK)] != [" ", " "]


@given(text=TEXTS)
def test_where_nothing_differs_nothing_is_marked(text: str | None) -> None:
    lines = list(lines_between(text or "", text or "", most_work=MOST_WORK))

    assert {line.sign for line in lines} <= {" "}
    assert not any(part.is_marked for line in lines for part in line.parts)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("fine lines: red.", "fine lines: old.", ["-fine lines: [red].", "+fine lines: [old]."]),
        ("a cat", "a cat and a dog", ["-a cat", "+a cat[ and a dog]"]),
        ("stable_diffusion_1", "stable_diffusion_xl", ["-stable_diffusion_[1]", "+stable_diffusion_[xl]"]),
        ("red big cat sat", "old wee cat sat", ["-[red big] cat sat", "+[old wee] cat sat"]),
        ("two  blanks", "two blanks", ["-two [ ]blanks", "+two blanks"]),
        (
            "https://a.example/m-1.bin",
            "https://a.example/m-2.bin",
            ["-https://a.example/m-[1].bin", "+https://a.example/m-[2].bin"],
        ),
        ("a few a b a cat sat", "few a b a cat sat", ["-[a ]few a b a cat sat", "+few a b a cat sat"]),
        ("- one", "* one", ["-[- ]one", "+[* ]one"]),
        ("le cafe noir", "le cafe\u0301 noir", ["-le [cafe] noir", "+le [cafe\u0301] noir"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_words_that_differ_are_marked_on_both_sides(before: str, after: str, lines: list[str]) -> None:
    assert between(before, after) == lines


def test_words_that_come_often_do_not_lead_astray() -> None:
    old = "It had a cat. It saw a lot of a park in a day."

    assert between(old, "It had any cat. It saw a lot of the park in a day.") == [
        "-It had [a] cat. It saw a lot of [a] park in a day.",
        "+It had [any] cat. It saw a lot of [the] park in a day.",
    ]


def test_only_lines_that_differ_have_marks() -> None:
    assert between("first\nthe second line\nthird", "first\nthe other line\nthird\nfourth") == [
        " first",
        "-the [second] line",
        "+the [other] line",
        " third",
        "+fourth",
    ]


def test_a_line_that_became_two_is_told_word_by_word() -> None:
    assert between("one. two three", "one.\ntwo four") == ["-one.[ ]two [three]", "+one.", "+two [four]"]


@pytest.mark.parametrize(
    ("before", "after"), [("Clear as glass", "Warm light"), ("0", "1"), ("a b c d", "a x y z")]
)
def test_texts_that_have_little_in_common_are_not_marked(before: str, after: str) -> None:
    assert between(before, after) == [f"-{before}", f"+{after}"]


@pytest.mark.parametrize(("before", "after", "sign"), [(None, "a\nb", "+"), ("a\nb", None, "-")])
def test_a_text_that_comes_or_goes_as_a_whole_is_not_marked(
    before: str | None, after: str | None, sign: str
) -> None:
    assert between(before, after) == [f"{sign}a", f"{sign}b"]


def test_a_long_text_is_marked_where_it_changed_however_long_it_is() -> None:
    words = [f"word{number % 50}" for number in range(50_000)]
    old = " ".join(words)
    words[20_000] = "other"

    went, came = between(old, " ".join(words))

    assert went == "-" + " ".join(
        ["[word0]" if place == 20_000 else word for place, word in enumerate(old.split())]
    )
    assert came.count("[") == came.count("[other]") == 1


def test_texts_that_were_made_to_be_slow_are_shown_without_marks() -> None:
    old = "a " * 20_000 + "x"
    new = "".join(f"a {number} " for number in range(20_000)) + "y"

    assert between(f"0 {old}", f"1 {new}") == [f"-0 {old}", f"+1 {new}"]


def test_what_marking_may_cost_is_for_all_lines_together() -> None:
    middle = " ".join(f"word{number}" for number in range(28))
    old, new = f"a {middle} b", f"x {middle} y"

    assert between(old, new, most_work=2500) == [f"-[a] {middle} [b]", f"+[x] {middle} [y]"]
    twice = between(f"{old}\nsame\n{old}", f"{new}\nsame\n{new}", most_work=2500)
    assert twice == [f"-{old}", f"+{new}", " same", f"-{old}", f"+{new}"]


def test_of_many_lines_that_are_the_same_a_few_are_shown() -> None:
    old = "\n".join(
        [f"line {number}" for number in range(20)] + ["old"] + [f"tail {number}" for number in range(9)]
    )

    lines = folded(lines_between(old, old.replace("old", "new"), most_work=MOST_WORK))

    assert [written(line) for line in lines] == [
        *(f" line {number}" for number in (0, 1, 2)),
        "~14 lines that are the same",
        *(f" line {number}" for number in (17, 18, 19)),
        "-old",
        "+new",
        *(f" tail {number}" for number in range(9)),
    ]


def test_no_line_that_differs_is_folded_away() -> None:
    old = "\n".join(f"line {number}" for number in range(50))

    assert len(list(folded(lines_between(old, None, most_work=MOST_WORK)))) == 50


@given(before=TEXTS, after=TEXTS)
def test_both_long_texts_can_be_read_where_little_of_them_differs(
    before: str | None, after: str | None
) -> None:
    around = "some words " * 2_500
    old, new = (f"{around}{text or ''} {around}" for text in (before, after))

    lines = list(lines_between(old, new, most_work=MOST_WORK))

    for text, sign in ((old, "-"), (new, "+")):
        assert "\n".join(line.text for line in lines if line.sign in {" ", sign}) == text


def test_a_line_that_is_too_long_becomes_several_without_losing_a_letter() -> None:
    text = "".join(chr(97 + number % 26) for number in range(3 * MOST_CHARACTERS))

    pieces = [piece for line in lines_between(None, text, most_work=MOST_WORK) for piece in broken(line)]

    assert "".join(piece.text for piece in pieces) == text
    assert [piece.fragment for piece in pieces] == [1, 2, 3]
    assert max(len(piece.text) for piece in pieces) <= MOST_CHARACTERS


def test_a_line_that_goes_on_leads_nowhere() -> None:
    address = "https://a.example/" + "a" * MOST_CHARACTERS

    pieces = [piece for line in lines_between(None, address, most_work=MOST_WORK) for piece in broken(line)]

    assert [piece.address for piece in pieces] == [None, None]


def test_of_a_long_line_that_changed_the_changed_words_and_their_surroundings_stay() -> None:
    words = [f"word{number}" for number in range(5_000)]
    old = " ".join(words)
    new = " ".join([*words[:2_000], *words[2_001:]])

    (went, came) = [piece for line in lines_between(old, new, most_work=MOST_WORK) for piece in broken(line)]

    assert "word1999 [word2000] word2001" in written(went).replace("[word2000 ]", "[word2000] ")
    assert (came.text[:11], came.text[-8:]) == ("word0 word1", "word4999")
    assert [sum(part.is_left_out for part in line.parts) for line in (went, came)] == [2, 1]
    assert len(written(went)) < MOST_CHARACTERS
