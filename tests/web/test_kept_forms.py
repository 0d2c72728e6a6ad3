"""Nothing that somebody typed is lost when their session ends under it."""

import re
from html import unescape
from pathlib import Path
from sqlite3 import connect

import pytest
from review_client import APPROVER, BOTH, REQUESTOR, STRANGER, Review
from web_client import HTML, Browser, SignedIn

from horde_model_reference.service.web.kept_forms import KeptForm

FROM_HERE = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
EVIL = "\"'><script>alert(1)</script>{{ 7*7 }}\r\nsecond line"
TYPED = {"_operation": "create", "_action": "preview", "name": "Typed", "description": EVIL}


@pytest.fixture
def proposer(signed_in: SignedIn) -> Browser:
    return signed_in(REQUESTOR)


def end_sessions(folder: Path) -> None:
    with connect(folder / "registry.sqlite3") as connection:
        connection.execute("DELETE FROM web_sessions")


def inputs(page: str) -> list[tuple[str, str]]:
    form = page.rpartition('<form method="post" action="/')[2]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return [(unescape(name), unescape(text)) for name, text in found]


def test_a_form_of_an_ended_session_waits_for_the_sign_in(
    proposer: Browser, tmp_path: Path, review: Review
) -> None:
    token = proposer.token("/")
    end_sessions(tmp_path)

    page = proposer.client.post("/propose/esrgan", data={"csrf_token": token, **TYPED}, headers=HTML)
    assert page.status_code == 403
    assert "what you filled in is kept" in page.text
    kept = dict(inputs(page.text))["kept"]
    wrong = proposer.client.post("/sign-in", data=dict(inputs(page.text)) | {"key": "nobodys"}, headers=HTML)
    assert dict(inputs(wrong.text))["kept"] == kept
    back = proposer.client.post("/sign-in", data=dict(inputs(wrong.text)) | {"key": REQUESTOR}, headers=HTML)
    assert back.status_code == 200
    assert 'action="/propose/esrgan"' in back.text
    preview = proposer.client.post("/propose/esrgan", data=dict(inputs(back.text)), headers=HTML)

    assert "Preview: Typed" in preview.text
    assert "second line" in preview.text
    assert "<script>alert" not in page.text + back.text + preview.text
    assert review.queue("/changes").json()["total"] == 0


def test_a_form_that_waited_still_says_which_changes_somebody_goes_through(
    signed_in: SignedIn, tmp_path: Path, review: Review
) -> None:
    review.propose("Upscaler")
    reviewer = signed_in(APPROVER)
    step = "/queue/1/approve?category=esrgan&model=up&view=unified"
    token = reviewer.token("/queue/1")
    end_sessions(tmp_path)

    page = reviewer.client.post(step, data={"csrf_token": token, "title": "t"}, headers=HTML)
    back = reviewer.client.post("/sign-in", data=dict(inputs(page.text)) | {"key": APPROVER}, headers=HTML)

    assert unescape(re.findall(r'action="(/queue/[^"]*)"', back.text)[0]) == step


@pytest.mark.parametrize(
    "vouching", [FROM_HERE, {"origin": "http://testserver"}, {"sec-fetch-site": "same-origin"}]
)
def test_a_form_from_before_another_sign_in_is_offered_once_more(
    proposer: Browser, review: Review, vouching: dict[str, str]
) -> None:
    before = proposer.token("/")
    proposer.client.cookies.clear()
    proposer.sign_in(REQUESTOR)

    answer = proposer.client.post(
        "/propose/esrgan",
        data={"csrf_token": before, **TYPED, "_action": "send"},
        headers=HTML | vouching,
    )

    assert answer.status_code == 403
    assert review.queue("/changes").json()["total"] == 0
    again = dict(inputs(answer.text))
    assert again["name"] == "Typed"
    assert proposer.client.post("/propose/esrgan", data=again, headers=HTML).status_code == 303


def test_a_form_is_not_offered_to_somebody_else_who_signs_in(
    proposer: Browser, tmp_path: Path, review: Review
) -> None:
    token = proposer.token("/")
    end_sessions(tmp_path)
    page = proposer.client.post("/propose/esrgan", data={"csrf_token": token, **TYPED}, headers=HTML)

    other = proposer.client.post("/sign-in", data=dict(inputs(page.text)) | {"key": BOTH}, headers=HTML)

    assert "This form is not yours" in other.text
    assert "Both#2002" in other.text
    assert "Typed" not in other.text
    assert "Sign out" in proposer.get("/").text


def test_a_form_is_not_offered_to_somebody_else_who_is_signed_in(proposer: Browser) -> None:
    before = proposer.token("/")
    proposer.client.cookies.clear()
    proposer.sign_in(BOTH)

    answer = proposer.client.post(
        "/propose/esrgan", data={"csrf_token": before, **TYPED}, headers=HTML | FROM_HERE
    )

    assert answer.status_code == 403
    assert "This form is not yours" in answer.text
    assert "Typed" not in answer.text


def test_a_form_from_another_site_is_not_offered_once_more(proposer: Browser) -> None:
    for headers in ({}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = proposer.client.post(
            "/propose/esrgan", data={"csrf_token": "x" * 43, **TYPED}, headers=HTML | headers
        )

        assert answer.status_code == 403
        assert "Typed" not in answer.text


def test_a_key_that_was_sent_too_late_is_not_shown(proposer: Browser) -> None:
    before = proposer.token("/")
    proposer.client.cookies.clear()
    proposer.get("/sign-in")

    answer = proposer.client.post(
        "/sign-in", data={"csrf_token": before, "key": STRANGER}, headers=HTML | FROM_HERE
    )

    assert answer.status_code == 403
    assert "Paste your key once more" in answer.text
    assert STRANGER not in answer.text


def test_scripts_learn_that_the_session_is_over(proposer: Browser, tmp_path: Path) -> None:
    token = proposer.token("/")
    end_sessions(tmp_path)

    answer = proposer.client.post("/propose/esrgan/check", data={"csrf_token": token, **TYPED})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"address": "/queue"}',
        '{"address": "https://evil.example/", "inputs": [], "owner": "1001"}',
        '{"address": "//evil.example/", "inputs": [], "owner": "1001"}',
        '{"address": "/sign-in", "inputs": [], "owner": "1001"}',
        '{"address": "/sign-out/everywhere?a=b", "inputs": [], "owner": "1001"}',
        '{"address": "/queue", "inputs": []}',
        '{"address": "/queue", "inputs": [], "owner": 7}',
        '{"address": "/queue", "inputs": [["a", 1]], "owner": "1001"}',
        '{"address": "/queue", "inputs": [["a"]], "owner": "1001"}',
        '{"address": "/queue", "inputs": 7, "owner": "1001"}',
        '{"address": 7, "inputs": [], "owner": "1001"}',
        '{"address": "/queue", "inputs": [["a", "\\ud800"]], "owner": "1001"}',
        "[" * 100_000,
    ],
)
def test_what_no_page_of_ours_wrote_is_not_kept(text: str, browser: Browser) -> None:
    assert KeptForm.read(text) is None

    assert browser.post("/sign-in", {"key": REQUESTOR, "kept": text}).headers["location"] == "/"


def test_what_was_written_is_read() -> None:
    inputs = (("text", EVIL), ("text", ""))
    form = KeptForm(address="/queue/1/comment?view=unified", inputs=inputs, owner="1001")

    assert KeptForm.read(form.to_text()) == form
