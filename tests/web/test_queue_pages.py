"""The pages of the queue and of its changes: what is shown, and to whom."""

import re
from typing import Any

import pytest
from ai_horde_stub import AIHordeStub
from review_client import (
    APPROVER,
    REQUESTOR,
    STRANGER,
    V1,
    V2,
    MakeReview,
    Review,
)
from web_client import Browser, SignedIn

SCRIPT = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.mark.parametrize(
    "path", ["/queue", "/queue/1", "/queue/1/checks", "/my-changes", "/audit", "/audit/1"]
)
def test_a_stranger_is_asked_to_sign_in_and_led_back(browser: Browser, path: str) -> None:
    answer = browser.get(f"{path}?status=")

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/sign-in?return_to={path}%3Fstatus%3D",
    )


def test_whoever_has_a_key_may_look_but_sees_no_forms(signed_in: SignedIn, review: Review) -> None:
    review.propose("Lanczos")
    looking, deciding = signed_in(STRANGER), signed_in(APPROVER)

    for path in ("/queue", "/queue/1"):
        page = looking.get(path).text
        assert "Lanczos" in page
        assert _form_addresses(page) == {"/sign-out"}
        assert _form_addresses(deciding.get(path).text) > {"/sign-out"}


def _form_addresses(page: str) -> set[str]:
    return set(re.findall(r'method="post" action="([^"]+)"', page))


def test_where_nothing_waits_for_a_decision_none_is_asked_for(signed_in: SignedIn, review: Review) -> None:
    change_id = review.propose("Bicubic")
    approver = signed_in(APPROVER)
    before = approver.get("/queue").text

    review.post("/batches", {"batch_title": "x", "approved_ids": [change_id]})
    after = approver.get("/queue").text

    assert ("Decide on those you chose" in before, "data-choose-all" in before) == (True, True)
    assert ("Decide on those you chose" in after, "data-choose-all" in after) == (False, False)
    assert "Bicubic" in after
    assert "Apply the batch" in after


def test_a_change_that_was_applied_goes_on_showing_what_it_did(signed_in: SignedIn, review: Review) -> None:
    change_id = review.propose_update(description="Sharper edges")
    review.approve(change_id)
    review.apply(change_id)
    later_id = review.propose_update(description="Softer edges")
    review.approve(later_id)
    review.apply(later_id)
    assert [review.status_of(each) for each in (change_id, later_id)] == ["applied", "applied"]

    page = signed_in(APPROVER).get(f"/queue/{change_id}").text

    before, after = page.index("description"), page.index("Sharper edges")
    assert before < after
    assert "Softer edges" not in page
    assert "No field says anything else" not in page


def test_what_an_update_changes_stands_out_from_what_it_fills_in(signed_in: SignedIn, review: Review) -> None:
    review.propose_update(description="A finer upscaler", config={"download": []})
    browser = signed_in(APPROVER)

    page = browser.get("/queue/1").text
    shown, _, folded = page.partition('<details class="fillers">')

    assert "A finer upscaler" in shown
    assert "Doubles width and height" in shown
    assert "<code>metadata" not in shown
    assert "2 fields" in browser.get("/queue").text
    assert "critical" in shown
    assert folded


def test_what_is_said_of_an_unknown_licence_is_not_taken_for_a_default(
    signed_in: SignedIn, review: Review
) -> None:
    permissions = {"commercial_use": "unknown", "redistribution": "unknown"}
    unknown = {"license_expression": "NOASSERTION", "license_ids": []} | permissions
    review.propose_update(licensing=unknown | {"attribution": "By Somebody Else"})
    approver = signed_in(APPROVER)

    queue, page = approver.get("/queue").text, approver.get("/queue/1").text

    assert "Update, 1 field " in queue
    assert "critical" in queue
    assert "<ins>By Somebody Else</ins>" in page.partition("of bookkeeping and defaults")[0]
    assert "<ins>NOASSERTION</ins>" in page.partition("of bookkeeping and defaults")[2]


def test_both_views_show_every_line_that_differs(signed_in: SignedIn, review: Review) -> None:
    download = {
        "file_name": "upscale_x2.pth",
        "file_url": "https://models.example/other.pth",
        "sha256sum": "FIXME",
    }
    review.propose_update(config={"download": [download]})
    browser = signed_in(APPROVER)

    for view in ("side", "unified"):
        page = re.sub("</?(mark|a)[^>]*>", "", browser.get(f"/queue/1?view={view}").text)
        assert re.search(r"<del>[^<]*models\.example/upscale_x2\.pth", page)
        assert re.search(r"<ins>[^<]*models\.example/other\.pth", page)
        assert not re.search(r"<(ins|del)>[^<]*file_name", page)


def test_addresses_lead_where_they_say(signed_in: SignedIn, review: Review) -> None:
    texts = (
        "https://models.example/ü?a=<b>",
        "javascript:alert(1)",
        "see https://models.example/",
        "https://",
    )
    review.propose("New", description="\n".join(texts))

    page = signed_in(APPROVER).get("/queue/1").text

    rel = 'rel="noopener noreferrer nofollow ugc"'
    links = re.findall(rf'<ins><a href="([^"]*)" {rel}>([^<]*)</a></ins>', page)
    assert links == [("https://models.example/%C3%BC?a=%3Cb%3E", "https://models.example/ü?a=&lt;b&gt;")]
    assert "<ins>javascript:alert(1)</ins>" in page


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
    assert "1 worker serves it" in beside_the_decision(page)


def test_the_queue_tells_which_deletion_would_hurt(make_review: MakeReview, people: AIHordeStub) -> None:
    review = make_review()
    for name in ("Harbor Light", "Harbor Light Inpainting"):
        review.send("DELETE", f"{V2}/image_generation/model/{name}")
    browser = Browser(review.client)
    browser.sign_in(APPROVER)
    browser.get("/queue/1?ask=true")  # from now on it is known

    page = browser.get("/queue").text

    assert re.findall(r"\d+ workers? serves? it", page) == ["1 worker serves it"]


def test_models_that_a_change_concerns_too_are_told(signed_in: SignedIn, review: Review) -> None:
    name = next(name for name in review.get(f"{V2}/text_generation").json() if "/" in name)
    review.send("DELETE", f"{V2}/text_generation/model/{name}")

    page = signed_in(APPROVER).get("/queue/1").text

    assert re.search(r"Also concerned</h2>\s*<p class=\"wrap\">[^<]*koboldcpp/", page)
    assert "From the proposer" not in page


def beside_the_decision(page: str) -> str:
    found = re.search(r'<p class="counts" id="counted">(.*?)</p>', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_deletion_that_nobody_notices_says_so(make_review: MakeReview) -> None:
    review = make_review()
    review.send("DELETE", f"{V2}/image_generation/model/Harbor Light Inpainting")
    browser = Browser(review.client)
    browser.sign_in(APPROVER)

    assert "nobody serves it" in beside_the_decision(browser.get("/queue/1/checks").text)


def test_where_the_ai_horde_is_away_the_page_is_there_all_the_same(
    make_review: MakeReview, people: AIHordeStub
) -> None:
    review = make_review()
    browser = Browser(review.client)
    browser.sign_in(APPROVER)
    review.send("DELETE", f"{V2}/image_generation/model/Harbor Light")
    people.trouble = lambda _status, _body: (500, b"")

    page = browser.get("/queue/1").text
    assert "not known at the moment" in page
    assert not beside_the_decision(page).strip()
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


def test_twins_among_the_proposals_are_linked(signed_in: SignedIn, review: Review) -> None:
    files: dict[str, Any] = {
        "config": {"download": [{"file_name": "n.pth", "file_url": "", "sha256sum": "d4" * 32}]}
    }
    review.propose("Nova <b>", **files)
    review.propose("nova b", **files)

    checks = signed_in(APPROVER).get("/queue/2/checks").text

    for told in ("A name much like it", "The same file"):
        link = '<a href="/queue/1">change 1</a>'
        assert f"{told} is proposed in {link} for Nova &lt;b&gt; (esrgan)." in checks


def test_a_legacy_proposal_is_shown_in_its_form(make_review: MakeReview) -> None:
    review = make_review(canonical_format="legacy")
    review.send("POST", f"{V1}/esrgan", {"name": "New", "description": "old style"})
    browser = Browser(review.client)
    browser.sign_in(APPROVER)

    page = browser.get("/queue/1").text

    assert "legacy format" in page
    assert "old style" in page


@pytest.mark.parametrize("path", ["/queue/9", "/queue/9/checks", "/queue/99999999999999999999", "/queue/0"])
def test_a_change_that_is_not_there_is_not_found(signed_in: SignedIn, path: str) -> None:
    assert signed_in(APPROVER).get(path).status_code == 404


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
        assert ESCAPED in page.text
