"""What the audit log says about its chain: short and long ones, grown ones, and ones that were altered."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hmr import eventually
from review_client import APPROVER, STRANGER, Review
from web_client import SignedIn

from horde_model_reference.service.web.desk.chain_watch import ChainWatch
from horde_model_reference.store.engine import create_engine
from horde_model_reference.store.store import Store

Alter = Callable[[str], None]


@pytest.fixture
def told(review: Review) -> Review:
    """Return a registry of which five events tell."""
    review.write("Lanczos", description="Sharp")
    review.propose("Bicubic")
    return review


@pytest.fixture
def store(told: Review, tmp_path: Path) -> Iterator[Store]:
    """Return the database of the registry, opened once more."""
    opened = Store.open(tmp_path / "registry.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def alter(tmp_path: Path) -> Alter:
    """Return a function that alters the events past the triggers that keep them."""

    def altering(statement: str) -> None:
        engine = create_engine(tmp_path / "registry.sqlite3")
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_events'"
        with engine.begin() as connection:
            for name in connection.exec_driver_sql(triggers).scalars().all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            connection.exec_driver_sql(statement)
        engine.dispose()

    return altering


def test_a_long_chain_is_read_in_the_background(store: Store) -> None:
    watch = ChainWatch(at_once=4)

    first = watch.state(store)
    eventually(lambda: watch.state(store) is not None)
    found = watch.state(store)

    assert first is None
    assert found is not None
    assert (found.report.head.count, found.report.fault) == (5, None)


def test_only_what_is_new_is_read_again(store: Store, told: Review, alter: Alter) -> None:
    watch = ChainWatch()
    before = watch.state(store)
    alter("UPDATE audit_events SET logical_user_id = '1' WHERE event_id = 2")

    told.propose("One more")
    after = watch.state(store)
    anew = ChainWatch().state(store)

    assert before is not None
    assert after is not None
    assert (after.report.head.count, after.report.fault) == (6, None)
    assert after.verified_at == before.verified_at
    assert anew is not None
    assert anew.report.fault is not None


def test_new_events_that_do_not_follow_are_noticed(store: Store, told: Review, alter: Alter) -> None:
    watch = ChainWatch()
    watch.state(store)
    told.propose("One more")
    alter("UPDATE audit_events SET logical_user_id = '1' WHERE event_id = 6")

    found = watch.state(store)

    assert found is not None
    assert found.report.fault is not None
    assert found.report.fault.event_id == 6


def test_a_chain_that_lost_its_end_is_noticed(store: Store, alter: Alter) -> None:
    alter("DELETE FROM audit_events WHERE event_id = 5")

    found = ChainWatch().state(store)

    assert found is not None
    assert found.report.fault is not None
    assert found.report.fault.event_id == 5


def test_a_log_with_an_event_that_can_not_be_read_says_which(
    told: Review, signed_in: SignedIn, alter: Alter
) -> None:
    alter("UPDATE audit_events SET payload = 'garbage' WHERE event_id = 4")
    browser = signed_in(APPROVER)

    page = browser.get("/audit")
    earlier = browser.get("/audit?before=4").text

    assert page.status_code == 200
    assert "The chain of events does not hold" in page.text
    assert "audit event 4 can&#39;t be read" in page.text
    assert re.findall(r'href="/audit/(\d+)" data-open', earlier) == ["3", "2", "1"]
    assert browser.get("/audit/4").status_code == 503


def test_people_and_models_are_named(told: Review, signed_in: SignedIn) -> None:
    page = signed_in(STRANGER).get("/audit").text

    assert re.search(
        r'Change <a href="/queue/2">2</a>: proposed <span class="muted">· Bicubic in ESRGAN', page
    )
    assert "Req#1001" in page
    assert "Appr#2003" in page


def test_the_last_event_leads_to_none_after_it(told: Review, signed_in: SignedIn) -> None:
    browser = signed_in(STRANGER)

    assert 'href="/audit/5"' in browser.get("/audit/4").text
    assert 'href="/audit/6"' not in browser.get("/audit/5").text
