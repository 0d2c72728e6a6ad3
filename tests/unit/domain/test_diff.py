from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_contract import a_change

from horde_model_reference.domain.changes import ChangeStatus, Operation, ResourceKind
from horde_model_reference.domain.diff import (
    FieldChangeType,
    NetOperation,
    diff,
    diff_change,
    diff_change_set,
    is_critical,
    net_operation,
)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
_DOCUMENTS = st.dictionaries(st.text(max_size=3), _JSON, max_size=4)


def _paths(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[tuple[str, str]]:
    return [(found.change_type.value, found.field_path) for found in diff(before, after)]


@given(_DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document: dict[str, Any]) -> None:
    assert diff(document, document) == []


@given(_DOCUMENTS, _DOCUMENTS)
def test_a_diff_the_other_way_round_swaps_its_sides(one: dict[str, Any], other: dict[str, Any]) -> None:
    swapped = {FieldChangeType.added: FieldChangeType.removed, FieldChangeType.removed: FieldChangeType.added}

    there = [(f.field_path, f.change_type, f.old_value, f.new_value) for f in diff(one, other)]
    back = [
        (f.field_path, swapped.get(f.change_type, f.change_type), f.new_value, f.old_value)
        for f in diff(other, one)
    ]

    assert there == back


def test_fields_of_two_documents_come_sorted() -> None:
    assert _paths({"b": 1, "c": {"y": 1, "x": 1}}, {"c": {"x": 2, "y": 2}, "a": 1}) == [
        ("added", "a"),
        ("removed", "b"),
        ("modified", "c.x"),
        ("modified", "c.y"),
    ]


def test_fields_of_a_new_document_come_in_its_order() -> None:
    assert _paths(None, {"z": 1, "a": {"y": [], "b": None}}) == [
        ("added", "z"),
        ("added", "a.y"),
        ("added", "a.b"),
    ]


def test_lists_are_compared_as_a_whole() -> None:
    assert _paths({"tags": ["a", "b"]}, {"tags": ["b", "a"]}) == [("modified", "tags")]


@pytest.mark.parametrize(("old", "new"), [({"x": 1}, 1), ([], {"x": 1}), (None, {})])
def test_a_change_from_or_to_an_object_is_one_entry(old: object, new: object) -> None:
    assert _paths({"a": old}, {"a": new}) == [("modified", "a")]


def test_an_empty_object_that_comes_or_goes_leaves_no_entry() -> None:
    assert diff({"a": {}}, {"b": {"c": {}}}) == []


def test_zero_and_false_differ() -> None:
    assert _paths({"nsfw": 0}, {"nsfw": False}) == [("modified", "nsfw")]


@pytest.mark.parametrize(
    ("before", "after", "net"),
    [
        (None, None, NetOperation.unchanged),
        (None, {}, NetOperation.added),
        ({}, None, NetOperation.deleted),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, NetOperation.unchanged),
        ({"a": 1}, {"a": 2}, NetOperation.modified),
    ],
)
def test_what_became_of_a_record_follows_from_its_states(
    before: dict[str, Any] | None, after: dict[str, Any] | None, net: NetOperation
) -> None:
    assert net_operation(before, after) is net


@pytest.mark.parametrize(
    ("category", "before", "after", "critical"),
    [
        ("esrgan", {"licensing": {"notes": "a"}}, {"licensing": {"notes": "b"}}, True),
        ("esrgan", {"config": {"download": []}}, {"config": {"download": [{}]}}, True),
        ("esrgan", {"config": {"download": []}}, {"config": 1}, True),
        ("esrgan", {"config": {"other": 1}}, {"config": {"other": 2}}, False),
        ("esrgan", {"style": "a"}, {"style": "b"}, True),
        ("esrgan", {"styles": "a"}, {"styles": "b"}, False),
        ("esrgan", {"baseline": "a"}, {"baseline": "b"}, False),
        ("image_generation", {"baseline": "a"}, {"baseline": "b"}, True),
        ("image_generation", {"style": "a"}, {"style": "b"}, False),
        ("text_generation", {"parameters": 1}, {"parameters": 2}, True),
        ("lora", {"nsfw": True}, {"nsfw": False}, False),
    ],
)
def test_critical_fields_depend_on_the_category(
    category: str, before: dict[str, Any], after: dict[str, Any], critical: bool
) -> None:
    assert is_critical(category, diff(before, after)) is critical


@pytest.mark.parametrize(
    ("operation", "current", "net"),
    [
        (Operation.create, None, NetOperation.added),
        (Operation.create, {"name": "A"}, NetOperation.modified),
        (Operation.update, None, NetOperation.added),
        (Operation.update, {"name": "A"}, NetOperation.unchanged),
        (Operation.update, {"name": "B"}, NetOperation.modified),
        (Operation.delete, None, NetOperation.unchanged),
        (Operation.delete, {"name": "A"}, NetOperation.deleted),
    ],
)
def test_the_net_operation_of_a_change_follows_from_the_record_as_it_stands(
    operation: Operation, current: dict[str, Any] | None, net: NetOperation
) -> None:
    change = a_change(operation=operation, payload={"name": "A"})

    assert diff_change(change, current=current, current_serial=None).net_operation is net


def test_a_deletion_removes_every_field() -> None:
    change = a_change(operation=Operation.delete, payload={"name": "A"}, base_serial=3)

    found = diff_change(change, current={"name": "A", "nsfw": False}, current_serial=3)

    assert found.proposed_state is None
    assert found.paths(FieldChangeType.removed) == ("name", "nsfw")
    assert found.is_critical


@pytest.mark.parametrize(
    ("status", "base_serial", "current_serial", "conflict"),
    [
        (ChangeStatus.pending, 3, 3, False),
        (ChangeStatus.pending, 3, 4, True),
        (ChangeStatus.approved, 3, None, True),
        (ChangeStatus.pending, None, 4, True),
        (ChangeStatus.applied, 3, 4, False),
    ],
)
def test_an_open_change_whose_record_moved_is_a_conflict(
    status: ChangeStatus, base_serial: int | None, current_serial: int | None, conflict: bool
) -> None:
    change = a_change(operation=Operation.update, status=status, base_serial=base_serial)

    assert diff_change(change, current={}, current_serial=current_serial).conflict is conflict


def test_a_change_set_is_always_critical() -> None:
    change = a_change(resource_kind=ResourceKind.text_guidance, operation=Operation.update, payload={})

    found = diff_change_set(change, {"baselines": {}}, {"baselines": {}})

    assert (found.net_operation, found.is_critical, found.conflict) == (NetOperation.unchanged, True, False)
