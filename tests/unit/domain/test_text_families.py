"""Families of groups: a group is in one at most, whatever was edited before."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.domain.errors import ConflictError, NotFoundError
from horde_model_reference.domain.text_families import GroupFamilies

BETA = GroupFamilies({"Beta": ("Beta-Large", "Beta-Small")})


def test_the_groups_of_a_family_are_sorted_and_told_once() -> None:
    assert BETA.with_family("Beta", ("b", "a", "b")).family("Beta") == ("a", "b")


def test_a_group_knows_its_family() -> None:
    assert [BETA.family_of(group) for group in ("Beta-Large", "Alpha")] == ["Beta", None]


def test_a_group_is_added_and_taken_away() -> None:
    added = BETA.with_group("Beta", "Alpha")

    assert added.family("Beta") == ("Alpha", "Beta-Large", "Beta-Small")
    assert added.without_group("Beta", "Alpha") == BETA


def test_an_emptied_family_is_gone() -> None:
    assert list(GroupFamilies({"F": ("a",)}).without_group("F", "a")) == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda: BETA.with_family("Other", ("Beta-Small",)),
        lambda: BETA.with_family("Other", ()),
        lambda: BETA.with_family("Other", ("x",)).with_group("Other", "Beta-Small"),
    ],
)
def test_a_group_of_another_family_and_an_empty_family_are_refused(edit: Callable[[], GroupFamilies]) -> None:
    with pytest.raises(ConflictError):
        edit()


@pytest.mark.parametrize(
    "edit",
    [
        lambda: BETA.family("Nope"),
        lambda: BETA.with_group("Nope", "x"),
        lambda: BETA.without_group("Beta", "x"),
        lambda: BETA.without_group("Nope", "x"),
        lambda: BETA.without_family("Nope"),
    ],
)
def test_a_family_that_is_not_there_can_not_be_edited(edit: Callable[[], object]) -> None:
    with pytest.raises(NotFoundError):
        edit()


def test_a_new_name_of_a_group_takes_its_place_in_the_family() -> None:
    assert BETA.renamed("Beta-Small", "Omega").family("Beta") == ("Beta-Large", "Omega")


def test_a_new_name_that_has_a_family_keeps_it() -> None:
    both = BETA.with_family("Other", ("Omega",))

    renamed = both.renamed("Beta-Small", "Omega")

    assert renamed.members == {"Beta": ("Beta-Large",), "Other": ("Omega",)}


NAMES = st.sampled_from("abcd")
FAMILIES = st.sampled_from("XYZ")
EDITS = st.one_of(
    st.tuples(st.just("with_family"), FAMILIES, st.lists(NAMES, max_size=3)),
    st.tuples(st.just("with_group"), FAMILIES, NAMES),
    st.tuples(st.just("without_group"), FAMILIES, NAMES),
    st.tuples(st.just("without_family"), FAMILIES),
    st.tuples(st.just("renamed"), NAMES, NAMES),
)


@given(st.lists(EDITS, max_size=30))
def test_whatever_is_edited_no_group_is_in_two_families_and_no_family_is_empty(
    edits: list[tuple[str, ...]],
) -> None:
    families = GroupFamilies()
    for name, *arguments in edits:
        try:
            families = getattr(families, name)(*arguments)
        except (ConflictError, NotFoundError):
            continue
        every = [group for family in families for group in families.members[family]]
        assert len(every) == len(set(every))
        assert all(families.members.values())
