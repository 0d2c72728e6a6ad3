"""Lists of objects in a difference, compared entry by entry."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.domain.diff import FieldChange, FieldChangeType
from horde_model_reference.service.web.entry_differences import entries_apart

A, B = {"file_name": "a", "size_bytes": 1}, {"file_name": "b"}
_entries = st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=2), max_size=5)


def rows(old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    change = FieldChange(
        field_path="files", change_type=FieldChangeType.modified, old_value=old, new_value=new
    )
    return [(each.field_path, each.old_value, each.new_value) for each in entries_apart(change)]


def test_a_field_of_one_entry_is_told_with_its_number() -> None:
    assert rows([A, B], [A, {"file_name": "c"}]) == [("files.2.file_name", "b", "c")]


def test_an_entry_in_front_leaves_the_others_alone() -> None:
    assert rows([A], [B, A]) == [("files.1.file_name", None, "b")]


def test_an_entry_that_goes_has_the_number_that_it_had() -> None:
    assert rows([B, B, A], [B, B]) == [("files.3.file_name", "a", None), ("files.3.size_bytes", 1, None)]


def test_a_list_that_is_new_is_told_entry_by_entry() -> None:
    assert rows(None, [B]) == [("files.1.file_name", None, "b")]


def test_other_lists_stay_whole() -> None:
    assert rows(["x"], ["x", "y"]) == [("files", ["x"], ["x", "y"])]
    assert rows([A], "x") == [("files", [A], "x")]


def test_an_entry_that_says_nothing_is_told_as_a_list() -> None:
    assert rows([], [{}]) == [("files", [], [{}])]


@given(_entries, _entries)
def test_no_difference_goes_untold(old: list[Any], new: list[Any]) -> None:
    told = rows(old, new)

    assert told
    assert (old == new) or all(before != after for _, before, after in told)
