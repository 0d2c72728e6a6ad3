"""What two sequences have in common is found, and never at any price."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.service.web.alignment import MOST_WORK, Stretch, aligned

ITEMS = st.lists(st.sampled_from("abcd ."), max_size=30)
WORK = st.sampled_from([0, 50, MOST_WORK])


def changed(old: str, new: str, *, most_work: int = MOST_WORK) -> list[tuple[str, str]]:
    """Return what went and what came, for texts that are compared letter by letter."""
    found = aligned(list(old), list(new), most_work=most_work)
    return [
        (old[one.first : one.last], new[one.new_first : one.new_last]) for one in found if not one.is_same
    ]


@given(old=ITEMS, new=ITEMS, most_work=WORK)
def test_the_stretches_are_all_of_both(old: list[str], new: list[str], most_work: int) -> None:
    found = list(aligned(old, new, most_work=most_work))

    around = [Stretch(True, 0, 0, 0, 0), *found, Stretch(True, len(old), 0, len(new), 0)]
    for one, following in pairwise(around):
        assert (one.last, one.new_last) == (following.first, following.new_first)
    for one in found:
        if one.is_same:
            assert old[one.first : one.last] == new[one.new_first : one.new_last]


@given(items=ITEMS)
def test_what_is_the_same_costs_nothing(items: list[str]) -> None:
    assert all(one.is_same for one in aligned(items, items, most_work=0))


@pytest.mark.parametrize(
    ("old", "new", "most_work", "found"),
    [
        ("abcdef", "abXdeYf", MOST_WORK, [("c", "X"), ("", "Y")]),
        ("abcdef", "abXdeYf", 0, [("cde", "XdeY")]),
        ("abc", "", MOST_WORK, [("abc", "")]),
        ("aa", "aaa", 0, [("", "a")]),
    ],
)
def test_beginnings_and_ends_are_compared_always_the_rest_as_long_as_it_is_cheap(
    old: str, new: str, most_work: int, found: list[tuple[str, str]]
) -> None:
    assert changed(old, new, most_work=most_work) == found


@pytest.mark.parametrize("count", [1000, 20_000])
def test_sequences_that_were_made_to_be_slow_are_not_compared(count: int) -> None:
    alike, between = ["a"] * count, [item for number in range(count) for item in ("a", str(number))]

    found = list(aligned(["x", *alike, "z"], ["y", *between, "z"], most_work=MOST_WORK))

    assert [one.is_same for one in found] == [False, True]
