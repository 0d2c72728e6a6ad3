"""The audit log as pages."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from review_client import APPROVER, STRANGER, UPSCALER, V2, MakeReview, Review
from web_client import Browser, SignedIn

from horde_model_reference.store.engine import create_engine


def numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="/audit/(\d+)" data-open', page)]


@pytest.fixture
def told(review: Review) -> Review:
    """Return a registry of which five events tell: change 1 went to its end, change 2 waits."""
    review.write("Lanczos", description="Sharp")
    review.propose("Bicubic")
    return review


def test_events_are_listed_newest_first(told: Review, signed_in: SignedIn) -> None:
    page = signed_in(STRANGER).get("/audit").text

    assert numbers(page) == [5, 4, 3, 2, 1]
    assert re.search(r'href="/models/esrgan/Lanczos">Lanczos</a>.*created', page)
    assert re.search(r'Change <a href="/queue/2">2</a>: proposed', page)


def test_only_fields_that_say_something_new_are_counted(review: Review, signed_in: SignedIn) -> None:
    change_id = review.propose_update(description="Sharper", version="2")
    review.approve(change_id)
    review.apply(change_id)

    assert re.search(r"updated, 2 fields\b", signed_in(STRANGER).get("/audit").text)


def test_steps_of_a_change_set_are_told_with_its_title(review: Review, signed_in: SignedIn) -> None:
    record = {"name": "aurora_1", "display_name": "Aurora"}
    change = {"operation": "upsert", "name": "aurora_1", "record": record, "expected_before": None}
    body = {"title": "Northern <lights>", "changes": [change]}
    answer = review.send("POST", f"{V2}/image_generation/baselines/change-sets", body)
    assert answer.status_code == 202, answer.text

    assert "Northern &lt;lights&gt; in image generation" in signed_in(STRANGER).get("/audit").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category=esrgan", [3]),
        ("category=pending_queue", [5, 4, 2, 1]),
        ("category=pending_queue&model=2", [5]),
        ("model=Lanczos", [3]),
        ("by=Appr%232003", [4, 3, 2]),
        ("by=1001", [5, 1]),
        ("before=3", [2, 1]),
        ("category=gfpgan", []),
        ("category=&model=&by=&since=&until=&before=", [5, 4, 3, 2, 1]),
    ],
)
def test_the_log_is_filtered_by_its_address(
    told: Review, signed_in: SignedIn, query: str, found: list[int]
) -> None:
    assert numbers(signed_in(STRANGER).get(f"/audit?{query}").text) == found


@pytest.mark.usefixtures("told")
def test_days_are_counted_from_midnight_to_midnight(tmp_path: Path, signed_in: SignedIn) -> None:
    browser, day = signed_in(STRANGER), timedelta(days=1)
    first, last = days_of_events(tmp_path)  # midnight may be between them

    assert len(numbers(browser.get(f"/audit?since={first}&until={last}").text)) == 5
    assert numbers(browser.get(f"/audit?until={first - day}").text) == []
    assert numbers(browser.get(f"/audit?since={last + day}").text) == []


def days_of_events(folder: Path) -> tuple[date, date]:
    """Return the days, in UTC, of the first and of the last event."""
    engine = create_engine(folder / "registry.sqlite3")
    with engine.connect() as connection:
        first, last = connection.exec_driver_sql(
            "SELECT min(timestamp), max(timestamp) FROM audit_events"
        ).one()
    engine.dispose()
    return datetime.fromtimestamp(first, UTC).date(), datetime.fromtimestamp(last, UTC).date()


@pytest.mark.parametrize(
    "query", ["since=today", "before=0", "category=%3Cb%3E", "model=%00", "before=9" + "9" * 30]
)
def test_an_address_that_makes_no_sense_is_refused(signed_in: SignedIn, query: str) -> None:
    assert signed_in(STRANGER).get(f"/audit?{query}").status_code == 422


def test_older_events_are_on_the_next_page(review: Review, signed_in: SignedIn) -> None:
    for number in range(51):
        review.propose(f"Model {number}")
    browser = signed_in(STRANGER)

    first = browser.get("/audit?by=1001").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = browser.get(older[1].replace("&amp;", "&")).text

    assert numbers(first) == list(range(51, 1, -1))
    assert numbers(second) == [1]
    assert 'href="/audit?by=1001"' in second


def test_an_event_shows_what_it_changed(told: Review, signed_in: SignedIn) -> None:
    record = told.get(f"{V2}/esrgan/model/{UPSCALER}").json()
    record.pop("metadata")
    told.send("PUT", f"{V2}/esrgan/model/{UPSCALER}", {**record, "description": "Twice as large"})
    told.approve(3)
    told.apply(3)
    browser = signed_in(STRANGER)

    page = browser.get("/audit/8").text

    assert "<del>Doubles width and height</del>" in page
    assert "<ins>Twice as large</ins>" in page
    assert "What was recorded" in browser.get("/audit/9").text
    assert browser.get("/audit/99").status_code == 404
    assert browser.get("/audit/99999999999999999999").status_code == 404


def test_the_state_of_the_chain_follows_what_happens(told: Review, signed_in: SignedIn) -> None:
    browser = signed_in(STRANGER)
    assert "chain holds" in browser.get("/audit").text
    assert re.search(r"5\s+events", browser.get("/audit").text)

    told.propose("One more")

    assert re.search(r"6\s+events", browser.get("/audit").text)


def test_a_chain_that_was_tampered_with_is_shown(told: Review, signed_in: SignedIn, tmp_path: Path) -> None:
    engine = create_engine(tmp_path / "registry.sqlite3")
    with engine.begin() as connection:
        for name in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_events'"
        ).scalars():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        connection.exec_driver_sql("UPDATE audit_events SET logical_user_id = '1' WHERE event_id = 2")
    engine.dispose()

    page = signed_in(APPROVER).get("/audit").text

    assert "The chain of events does not hold" in page
    assert 'href="/audit/2"' in page


def test_where_the_audit_views_are_off_there_are_no_pages(make_review: MakeReview) -> None:
    browser = Browser(make_review(audit={"enabled": False}).client)
    browser.sign_in(APPROVER)

    assert browser.get("/audit").status_code == 503
    assert browser.get("/audit/1").status_code == 503
