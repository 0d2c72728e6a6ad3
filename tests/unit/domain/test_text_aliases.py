"""Aliases of groups: one step from any name to the canonical one, whatever was edited before."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.domain.errors import ConflictError, NotFoundError
from horde_model_reference.domain.text_aliases import NO_ALIASES, GroupAliases

ALPHA = GroupAliases({"Alpha": ("Alfa", "Alpha-old")})


def test_an_alias_leads_to_its_group_and_other_names_to_themselves() -> None:
    assert [ALPHA.resolve(name) for name in ("Alfa", "Alpha", "Beta")] == ["Alpha", "Alpha", "Beta"]


def test_names_are_told_apart_by_case() -> None:
    assert ALPHA.resolve("alfa") == "alfa"


def test_set_aliases_replace_those_before_and_keep_their_order() -> None:
    assert ALPHA.with_entry("Alpha", ("z", "a")).entry("Alpha") == ("z", "a")


def test_an_entry_may_be_empty() -> None:
    assert ALPHA.with_entry("Beta", ()).entry("Beta") == ()


def test_an_alias_that_is_there_already_is_no_change() -> None:
    assert ALPHA.with_alias("Alpha", "Alfa") is ALPHA


def test_an_alias_makes_the_entry_of_its_group() -> None:
    assert NO_ALIASES.with_alias("Beta", "B").entry("Beta") == ("B",)


def test_the_last_alias_takes_the_entry_with_it() -> None:
    left = GroupAliases({"Alpha": ("Alfa",)}).without_alias("Alpha", "Alfa")

    assert list(left) == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda: ALPHA.with_entry("Beta", ("Alfa",)),
        lambda: ALPHA.with_entry("Beta", ("Beta",)),
        lambda: ALPHA.with_entry("Beta", ("b", "b")),
        lambda: ALPHA.with_alias("Alpha", "Alpha"),
        lambda: ALPHA.with_alias("Beta", "Alfa"),
        lambda: ALPHA.with_alias("Alfa", "A"),
        lambda: ALPHA.with_entry("Alfa", ()),
        lambda: ALPHA.with_alias("Beta", "Alpha"),
        lambda: ALPHA.renamed("Beta", "Alfa"),
        lambda: ALPHA.renamed("Alfa", "Beta"),
    ],
)
def test_duplicates_and_chains_are_refused(edit: Callable[[], GroupAliases]) -> None:
    with pytest.raises(ConflictError):
        edit()


@pytest.mark.parametrize(
    "edit",
    [
        lambda: ALPHA.entry("Beta"),
        lambda: ALPHA.without_entry("Beta"),
        lambda: ALPHA.without_alias("Alpha", "zz"),
        lambda: ALPHA.without_alias("Beta", "Alfa"),
    ],
)
def test_what_is_not_there_can_not_be_taken_away(edit: Callable[[], object]) -> None:
    with pytest.raises(NotFoundError):
        edit()


def test_a_new_name_keeps_the_old_one_and_its_aliases() -> None:
    renamed = ALPHA.renamed("Alpha", "Omega")

    assert renamed.entries == {"Omega": ("Alfa", "Alpha-old", "Alpha")}


def test_a_group_can_take_one_of_its_aliases_as_its_name() -> None:
    renamed = GroupAliases({"Alpha": ("Alfa",)}).renamed("Alpha", "Alfa")

    assert renamed.entries == {"Alfa": ("Alpha",)}


NAMES = st.sampled_from("abcdef")
EDITS = st.one_of(
    st.tuples(st.just("with_entry"), NAMES, st.lists(NAMES, max_size=3)),
    st.tuples(st.just("with_alias"), NAMES, NAMES),
    st.tuples(st.just("without_alias"), NAMES, NAMES),
    st.tuples(st.just("without_entry"), NAMES),
    st.tuples(st.just("renamed"), NAMES, NAMES),
)


@given(st.lists(EDITS, max_size=30))
def test_whatever_is_edited_no_alias_has_two_owners_or_aliases_of_its_own(
    edits: list[tuple[str, ...]],
) -> None:
    aliases = NO_ALIASES
    for name, *arguments in edits:
        try:
            aliases = getattr(aliases, name)(*arguments)
        except (ConflictError, NotFoundError):
            continue
        every = [alias for canonical in aliases for alias in aliases.entries[canonical]]
        assert len(every) == len(set(every))
        assert not any(aliases.aliases_of(alias) for alias in every)
        assert all(aliases.resolve(aliases.resolve(each)) == aliases.resolve(each) for each in "abcdef")
