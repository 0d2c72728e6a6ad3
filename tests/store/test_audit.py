"""The trail finds what was tampered with, and gives back what the records were."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from factories import a_document, a_write
from review_desk import Desk

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Operation
from horde_model_reference.store.audit import audit_events, replay_category, stored_category, verify_audit
from horde_model_reference.store.audit_rows import EventFilter
from horde_model_reference.store.store import Store


def tampered(store: Store, *statements: str) -> None:
    """Change the database behind the triggers' back, as somebody with its files could."""
    tables = ("audit_events", "record_versions")
    with store.engine.begin() as connection:
        if store.engine.dialect.name == "sqlite":
            for table in tables:
                for action in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER {table}_no_{action}")
        else:
            for table in tables:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def worked_on(store: Store) -> Store:
    """A store with two imported records, one of them changed by review, and one that review added."""
    with store.transaction() as transaction:
        transaction.write(Category.esrgan, [a_write("A"), a_write("B")], author="import")
    desk = Desk(store.unit_of_work)
    desk.propose("A", Operation.update, description="new")
    desk.propose("C")
    desk.propose("B", Operation.delete)
    desk.decide(approve=[1, 2, 3])
    desk.apply_batch(1)
    return store


def test_a_trail_that_nobody_touched_holds(worked_on: Store) -> None:
    report = verify_audit(worked_on)

    assert report.fault is None
    assert report.head.count == len(list(audit_events(worked_on, EventFilter())))


def test_an_empty_trail_holds(store: Store) -> None:
    assert verify_audit(store).fault is None


@pytest.mark.parametrize(
    ("statement", "event_id"),
    [
        ("UPDATE audit_events SET logical_user_id = 'x' WHERE event_id = 3", 3),
        ("UPDATE audit_events SET payload = '{}' WHERE event_id = 7", 7),
        ("UPDATE audit_events SET payload = 'broken' WHERE event_id = 2", 2),
        ("DELETE FROM audit_events WHERE event_id = 4", 4),
        ("DELETE FROM audit_events WHERE event_id = 12", 12),
        ("DELETE FROM audit_events", 1),
        ("UPDATE registry SET last_event_id = 11", 12),
    ],
)
def test_an_edit_or_a_removal_is_found_where_it_is(worked_on: Store, statement: str, event_id: int) -> None:
    tampered(worked_on, statement)

    fault = verify_audit(worked_on).fault

    assert fault is not None
    assert fault.event_id == event_id


def test_events_that_changed_places_are_found(worked_on: Store) -> None:
    move = "UPDATE audit_events SET event_id = {} WHERE event_id = {}"

    tampered(worked_on, move.format(100, 2), move.format(2, 3), move.format(3, 100))

    fault = verify_audit(worked_on).fault
    assert fault is not None
    assert fault.event_id == 2


@pytest.mark.parametrize(
    "document", ["'{}'", """replace(document, '"created_at":1,', '"created_at":true,')"""]
)
def test_a_version_that_is_not_what_the_trail_tells_of_is_found(worked_on: Store, document: str) -> None:
    tampered(worked_on, f"UPDATE record_versions SET document = {document} WHERE serial = 3")

    fault = verify_audit(worked_on).fault

    assert fault is not None
    assert "Version 3" in fault.reason


def test_a_replay_gives_the_records_at_any_serial(worked_on: Store) -> None:
    def names(at: int | None) -> list[str]:
        return list(replay_category(worked_on, Category.esrgan, at=at))

    assert [names(at) for at in (0, 1, 2, 4, 5, None)] == [
        [],
        ["A"],
        ["A", "B"],
        ["A", "B", "C"],
        ["A", "C"],
        ["A", "C"],
    ]
    for at in range(6):
        assert replay_category(worked_on, Category.esrgan, at=at) == stored_category(
            worked_on, Category.esrgan, at=at
        )


def test_a_replay_gives_the_live_records(worked_on: Store) -> None:
    live: dict[str, Any] = {
        record.name: json.loads(record.document) for record in worked_on.records(Category.esrgan)
    }

    assert replay_category(worked_on, Category.esrgan) == live
    assert live["A"] != a_document("A")


@pytest.mark.parametrize(
    ("wanted", "event_ids"),
    [
        (EventFilter(category="esrgan"), [7, 9, 11]),
        (EventFilter(category="pending_queue", model_name="2"), [2, 5, 10]),
        (EventFilter(user_id="2003", after_event_id=9), [10, 11, 12]),
        (EventFilter(until=1001), [1, 2]),
        (EventFilter(since=1004), [7, 8, 9, 10, 11, 12]),
        (EventFilter(category="clip"), []),
    ],
)
def test_a_filter_selects_events(worked_on: Store, wanted: EventFilter, event_ids: list[int]) -> None:
    assert [event.event_id for event in audit_events(worked_on, wanted)] == event_ids


def test_the_text_that_was_sealed_is_what_is_kept(worked_on: Store) -> None:
    (event,) = [event for event in audit_events(worked_on, EventFilter()) if event.event_id == 1]

    with worked_on.engine.connect() as connection:
        text = connection.execute(sa.text("SELECT payload FROM audit_events WHERE event_id = 1")).scalar_one()
    assert text == json.dumps(event.payload, separators=(",", ":"))
