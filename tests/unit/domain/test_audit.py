import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_contract import a_draft

from horde_model_reference.domain.audit import (
    EMPTY_CHAIN,
    AuditEvent,
    ChainHead,
    canonical_json,
    event_from_json,
    event_hash,
    event_to_json,
    event_to_line,
    head_after,
    record_payload,
    replay,
    seal,
    verify_chain,
)
from horde_model_reference.domain.changes import Operation, RecordForm
from horde_model_reference.domain.errors import InvalidRecordError


def _chain(length: int = 5) -> tuple[list[AuditEvent], ChainHead]:
    events: list[AuditEvent] = []
    head = EMPTY_CHAIN
    for number in range(1, length + 1):
        events.append(seal(a_draft(serial=number, payload={"after": {"n": number}}), after=head))
        head = head_after(events[-1])
    return events, head


def _resealed(events: list[AuditEvent]) -> list[AuditEvent]:
    return [replace(event, hash=event_hash(event)) for event in events]


def test_an_untouched_chain_holds() -> None:
    events, head = _chain()

    assert verify_chain(events, head=head) is None
    assert verify_chain([], head=EMPTY_CHAIN) is None


@pytest.mark.parametrize(
    "edit",
    [
        {"timestamp": 1},
        {"logical_user_id": "9"},
        {"model_name": "B"},
        {"operation": Operation.delete},
        {"domain": RecordForm.legacy},
        {"payload": {"after": {"n": 99}}},
        {"request_id": "job"},
        {"serial": None},
        {"prev_hash": "f" * 64},
        {"hash": "f" * 64},
        {"event_id": 30},
    ],
)
def test_an_edited_event_is_the_first_break(edit: dict[str, Any]) -> None:
    events, head = _chain()
    events[2] = replace(events[2], **edit)

    found = verify_chain(events, head=head)

    assert found is not None
    assert found.event_id == 3


def test_an_edited_event_with_a_fitting_hash_breaks_at_the_next() -> None:
    events, head = _chain()
    events[2] = _resealed([replace(events[2], logical_user_id="9")])[0]

    found = verify_chain(events, head=head)

    assert found is not None
    assert found.event_id == 4


@given(st.data())
def test_removal_reordering_and_repetition_are_found(data: st.DataObject) -> None:
    events, head = _chain()
    positions = data.draw(st.lists(st.integers(0, 4), max_size=7).filter(lambda p: p != [0, 1, 2, 3, 4]))

    found = verify_chain([events[position] for position in positions], head=head)

    kept = next((i for i, position in enumerate(positions) if position != i), len(positions))
    assert found is not None
    assert found.event_id == kept + 1


def test_events_missing_at_the_end_are_found_by_the_recorded_head() -> None:
    events, head = _chain()

    found = verify_chain(events[:-2], head=head)

    assert verify_chain(events[:-2]) is None
    assert found is not None
    assert found.event_id == 4


def test_a_replaced_last_event_is_found_by_the_recorded_head() -> None:
    events, head = _chain()
    events[-1] = _resealed([replace(events[-1], logical_user_id="9")])[0]

    found = verify_chain(events, head=head)

    assert found is not None
    assert found.event_id == 5


def test_serials_that_do_not_rise_are_found() -> None:
    first = seal(a_draft(serial=2), after=EMPTY_CHAIN)
    second = seal(a_draft(serial=2), after=head_after(first))

    found = verify_chain([first, second])

    assert found is not None
    assert found.event_id == 2


def test_a_part_of_a_chain_is_verified_from_the_event_before_it() -> None:
    events, head = _chain()

    assert verify_chain(events[2:], head=head, start=head_after(events[1])) is None


def test_a_line_has_the_recorded_fields_in_order_and_no_nulls() -> None:
    event = seal(a_draft(payload={"after": {"action": "enqueue", "x": "ü", "n": None}}), after=EMPTY_CHAIN)

    line = event_to_line(event)

    assert line.startswith(
        '{"event_id":1,"timestamp":1000,"domain":"v2","category":"esrgan","model_name":"A",'
    )
    assert line.isascii()
    assert list(json.loads(line)) == [
        "event_id",
        "timestamp",
        "domain",
        "category",
        "model_name",
        "operation",
        "logical_user_id",
        "payload",
        "prev_hash",
        "hash",
    ]


def test_a_chain_survives_its_export() -> None:
    events, head = _chain()

    read_again = [event_from_json(json.loads(event_to_line(event))) for event in events]

    assert read_again == events
    assert verify_chain(read_again, head=head) is None


@pytest.mark.parametrize(
    "edit",
    [
        {"domain": "v3"},
        {"operation": None},
        {"payload": []},
        {"payload": {"x": float("nan")}},
        {"serial": "1"},
        {"more": 1},
    ],
)
def test_what_is_no_event_is_refused(edit: dict[str, Any]) -> None:
    line = event_to_json(_chain(1)[0][0]) | edit

    with pytest.raises(InvalidRecordError):
        event_from_json(line)


def test_an_update_carries_both_states_and_what_differs() -> None:
    payload = record_payload({"same": 1, "gone": 2, "flag": 0}, {"same": 1, "flag": False, "new": None})

    assert payload["before"] == {"same": 1, "gone": 2, "flag": 0}
    assert payload["after"] == {"same": 1, "flag": False, "new": None}
    assert canonical_json(payload["delta"]) == canonical_json(
        {
            "gone": {"old": 2, "new": None},
            "flag": {"old": 0, "new": False},
            "new": {"old": None, "new": None},
        }
    )


def test_create_and_delete_carry_one_state() -> None:
    assert record_payload(None, {"a": 1}) == {"after": {"a": 1}}
    assert record_payload({"a": 1}, None) == {"before": {"a": 1}}


def _history() -> list[AuditEvent]:
    drafts = [
        a_draft(model_name="A", serial=1, payload=record_payload(None, {"v": 1})),
        a_draft(model_name="B", serial=2, payload=record_payload(None, {"v": 1})),
        a_draft(category="clip", model_name="A", serial=3, payload=record_payload(None, {"v": 9})),
        a_draft(
            model_name="A",
            serial=4,
            operation=Operation.update,
            payload=record_payload({"v": 1}, {"v": 2}),
        ),
        a_draft(model_name="B", serial=5, operation=Operation.delete, payload=record_payload({"v": 1}, None)),
        a_draft(domain=RecordForm.legacy, model_name="L", serial=6, payload=record_payload(None, {"v": 8})),
    ]
    events: list[AuditEvent] = []
    for draft in drafts:
        events.append(seal(draft, after=head_after(events[-1]) if events else EMPTY_CHAIN))
    return events


@pytest.mark.parametrize(
    ("at", "records"),
    [
        (0, {}),
        (1, {"A": {"v": 1}}),
        (3, {"A": {"v": 1}, "B": {"v": 1}}),
        (4, {"A": {"v": 2}, "B": {"v": 1}}),
        (5, {"A": {"v": 2}}),
        (None, {"A": {"v": 2}}),
    ],
)
def test_a_replay_gives_the_records_at_a_serial(at: int | None, records: dict[str, Any]) -> None:
    assert replay(_history(), category="esrgan", at=at) == records


def test_a_replay_keeps_the_two_forms_apart() -> None:
    assert replay(_history(), category="esrgan", form=RecordForm.legacy) == {"L": {"v": 8}}


def test_a_replay_starts_from_the_records_before_the_first_event() -> None:
    base = {"Z": {"v": 0}, "B": {"v": 0}}

    assert replay(_history(), category="esrgan", base=base) == {"Z": {"v": 0}, "A": {"v": 2}}


def test_a_recorded_update_without_states_is_replayed_by_its_differences() -> None:
    delta = {"v": {"old": 1, "new": 2}, "gone": {"old": 1}, "new": {"new": 3}}
    event = seal(a_draft(operation=Operation.update, payload={"delta": delta}), after=EMPTY_CHAIN)

    records = replay([event], category="esrgan", base={"A": {"v": 1, "gone": 1}})

    assert records == {"A": {"v": 2, "new": 3}}
