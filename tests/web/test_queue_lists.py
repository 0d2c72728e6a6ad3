"""The lists of changes: the queue, one's own changes, and the way from a change to the next."""

import re
from pathlib import Path

import pytest
from review_client import (
    APPROVER,
    BOTH,
    REQUESTOR,
    UPSCALER,
    V2,
    MakeReview,
    Review,
)
from web_client import Browser, SignedIn

from horde_model_reference.store.engine import create_engine


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["1", "2", "3"]),
        ("?status=&category=&model=&by=&batch=", ["1", "2", "3"]),
        ("?status=approved", ["1"]),
        ("?status=pending", ["2", "3"]),
        ("?status=withdrawn", ["4"]),
        ("?category=esrgan&status=pending", ["2"]),
        ("?model=LAN", ["3"]),
        ("?by=Both%232002", ["3"]),
        ("?by=1001", ["1", "2"]),
        ("?batch=1", ["1"]),
        ("?batch=7", []),
        ("?page=2", []),
    ],
)
def test_the_queue_is_filtered_by_its_address(
    signed_in: SignedIn, review: Review, query: str, numbers: list[str]
) -> None:
    review.propose("A")
    review.approve(1)
    review.propose("B")
    review.send("POST", f"{V2}/gfpgan", {"name": "Lanczos"}, key=BOTH)
    review.propose("C")
    review.send("POST", f"{V2}/pending_queue/changes/4/withdraw", key=REQUESTOR)

    page = signed_in(APPROVER).get(f"/queue{query}").text

    assert re.findall(r'<a href="/queue/(\d+)[^"]*" data-open', page) == numbers


@pytest.mark.parametrize(
    "query",
    [
        "status=odd",
        "category=odd",
        "page=0",
        "batch=x",
        "batch=99999999999999999999",
        "model=%00",
        f"by={'x' * 300}",
    ],
)
def test_an_address_that_makes_no_sense_is_refused(signed_in: SignedIn, query: str) -> None:
    assert signed_in(APPROVER).get(f"/queue?{query}").status_code == 422


def test_pages_of_the_queue_follow_each_other(signed_in: SignedIn, review: Review) -> None:
    for number in range(51):
        review.propose(f"Model {number}")
    browser = signed_in(APPROVER)

    first = browser.get("/queue?category=esrgan").text
    second = browser.get("/queue?category=esrgan&page=2").text

    assert "1 to 50 of 51" in first
    assert 'href="/queue?category=esrgan&amp;page=2"' in first
    assert "51 to 51 of 51" in second
    assert 'href="/queue?category=esrgan&amp;page=1"' in second


def test_ones_own_changes_are_listed_newest_first_with_what_can_be_done(
    signed_in: SignedIn, review: Review
) -> None:
    for number in range(27):
        review.propose(f"Model {number}")
    review.propose("Not mine", key=BOTH)
    browser = signed_in(REQUESTOR)

    first, second = browser.get("/my-changes").text, browser.get("/my-changes?page=2").text

    assert re.findall(r'href="/queue/(\d+)" data-open', first) == [str(number) for number in range(27, 2, -1)]
    assert re.findall(r'href="/queue/(\d+)" data-open', second) == ["2", "1"]
    assert first.count("Withdraw</button>") == 25
    assert "You have proposed nothing that is applied" in browser.get("/my-changes?status=applied").text
    assert "Not mine" not in first + second


def test_ones_own_changes_lead_back_to_the_form(signed_in: SignedIn, review: Review) -> None:
    open_one, refused = review.propose("Open"), review.propose("Refused")
    gone = review.send("DELETE", f"{V2}/esrgan/model/{UPSCALER}").json()["change_id"]
    review.post("/batches", {"batch_title": "t", "rejected_ids": [refused], "reject_reason": "r"})
    browser = signed_in(REQUESTOR)

    page = browser.get("/my-changes").text

    assert re.findall(r'href="/propose/again/(\d+)"', page) == [str(refused), str(open_one)]
    assert browser.get(f"/propose/again/{open_one}").status_code == 200
    assert "/propose/again" not in browser.get(f"/queue/{gone}").text
    assert "/propose/again" not in signed_in(APPROVER).get(f"/queue/{open_one}").text


def test_a_change_leads_to_the_next_that_waits(signed_in: SignedIn, review: Review) -> None:
    for name in "ABCDE":
        review.propose(name)
    review.approve(2)
    browser = signed_in(APPROVER)

    def neighbours(change_id: int) -> list[str]:
        return re.findall(r'href="/queue/(\d+)" data-key="[jk]"', browser.get(f"/queue/{change_id}").text)

    assert neighbours(1) == ["3"]
    assert neighbours(2) == ["1", "3"]
    assert neighbours(3) == ["1", "4"]
    assert neighbours(5) == ["4"]
    assert 'href="/queue/3">Next: C' in browser.get("/queue/2?done=approved").text


def test_the_queue_tells_how_long_a_change_waits(signed_in: SignedIn, review: Review, tmp_path: Path) -> None:
    review.propose()
    engine = create_engine(tmp_path / "registry.sqlite3")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE changes SET requested_at = requested_at - {126 * 86_400}")
    engine.dispose()
    browser = signed_in(APPROVER)

    assert ">126 days</time>" in browser.get("/queue").text
    assert re.search(r">126 days</time>\s+ago", browser.get("/queue/1").text)


def test_without_a_queue_the_pages_of_it_are_out_of_service(make_review: MakeReview) -> None:
    browser = Browser(make_review(pending_queue={"enabled": False}).client)
    browser.sign_in(BOTH)

    for path in ("/queue", "/queue/1", "/my-changes"):
        assert browser.get(path).status_code == 503
