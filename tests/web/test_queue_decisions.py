"""What the forms of the queue do: decisions, steps of one change, comments."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from review_client import (
    APPROVER,
    BOTH,
    REQUESTOR,
    STRANGER,
    UPSCALER,
    V2,
    MakeReview,
    Review,
)
from web_client import HTML, Browser, SignedIn


def test_after_a_session_ends_a_decision_waits_for_the_sign_in(signed_in: SignedIn, review: Review) -> None:
    review.propose()
    browser = signed_in(APPROVER)
    token = browser.token("/queue/1")
    other = Browser(review.client)
    other.client.cookies.update(browser.cookies)
    other.post("/sign-out/everywhere")

    answer = browser.client.post(
        "/queue/1/approve",
        data={"csrf_token": token, "title": "t"},
        headers=HTML | {"referer": "http://testserver/queue/1"},
    )

    assert answer.status_code == 403
    assert "what you filled in is kept" in answer.text
    assert 'action="/sign-in"' in answer.text
    assert review.status_of(1) == "pending"


@pytest.mark.parametrize("key", [REQUESTOR, STRANGER])
@pytest.mark.parametrize("step", ["approve", "reject", "apply", "unapprove", "decide", "batch"])
def test_only_approvers_decide(signed_in: SignedIn, review: Review, key: str, step: str) -> None:
    change_id = review.propose(key=BOTH)
    if step in {"apply", "unapprove", "batch"}:
        review.approve(change_id)
    before = review.status_of(change_id)
    path = {"decide": "/queue/decide", "batch": "/queue/batches/1/apply"}.get(step, f"/queue/1/{step}")
    fields = {"title": "t", "reason": "r", "decision": "approve", "change_ids": "1"}

    answer = signed_in(key).post(path, fields)

    assert answer.status_code == 403
    assert "not on the list for the role approver" in answer.text
    assert review.status_of(change_id) == before


def test_a_stranger_says_nothing(signed_in: SignedIn, review: Review) -> None:
    review.propose()

    assert signed_in(STRANGER).post("/queue/1/comment", {"text": "hi"}).status_code == 403


def test_nobody_approves_their_own_change(signed_in: SignedIn, review: Review) -> None:
    review.propose(key=BOTH)
    browser = signed_in(BOTH)

    page = browser.get("/queue/1").text
    answer = browser.post("/queue/1/approve", {"title": "mine", "then": "apply"})

    assert "somebody else has to approve and apply it" in page
    assert 'action="/queue/1/approve"' not in page
    assert answer.status_code == 403
    assert "Both#2002 proposed change 1; somebody else has to approve and apply it." in answer.text
    assert review.status_of(1) == "pending"


def test_where_self_approval_is_allowed_the_form_is_there(make_review: MakeReview) -> None:
    review = make_review(pending_queue={"allow_self_approval": True})
    review.propose(key=BOTH)
    browser = Browser(review.client)
    browser.sign_in(BOTH)

    assert 'action="/queue/1/approve"' in browser.get("/queue/1").text
    assert browser.post("/queue/1/approve", {"title": "mine"}).status_code == 303


def test_a_change_is_approved_and_applied_at_once(signed_in: SignedIn, review: Review) -> None:
    review.propose("Lanczos")
    browser = signed_in(APPROVER)

    answer = browser.post("/queue/1/approve", {"title": "Upscalers", "then": "apply"}, page="/queue/1")

    assert answer.headers["location"] == "/queue?done=applied&of=1"
    page = browser.get("/queue?done=applied&of=1").text
    assert "Applied: readers see it now." in page
    assert 'href="/models/esrgan/Lanczos"' in page
    assert review.get(f"{V2}/esrgan/model/Lanczos").status_code == 200


def test_step_by_step_a_change_goes_to_its_end_and_back(signed_in: SignedIn, review: Review) -> None:
    review.propose()
    browser = signed_in(APPROVER)

    steps = [("approve", "approved"), ("unapprove", "pending"), ("approve", "approved"), ("apply", "applied")]
    for step, status in steps:
        answer = browser.post(f"/queue/1/{step}", {"title": "t"}, page="/queue/1")
        assert answer.status_code == 303
        assert review.status_of(1) == status
        assert browser.get(answer.headers["location"]).status_code == 200


def test_a_change_is_rejected_with_a_reason(signed_in: SignedIn, review: Review) -> None:
    review.propose()
    browser = signed_in(APPROVER)

    assert browser.post("/queue/1/reject", {"reason": " "}).status_code == 422
    assert review.status_of(1) == "pending"
    assert browser.post("/queue/1/reject", {"reason": "no licence"}).status_code == 303

    assert "no licence" in browser.get("/queue/1").text
    assert "no licence" in signed_in(REQUESTOR).get("/my-changes").text


def test_many_are_decided_on_at_once(signed_in: SignedIn, review: Review) -> None:
    for name in ("A", "B", "C"):
        review.propose(name)
    browser = signed_in(APPROVER)
    token = browser.token("/queue")

    def decide(decision: str, *change_ids: int) -> Any:
        form = {
            "csrf_token": token,
            "decision": decision,
            "change_ids": [str(change_id) for change_id in change_ids],
            "title": "Round",
            "reason": "not now",
        }
        return browser.client.post("/queue/decide", data=form, headers=HTML)

    assert decide("approve", 1, 2).headers["location"] == "/queue?done=approved&of=1&of=2"
    assert decide("reject", 3).status_code == 303
    assert decide("approve").status_code == 422
    assert decide("approve", 3).status_code == 400
    assert [review.status_of(change_id) for change_id in (1, 2, 3)] == ["approved", "approved", "rejected"]


def test_a_batch_is_applied_from_the_queue(signed_in: SignedIn, review: Review) -> None:
    review.propose("A")
    review.propose("B")
    review.approve(1, 2, title="Autumn")
    browser = signed_in(APPROVER)

    assert "2 approved changes wait to be applied: “Autumn”" in browser.get("/queue").text
    page = browser.post("/queue/batches/1/apply")

    assert page.status_code == 200
    assert "2 applied" in page.text
    assert 'href="/models/esrgan/A"' in page.text
    assert "Nothing waits here" in browser.get("/queue").text


def test_a_batch_that_comes_to_a_stop_says_where_and_why(signed_in: SignedIn, review: Review) -> None:
    review.propose("A")
    update = review.propose_update(description="first")
    later = review.propose_update(description="second")
    review.approve(1, update, later)

    page = signed_in(APPROVER).post("/queue/batches/1/apply")

    assert page.status_code == 409
    assert f"It came to a stop at change {later}" in page.text
    assert "2 applied" in page.text


def test_a_conflict_is_shown_and_the_proposer_rebases(signed_in: SignedIn, review: Review) -> None:
    first, second = review.propose_update(description="first"), review.propose_update(version="9")
    review.approve(first)
    review.apply(first)
    reviewer, proposer = signed_in(APPROVER), signed_in(REQUESTOR)

    assert "The record has moved on" in reviewer.get(f"/queue/{second}").text
    assert "conflict" in reviewer.get("/queue").text
    assert f'action="/queue/{second}/rebase"' not in reviewer.get(f"/queue/{second}").text
    assert f'action="/queue/{second}/rebase"' in proposer.get("/my-changes").text
    answer = proposer.post(f"/queue/{second}/rebase", {"back": "my-changes"}, page="/my-changes")

    assert answer.headers["location"] == "/my-changes?done=rebased&of=2"
    assert "moved on" not in proposer.get(answer.headers["location"]).text
    assert "first" not in reviewer.get(f"/queue/{second}").text.partition("<details")[0]
    reviewer.post(f"/queue/{second}/approve", {"title": "t", "then": "apply"})
    record = review.get(f"{V2}/esrgan/model/{UPSCALER}").json()
    assert (record["description"], record["version"]) == ("first", "9")


def test_only_the_proposer_withdraws_and_rebases(signed_in: SignedIn, review: Review) -> None:
    review.propose()

    for step in ("withdraw", "rebase"):
        answer = signed_in(BOTH).post(f"/queue/1/{step}")
        assert answer.status_code == 403
        assert "Only Req#1001" in answer.text
    assert signed_in(REQUESTOR).post("/queue/1/withdraw").status_code == 303
    assert review.status_of(1) == "withdrawn"


def test_comments_stand_below_each_other(signed_in: SignedIn, review: Review) -> None:
    review.propose()
    signed_in(APPROVER).post("/queue/1/comment", {"text": "Which licence?"}, page="/queue/1")
    browser = signed_in(REQUESTOR)

    answer = browser.post("/queue/1/comment", {"text": "MIT,\nas it says."}, page="/queue/1")

    assert answer.headers["location"] == "/queue/1?done=commented#said"
    page = browser.get("/queue/1").text
    assert page.index("Which licence?") < page.index("MIT,\nas it says.")
    assert browser.post("/queue/1/comment", {"text": ""}).status_code == 422


def test_only_known_words_are_said_after_a_step(signed_in: SignedIn, review: Review) -> None:
    review.propose()

    page = signed_in(APPROVER).get("/queue/1?done=You won").text

    assert "You won" not in page


def test_a_change_set_is_shown_part_by_part_and_applied(signed_in: SignedIn, review: Review) -> None:
    parts = [
        {
            "operation": "upsert",
            "name": name,
            "record": {"name": name, "display_name": f"The {name}", "horde_policy": {"kudos": 7}},
            "expected_before": None,
        }
        for name in ("aurora_1", "aurora_2")
    ]
    answer = review.send(
        "POST",
        f"{V2}/image_generation/baselines/change-sets",
        {"title": "Auroras", "changes": parts},
    )
    assert answer.status_code == 202, answer.text
    change_id = answer.json()["change_id"]
    browser = signed_in(APPROVER)

    assert f'href="/queue/{change_id}"' in browser.get("/queue").text
    page = browser.get(f"/queue/{change_id}").text
    assert "Image baselines: Auroras" in page
    assert "From the proposer" not in page
    assert "New: aurora_1" in page
    assert "New: aurora_2" in page
    assert "<ins>The aurora_1</ins>" in page
    done = browser.post(
        f"/queue/{change_id}/approve", {"title": "t", "then": "apply"}, page=f"/queue/{change_id}"
    )

    assert done.headers["location"] == f"/queue?done=applied&of={change_id}"
    assert browser.get(done.headers["location"]).status_code == 200
    assert "/models/image_baseline" not in browser.get("/audit?category=image_baseline").text
    assert "<strong>aurora_1</strong>" in browser.get("/audit?category=image_baseline").text
    head = int(re.findall(r'href="/audit/(\d+)"', browser.get("/audit").text)[0])
    for number in range(1, head + 1):
        assert browser.get(f"/audit/{number}").status_code == 200
    assert signed_in(REQUESTOR).get("/my-changes").status_code == 200


def test_a_change_set_that_does_not_fit_any_more_is_a_conflict(signed_in: SignedIn, review: Review) -> None:
    path = f"{V2}/image_generation/baselines/change-sets"
    part = {"operation": "upsert", "name": "aurora", "record": {"name": "aurora"}, "expected_before": None}
    other = {**part, "record": {"name": "aurora", "native_resolution": 768}}
    for each in (part, other):
        assert review.send("POST", path, {"title": "t", "changes": [each]}).status_code == 202
    review.approve(1)
    review.apply(1)

    page = signed_in(APPROVER).get("/queue/2").text

    assert "The catalogue has moved on" in page
    assert "withdraw it and propose it anew" in page


def test_the_desk_works_on_every_database(make_review: MakeReview, new_url: Callable[[], str]) -> None:
    review = make_review(database_url=new_url())
    review.propose("Lanczos")
    proposer, reviewer = Browser(review.client), Browser(review.client)
    proposer.sign_in(REQUESTOR)
    reviewer.sign_in(APPROVER)

    reviewer.post("/queue/1/comment", {"text": "fine"}, page="/queue/1")
    answer = reviewer.post("/queue/1/approve", {"title": "t", "then": "apply"}, page="/queue/1")

    assert answer.headers["location"] == "/queue?done=applied&of=1"
    assert "Lanczos" in proposer.get("/my-changes").text
    assert "chain holds" in proposer.get("/audit?category=esrgan").text
    assert review.get(f"{V2}/esrgan/model/Lanczos").status_code == 200
    proposer.post("/sign-out/everywhere")
    assert "Req#1001" not in proposer.get("/sign-in").text
