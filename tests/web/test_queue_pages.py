"""The queue and its changes as pages: what is shown to whom, and what their forms do."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ai_horde_stub import AIHordeStub
from review_client import (
    APPROVER,
    BOTH,
    REQUESTOR,
    STRANGER,
    UPSCALER,
    V1,
    V2,
    MakeReview,
    Review,
)
from web_client import HTML, Browser

from horde_model_reference.store.engine import create_engine

SCRIPT = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"

SignedIn = Callable[[str], Browser]


def status_of(review: Review, change_id: int) -> str:
    status: str = review.queue(f"/changes/{change_id}").json()["status"]
    return status


def an_update(review: Review, key: str = REQUESTOR, **fields: Any) -> int:
    record = review.get(f"{V2}/esrgan/model/{UPSCALER}").json()
    record.pop("metadata")
    answer = review.send("PUT", f"{V2}/esrgan/model/{UPSCALER}", {**record, **fields}, key=key)
    assert answer.status_code == 202, answer.text
    change_id: int = answer.json()["change_id"]
    return change_id


@pytest.mark.parametrize(
    "path", ["/queue", "/queue/1", "/queue/1/checks", "/my-changes", "/audit", "/audit/1"]
)
def test_a_stranger_is_asked_to_sign_in_and_led_back(browser: Browser, path: str) -> None:
    answer = browser.get(f"{path}?status=")

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/sign-in?return_to={path}%3Fstatus%3D",
    )


def test_after_a_session_ends_a_form_leads_to_the_sign_in_and_back_to_its_page(
    signed_in: SignedIn, review: Review
) -> None:
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

    assert answer.headers["location"] == "/sign-in?return_to=/queue/1"
    assert status_of(review, 1) == "pending"


def test_whoever_has_a_key_may_look_but_sees_no_forms(signed_in: SignedIn, review: Review) -> None:
    review.propose()
    browser = signed_in(STRANGER)

    for path in ("/queue", "/queue/1"):
        page = browser.get(path).text
        assert "New" in page
        assert "<form" in page
        assert set(re.findall(r'method="post" action="([^"]+)"', page)) <= {"/sign-out", "/queue/decide"}


@pytest.mark.parametrize("key", [REQUESTOR, STRANGER])
@pytest.mark.parametrize("step", ["approve", "reject", "apply", "unapprove", "decide", "batch"])
def test_only_approvers_decide(signed_in: SignedIn, review: Review, key: str, step: str) -> None:
    change_id = review.propose(key=BOTH)
    if step in {"apply", "unapprove", "batch"}:
        review.approve(change_id)
    before = status_of(review, change_id)
    path = {"decide": "/queue/decide", "batch": "/queue/batches/1/apply"}.get(step, f"/queue/1/{step}")
    fields = {"title": "t", "reason": "r", "decision": "approve", "change_ids": "1"}

    answer = signed_in(key).post(path, fields)

    assert answer.status_code == 403
    assert "not on the list for the role approver" in answer.text
    assert status_of(review, change_id) == before


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
    assert status_of(review, 1) == "pending"


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

    assert answer.headers["location"] == "/queue/1?done=applied"
    page = browser.get("/queue/1?done=applied").text
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
        assert status_of(review, 1) == status
        assert browser.get(answer.headers["location"]).status_code == 200


def test_a_change_is_rejected_with_a_reason(signed_in: SignedIn, review: Review) -> None:
    review.propose()
    browser = signed_in(APPROVER)

    assert browser.post("/queue/1/reject", {"reason": " "}).status_code == 422
    assert status_of(review, 1) == "pending"
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

    assert decide("approve", 1, 2).headers["location"] == "/queue"
    assert decide("reject", 3).status_code == 303
    assert decide("approve").status_code == 422
    assert decide("approve", 3).status_code == 400
    assert [status_of(review, change_id) for change_id in (1, 2, 3)] == ["approved", "approved", "rejected"]


def test_a_change_that_was_applied_goes_on_showing_what_it_did(signed_in: SignedIn, review: Review) -> None:
    change_id = an_update(review, description="Sharper edges")
    review.approve(change_id)
    review.apply(change_id)
    later_id = an_update(review, description="Softer edges")
    review.approve(later_id)
    review.apply(later_id)
    assert [status_of(review, each) for each in (change_id, later_id)] == ["applied", "applied"]

    page = signed_in(APPROVER).get(f"/queue/{change_id}").text

    before, after = page.index("description"), page.index("Sharper edges")
    assert before < after
    assert "Softer edges" not in page
    assert "No field says anything else" not in page


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
    update = an_update(review, description="first")
    later = an_update(review, description="second")
    review.approve(1, update, later)

    page = signed_in(APPROVER).post("/queue/batches/1/apply")

    assert page.status_code == 409
    assert f"It came to a stop at change {later}" in page.text
    assert "2 applied" in page.text


def test_a_conflict_is_shown_and_the_proposer_rebases(signed_in: SignedIn, review: Review) -> None:
    first, second = an_update(review, description="first"), an_update(review, version="9")
    review.approve(first)
    review.apply(first)
    reviewer, proposer = signed_in(APPROVER), signed_in(REQUESTOR)

    assert "The record has moved on" in reviewer.get(f"/queue/{second}").text
    assert "conflict" in reviewer.get("/queue").text
    assert f'action="/queue/{second}/rebase"' not in reviewer.get(f"/queue/{second}").text
    assert f'action="/queue/{second}/rebase"' in proposer.get("/my-changes").text
    answer = proposer.post(f"/queue/{second}/rebase", {"back": "my-changes"}, page="/my-changes")

    assert answer.headers["location"] == "/my-changes?done=rebased"
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
    assert status_of(review, 1) == "withdrawn"


def test_comments_stand_below_each_other(signed_in: SignedIn, review: Review) -> None:
    review.propose()
    signed_in(APPROVER).post("/queue/1/comment", {"text": "Which licence?"}, page="/queue/1")
    browser = signed_in(REQUESTOR)

    answer = browser.post("/queue/1/comment", {"text": "MIT,\nas it says."}, page="/queue/1")

    assert answer.headers["location"] == "/queue/1?done=commented#said"
    page = browser.get("/queue/1").text
    assert page.index("Which licence?") < page.index("MIT,\nas it says.")
    assert browser.post("/queue/1/comment", {"text": ""}).status_code == 422


def test_what_an_update_changes_stands_out_from_what_it_fills_in(signed_in: SignedIn, review: Review) -> None:
    an_update(review, description="A finer upscaler", config={"download": []})
    browser = signed_in(APPROVER)

    page = browser.get("/queue/1").text
    shown, _, folded = page.partition('<details class="fillers">')

    assert "A finer upscaler" in shown
    assert "Doubles width and height" in shown
    assert "<code>metadata" not in shown
    assert "2 fields" in browser.get("/queue").text
    assert "critical" in shown
    assert folded


def test_both_views_show_every_line_that_differs(signed_in: SignedIn, review: Review) -> None:
    download = {
        "file_name": "upscale_x2.pth",
        "file_url": "https://models.example/other.pth",
        "sha256sum": "FIXME",
    }
    an_update(review, config={"download": [download]})
    browser = signed_in(APPROVER)

    for view in ("side", "unified"):
        page = browser.get(f"/queue/1?view={view}").text
        assert re.search(r"<del>[^<]*models\.example/upscale_x2\.pth", page)
        assert re.search(r"<ins>[^<]*models\.example/other\.pth", page)
        assert not re.search(r"<(ins|del)>[^<]*file_name", page)


def test_a_deletion_shows_what_would_go_and_who_would_notice(
    make_review: MakeReview, people: AIHordeStub
) -> None:
    review = make_review()
    answer = review.send("DELETE", f"{V2}/image_generation/model/Harbor Light")
    browser = Browser(review.client)
    browser.sign_in(APPROVER)

    page = browser.get(f"/queue/{answer.json()['change_id']}?ask=true").text

    assert "What would go" in page
    assert "What a deletion would affect" in page
    assert re.search(r"<strong>1</strong> serves it: .*Worker", page)
    assert "90 this month" in page


def test_where_the_ai_horde_is_away_the_page_is_there_all_the_same(
    make_review: MakeReview, people: AIHordeStub
) -> None:
    review = make_review()
    browser = Browser(review.client)
    browser.sign_in(APPROVER)
    review.send("DELETE", f"{V2}/image_generation/model/Harbor Light")
    people.trouble = lambda _status, _body: (500, b"")

    assert "not known at the moment" in browser.get("/queue/1").text
    assert "not known at the moment" in browser.get("/queue/1/checks").text


def test_the_checks_come_with_the_page_and_by_themselves(signed_in: SignedIn, review: Review) -> None:
    review.propose(
        "Upscale x2", config={"download": [{"file_name": "n.pth", "file_url": "https://127.0.0.1/n"}]}
    )
    browser = signed_in(APPROVER)

    page = browser.get("/queue/1").text
    part = browser.get("/queue/1/checks")

    assert "Much like the name of Upscale_x2 (esrgan)." in page
    assert "Nobody has asked for it yet." in page
    assert 'href="/queue/1?ask=true#checks"' in page
    assert "127.0.0.1 is not a public address" in part.text
    assert part.text.lstrip().startswith('<div id="found"')
    assert "127.0.0.1 is not a public address" in browser.get("/queue/1").text


def test_a_legacy_proposal_is_shown_in_its_form(make_review: MakeReview) -> None:
    review = make_review(canonical_format="legacy")
    review.send("POST", f"{V1}/esrgan", {"name": "New", "description": "old style"})
    browser = Browser(review.client)
    browser.sign_in(APPROVER)

    page = browser.get("/queue/1").text

    assert "legacy format" in page
    assert "old style" in page


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

    assert re.findall(r'<a href="/queue/(\d+)" data-open', page) == numbers


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


@pytest.mark.parametrize("path", ["/queue/9", "/queue/9/checks", "/queue/99999999999999999999", "/queue/0"])
def test_a_change_that_is_not_there_is_not_found(signed_in: SignedIn, path: str) -> None:
    assert signed_in(APPROVER).get(path).status_code == 404


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
        connection.exec_driver_sql(f"UPDATE changes SET requested_at = requested_at - {126 * 86_400}")  # noqa: S608 - a number
    engine.dispose()
    browser = signed_in(APPROVER)

    assert ">126 days</time>" in browser.get("/queue").text
    assert re.search(r">126 days</time>\s+ago", browser.get("/queue/1").text)


def test_without_a_queue_the_pages_of_it_are_out_of_service(make_review: MakeReview) -> None:
    browser = Browser(make_review(pending_queue={"enabled": False}).client)
    browser.sign_in(BOTH)

    for path in ("/queue", "/queue/1", "/my-changes"):
        assert browser.get(path).status_code == 503


def test_texts_of_people_are_shown_escaped_everywhere(signed_in: SignedIn, review: Review) -> None:
    name = 'x<script>alert(1)<b>"'
    fields: dict[str, Any] = {
        "description": SCRIPT,
        "version": SCRIPT,
        "tags": [SCRIPT],
        "homepage": "javascript:alert(1)",
        "config": {
            "download": [{"file_name": "a.pth", "file_url": "javascript:alert(1)", "sha256sum": SCRIPT}]
        },
    }
    review.propose(name, **{key: value for key, value in fields.items() if key not in {"config"}})
    review.propose("Second")
    browser, proposer = signed_in(APPROVER), signed_in(REQUESTOR)
    browser.post("/queue/1/comment", {"text": SCRIPT}, page="/queue/1")
    browser.post("/queue/2/reject", {"reason": SCRIPT, "title": SCRIPT}, page="/queue/2")
    pages = {path: proposer.get(path).text for path in ("/queue/1", "/queue/2", "/my-changes")}
    pages |= {
        path: browser.get(path).text
        for path in ("/queue", "/queue?status=rejected", "/queue/1?view=unified", "/queue/1/checks", "/audit")
    }
    browser.post("/queue/1/approve", {"title": SCRIPT}, page="/queue/1")
    pages |= {path: browser.get(path).text for path in ("/queue?status=", "/queue/1?", "/audit?")}
    applied = browser.post("/queue/1/apply")
    assert applied.status_code == 303
    pages |= {f"/audit/{number}": browser.get(f"/audit/{number}").text for number in range(1, 9)}

    for path, page in pages.items():
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert 'href="javascript' not in page, path
    assert ESCAPED in pages["/queue/1"]
    assert ESCAPED in pages["/queue/2"]


def test_what_stands_in_an_address_is_shown_escaped(signed_in: SignedIn) -> None:
    browser = signed_in(APPROVER)

    for path in ("/queue?model=", "/queue?by=", "/audit?model=", "/audit?by="):
        page = browser.get(f"{path}%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        assert page.status_code == 200
        assert "<script>alert" not in page.text


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
    assert "image baseline" in page
    assert "upsert aurora_1" in page
    assert "upsert aurora_2" in page
    assert "<ins>The aurora_1</ins>" in page
    done = browser.post(
        f"/queue/{change_id}/approve", {"title": "t", "then": "apply"}, page=f"/queue/{change_id}"
    )

    assert done.headers["location"] == f"/queue/{change_id}?done=applied"
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

    assert answer.headers["location"] == "/queue/1?done=applied"
    assert "Lanczos" in proposer.get("/my-changes").text
    assert "chain holds" in proposer.get("/audit?category=esrgan").text
    assert review.get(f"{V2}/esrgan/model/Lanczos").status_code == 200
    proposer.post("/sign-out/everywhere")
    assert "Req#1001" not in proposer.get("/sign-in").text
