"""Deciding at the desk: what comes after a decision, and what becomes of a form that is refused."""

import re
from typing import Any

import pytest
from review_client import APPROVER, BOTH, QUEUE, REQUESTOR, UPSCALER, V2, MakeReview, Review
from site_walk import Page
from web_client import HTML, Browser, SignedIn
from web_form import opened

OTHER_APPROVER = "other-approver-key"


def next_after(answer: Any) -> str:
    location: str = answer.headers["location"]
    return location


def waiting(page: str) -> str | None:
    found = re.search(r"· ([\d,]+ waits?)", page)
    return found[1] if found else None


def test_what_can_not_be_applied_is_not_approved_at_once_either(signed_in: SignedIn, review: Review) -> None:
    for _ in range(2):
        assert review.send("DELETE", f"{V2}/esrgan/model/{UPSCALER}").status_code == 202
    browser = signed_in(APPROVER)
    token = browser.token("/queue/2")
    browser.post("/queue/1/approve", {"title": "t", "then": "apply"}, page="/queue/1")

    answer = browser.client.post(
        "/queue/2/approve", data={"csrf_token": token, "title": "t", "then": "apply"}, headers=HTML
    )

    assert answer.status_code == 409
    assert "Nothing was done" in answer.text
    assert review.status_of(2) == "pending"


@pytest.mark.parametrize(
    ("step", "fields", "said"),
    [
        ("approve", {"title": "t"}, "Approved. It waits to be applied."),
        ("approve", {"then": "apply"}, "Applied: readers see it now."),
        ("reject", {"reason": "no"}, "Rejected."),
    ],
)
def test_a_decision_leads_to_the_next_that_waits_and_says_what_was_done(
    signed_in: SignedIn, review: Review, step: str, fields: dict[str, str], said: str
) -> None:
    for name in "ABC":
        review.propose(name)
    browser = signed_in(APPROVER)

    answer = browser.post(f"/queue/1/{step}", fields, page="/queue/1")
    page = browser.get(next_after(answer)).text

    assert next_after(answer).startswith("/queue/2?")
    assert re.search(r"<h1>New: B</h1>", page)
    assert said in page
    assert re.search(r'<a class="wrap" href="/queue/1">New: A</a> \(change 1\)', page)
    assert waiting(page) == "2 wait"


def test_after_the_last_one_the_queue_says_what_was_done(signed_in: SignedIn, review: Review) -> None:
    review.propose("A")
    browser = signed_in(APPROVER)

    answer = browser.post("/queue/1/reject", {"reason": "no"}, page="/queue/1")

    assert next_after(answer) == "/queue?done=rejected&of=1"
    assert "Rejected." in browser.get(next_after(answer)).text


def test_whoever_goes_through_a_selection_stays_in_it(signed_in: SignedIn, review: Review) -> None:
    review.propose("Lanczos 1")
    review.propose("Another")
    review.propose("Lanczos 2", key=BOTH)
    review.propose("Lanczos 3")
    browser = signed_in(APPROVER)
    listed = browser.get("/queue?model=lanczos&by=Req").text
    assert re.findall(r'href="([^"]+)" data-open', listed) == [
        "/queue/1?model=lanczos&amp;by=Req",
        "/queue/4?model=lanczos&amp;by=Req",
    ]

    page = browser.get("/queue/1?model=lanczos&by=Req&view=unified").text
    action = re.findall(r'action="(/queue/1/approve[^"]*)"', page)[0].replace("&amp;", "&")
    answer = browser.post(action, page="/queue/1")

    assert "2 wait in this selection" in page
    assert next_after(answer) == "/queue/4?model=lanczos&by=Req&view=unified&done=approved&of=1"


def test_reviewers_are_not_led_to_what_they_proposed(signed_in: SignedIn, review: Review) -> None:
    for name, key in (("A", REQUESTOR), ("B", BOTH), ("C", REQUESTOR)):
        review.propose(name, key=key)

    page = signed_in(BOTH).get("/queue/1").text

    assert re.findall(r'href="/queue/(\d+)" data-key="j"', page) == ["3"]
    assert waiting(page) == "2 wait"


def test_an_approval_is_undone_from_the_next_page(signed_in: SignedIn, review: Review) -> None:
    review.propose("A")
    review.propose("B")
    browser = signed_in(APPROVER)
    answer = browser.post("/queue/1/approve", {"title": "t"}, page="/queue/1")
    assert 'action="/queue/1/unapprove"' in browser.get(next_after(answer)).text

    undone = browser.post("/queue/1/unapprove", page=next_after(answer))

    assert next_after(undone) == "/queue/1?done=unapproved"
    assert "the change is pending again" in browser.get(next_after(undone)).text
    assert 'action="/queue/1/unapprove"' not in browser.get(next_after(answer)).text
    assert review.status_of(1) == "pending"


@pytest.mark.parametrize(
    ("step", "fields", "status"),
    [
        ("approve", {"title": "t"}, "approved"),
        ("approve", {"then": "apply"}, "applied"),
        ("reject", {"reason": "no"}, "rejected"),
    ],
)
def test_a_form_that_is_sent_twice_is_taken_once(
    signed_in: SignedIn, review: Review, step: str, fields: dict[str, str], status: str
) -> None:
    review.propose("A")
    browser = signed_in(APPROVER)
    form = {"csrf_token": browser.token("/queue/1"), **fields}

    answers = [browser.client.post(f"/queue/1/{step}", data=form, headers=HTML) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert next_after(answers[0]) == next_after(answers[1])
    assert review.status_of(1) == status
    assert (
        browser.get("/audit").text.count("Change <a") == {"approved": 2, "applied": 3, "rejected": 2}[status]
    )


def test_whoever_comes_second_sees_what_the_first_decided_and_keeps_their_text(
    make_review: MakeReview, people: Any
) -> None:
    people.users = {**people.users, OTHER_APPROVER: {"username": "Other#2009"}}
    review = make_review(pending_queue={"approver_ids": [*QUEUE["approver_ids"], "2009"]})
    review.propose("A")
    first, second = Browser(review.client), Browser(review.client)
    first.sign_in(APPROVER)
    second.sign_in(OTHER_APPROVER)
    token = second.token("/queue/1")
    first.post("/queue/1/approve", {"title": "t"}, page="/queue/1")

    answer = second.client.post(
        "/queue/1/reject", data={"csrf_token": token, "reason": "no licence"}, headers=HTML
    )

    assert answer.status_code == 400
    assert "Change 1 is approved, so nothing was decided." in answer.text
    assert "Approved by <span" in answer.text
    assert re.search(r'<textarea id="text"[^>]*>\s*no licence</textarea>', answer.text)
    assert review.status_of(1) == "approved"


def seen_on(browser: Browser, path: str, step: str) -> dict[str, list[str]]:
    """Return what a browser would send for the form of a step, without what somebody types."""
    forms = Page(path, browser.get(path).text).forms
    (form,) = [form for form in forms if form.action.endswith(step)]
    return {name: [value] for name, kind, value in form.inputs if kind == "hidden"}


@pytest.mark.parametrize(
    ("page", "step", "fields"),
    [
        ("/queue/1", "/queue/1/approve", {"title": "t"}),
        ("/queue/1", "/queue/1/approve", {"title": "t", "then": "apply"}),
        ("/queue/1", "/queue/1/reject", {"reason": "no"}),
        ("/queue", "/queue/decide", {"change_ids": "1", "decision": "approve"}),
        ("/queue", "/queue/decide", {"change_ids": "1", "decision": "apply"}),
        ("/queue", "/queue/decide", {"change_ids": "1", "decision": "reject", "reason": "no"}),
    ],
)
def test_nobody_decides_on_what_took_the_place_of_what_they_saw(
    signed_in: SignedIn, review: Review, page: str, step: str, fields: dict[str, Any]
) -> None:
    review.propose("A", description="harmless")
    reviewer, proposer = signed_in(APPROVER), signed_in(REQUESTOR)
    form = seen_on(reviewer, page, step)
    anew = opened(proposer, "/propose/again/1")
    anew.path = "/propose/esrgan"
    assert anew.fill(description="harmful").sent() == 1

    answer = reviewer.client.post(step, data=form | fields, headers=HTML)

    assert answer.status_code == 409
    assert "Change 1 was made anew since you looked at it." in answer.text
    assert review.status_of(1) == "pending"
    assert reviewer.client.post(step, data=seen_on(reviewer, page, step) | fields).status_code == 303


def test_a_form_that_was_not_taken_is_shown_with_what_was_typed(signed_in: SignedIn, review: Review) -> None:
    review.propose("A")
    browser = signed_in(APPROVER)
    long = "<b>too long</b> " * 200

    rejected = browser.post("/queue/1/reject", {"reason": long}, page="/queue/1")
    commented = browser.post("/queue/1/comment", {"text": long}, page="/queue/1")

    assert (rejected.status_code, commented.status_code) == (422, 422)
    for answer in (rejected, commented):
        assert "Nothing was done" in answer.text
        assert "&lt;b&gt;too long&lt;/b&gt; &lt;b&gt;" in answer.text


def test_several_that_can_not_be_decided_stay_chosen(signed_in: SignedIn, review: Review) -> None:
    for name in "ABC":
        review.propose(name)
    browser = signed_in(APPROVER)
    form = {"csrf_token": browser.token("/queue"), "change_ids": ["1", "2"], "decision": "reject"}
    review.approve(1)

    answer = browser.client.post("/queue/decide?model=a", data={**form, "reason": "<i>why</i>"}, headers=HTML)

    assert answer.status_code == 400
    assert "Change 1 is approved, so nothing was decided." in answer.text
    assert 'value="&lt;i&gt;why&lt;/i&gt;"' in answer.text
    assert review.status_of(2) == "pending"
    everything = browser.client.post("/queue/decide", data={**form, "reason": "why"}, headers=HTML)
    assert re.findall(r'value="(\d+)"[^>]* checked', everything.text) == ["2"]


def test_several_are_approved_and_applied_at_once_or_none(signed_in: SignedIn, review: Review) -> None:
    review.propose("A")
    review.propose("B")
    for _ in range(2):
        review.send("DELETE", f"{V2}/esrgan/model/{UPSCALER}")
    browser = signed_in(APPROVER)
    form: dict[str, Any] = {"csrf_token": browser.token("/queue"), "decision": "apply"}

    refused = browser.client.post("/queue/decide", data={**form, "change_ids": ["1", "3", "4"]}, headers=HTML)
    done = browser.client.post("/queue/decide", data={**form, "change_ids": ["1", "2"]}, headers=HTML)

    assert refused.status_code == 409
    assert next_after(done) == "/queue?done=applied&of=1&of=2"
    assert "2 changes applied: readers see them now." in browser.get(next_after(done)).text
    assert [review.status_of(number) for number in (1, 2, 3, 4)] == [
        "applied",
        "applied",
        "pending",
        "pending",
    ]


def test_other_open_changes_to_the_same_model_are_shown(signed_in: SignedIn, review: Review) -> None:
    review.send("DELETE", f"{V2}/esrgan/model/{UPSCALER}")
    review.send("DELETE", f"{V2}/esrgan/model/{UPSCALER}", key=BOTH)
    review.propose(f"{UPSCALER} Plus")
    browser = signed_in(APPROVER)

    page, listed = browser.get("/queue/1").text, browser.get("/queue").text

    assert "1 other open change to this model" in page
    assert re.search(r'<a href="/queue/2">2</a> \(delete by Both#2002\)', page)
    assert listed.count("1 more on it") == 2
    assert "other open" not in browser.get("/queue/3").text


def test_a_conflict_shows_what_was_meant_and_what_others_changed(signed_in: SignedIn, review: Review) -> None:
    record = review.get(f"{V2}/esrgan/model/{UPSCALER}").json()
    record.pop("metadata")
    for fields in ({"description": "mine"}, {"version": "77"}):
        review.send("PUT", f"{V2}/esrgan/model/{UPSCALER}", record | fields)
    review.approve(2)
    review.apply(2)

    page = signed_in(APPROVER).get("/queue/1").text
    meant, _, met = page.partition("What others changed meanwhile")

    assert "<ins>mine</ins>" in meant
    assert "<ins>77</ins>" not in meant
    assert "<ins>77</ins>" in met
    assert 'action="/queue/1/approve"' not in page
    assert 'action="/queue/1/reject"' in page


def test_characters_that_hide_or_turn_text_are_shown_as_numbers(signed_in: SignedIn, review: Review) -> None:
    review.propose("Plain", description="trusted\u202egnp zero\u200bwidth\rback", version="1.0\u2066")
    review.post("/changes/1/comments", {"text": "soft\u00adhyphen"})

    page = signed_in(APPROVER).get("/queue/1").text
    listed = signed_in(REQUESTOR).get("/my-changes").text

    for shown in ("trusted⟦U+202E⟧gnp", "zero⟦U+200B⟧width⟦U+000D⟧back", "1.0⟦U+2066⟧", "soft⟦U+00AD⟧hyphen"):
        assert shown in page
    assert not {"\u202e", "\u200b", "\u2066", "\u00ad"} & {*page, *listed}


@pytest.mark.parametrize(
    "path",
    [
        "/queue/1/approve",
        "/queue/1/reject",
        "/queue/1/apply",
        "/queue/1/unapprove",
        "/queue/1/withdraw",
        "/queue/1/rebase",
        "/queue/1/comment",
        "/queue/decide",
        "/queue/batches/1/apply",
    ],
)
def test_no_address_decides_by_being_visited_or_without_its_token(
    signed_in: SignedIn, review: Review, path: str
) -> None:
    review.propose("A")
    browser = signed_in(APPROVER)
    fields = {"title": "t", "reason": "r", "text": "x", "decision": "approve", "change_ids": "1"}

    visited = browser.client.get(path, params=fields, headers=HTML)
    forged = browser.client.post(path, data=fields, headers=HTML)
    foreign = browser.post(path, fields, page="/queue/1", headers={"origin": "https://elsewhere.example"})

    assert (visited.status_code, forged.status_code, foreign.status_code) == (405, 403, 403)
    assert review.status_of(1) == "pending"
    assert "x" not in [said["text"] for said in review.queue("/changes/1").json().get("comments") or []]


@pytest.mark.parametrize("query", ["done=applied&of=99", "done=nothing&of=1", "of=1", "done=approved"])
def test_an_address_alone_claims_nothing_that_was_not_done(
    signed_in: SignedIn, review: Review, query: str
) -> None:
    review.propose("A")

    page = signed_in(APPROVER).get(f"/queue?{query}").text

    assert 'action="/queue/1/unapprove"' not in page
    assert "notice-good" not in page


def test_a_part_of_a_change_set_folds_away_what_says_nothing(signed_in: SignedIn, review: Review) -> None:
    part = {"operation": "upsert", "name": "aurora", "record": {"name": "aurora"}, "expected_before": None}
    path = f"{V2}/image_generation/baselines/change-sets"
    assert review.send("POST", path, {"title": "Auroras", "changes": [part]}).status_code == 202

    page = signed_in(APPROVER).get("/queue/1").text
    shown, _, folded = page.partition('<details class="fillers">')

    assert "<ins>aurora</ins>" in shown
    assert "native_<wbr>resolution" not in shown
    assert "native_<wbr>resolution" in folded
