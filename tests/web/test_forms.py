"""No form of any page is taken that the page did not give to the browser that sends it."""

import asyncio
import re
from collections.abc import Callable
from functools import cache

import pytest
from fastapi import FastAPI
from review_client import BOTH, MakeReview, Review
from starlette.types import ASGIApp, Message, Scope
from web_client import HTML, Browser

from horde_model_reference.service.web.pages import parts

REFUSAL = "This form was not made for your present session"
_EXAMPLES = {"category": "esrgan", "name": "Upscale_x2"}


def _example(path: str) -> str:
    return re.sub(r"\{([^}]+)\}", lambda found: _EXAMPLES.get(found[1], "1"), path)


@cache
def form_routes() -> list[tuple[str, str]]:
    """Return method and example path of every route of every part that may change something."""
    pages = FastAPI()
    for part in parts():
        pages.include_router(part.router)
    return sorted(
        (method.upper(), _example(path))
        for path, operations in pages.openapi()["paths"].items()
        for method in operations
        if method != "get"
    )


@pytest.fixture
def browser(review: Review) -> Browser:
    review.propose()
    browser = Browser(review.client)
    browser.sign_in(BOTH)
    return browser


def test_there_are_forms_to_look_at() -> None:
    assert ("POST", "/sign-in") in form_routes()
    assert ("POST", "/sign-out") in form_routes()


Sending = Callable[[Browser, Browser], tuple[dict[str, str], dict[str, str]]]
"""Makes form fields and headers for a browser, given that of somebody else."""

FOREIGN: dict[str, Sending] = {
    "without a token": lambda _own, _other: ({}, {}),
    "with an empty token": lambda _own, _other: ({"csrf_token": ""}, {}),
    "with a made-up token": lambda _own, _other: ({"csrf_token": "x" * 43}, {}),
    "with a token that is no text of ours": lambda _own, _other: ({"csrf_token": "ü\0"}, {}),
    "with the token of another session": lambda _own, other: ({"csrf_token": other.token()}, {}),
    "with another's token in the header": lambda _own, other: ({}, {"x-csrf-token": other.token()}),
    "from another site": lambda own, _other: (
        {"csrf_token": own.token()},
        {"origin": "https://evil.example"},
    ),
    "from a page without an origin": lambda own, _other: ({"csrf_token": own.token()}, {"origin": "null"}),
    "from what is no origin": lambda own, _other: ({"csrf_token": own.token()}, {"origin": "http://["}),
    "from somebody of this name": lambda own, _other: (
        {"csrf_token": own.token()},
        {"origin": "http://evil@testserver"},
    ),
    "from another port": lambda own, _other: (
        {"csrf_token": own.token()},
        {"origin": "http://testserver:8080"},
    ),
    "as a browser says, from elsewhere": lambda own, _other: (
        {"csrf_token": own.token()},
        {"sec-fetch-site": "cross-site"},
    ),
    "as a browser says, from a neighbour": lambda own, _other: (
        {"csrf_token": own.token()},
        {"sec-fetch-site": "same-site"},
    ),
}


@pytest.mark.parametrize("sending", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_form_is_refused_everywhere(browser: Browser, review: Review, sending: Sending) -> None:
    fields, headers = sending(browser, Browser(review.client))

    for method, path in form_routes():
        answer = browser.client.request(method, path, data=fields, headers=HTML | headers)

        assert answer.status_code == 403, (method, path)
        assert REFUSAL in answer.text, (method, path)
    assert "Both#2002" in browser.get("/sign-in").text
    assert review.queue("/changes/1").json()["status"] == "pending"


def test_a_form_without_any_cookie_is_refused_everywhere(browser: Browser, review: Review) -> None:
    token = browser.token()
    nobody = Browser(review.client)

    for method, path in form_routes():
        answer = nobody.client.request(method, path, data={"csrf_token": token}, headers=HTML)

        assert (answer.status_code, REFUSAL in answer.text) == (403, True), (method, path)


@pytest.mark.parametrize(("method", "path"), form_routes())
def test_a_form_of_ones_own_is_taken(browser: Browser, method: str, path: str) -> None:
    headers = HTML | {"origin": "http://testserver", "sec-fetch-site": "same-origin"}

    answer = browser.client.request(method, path, data={"csrf_token": browser.token()}, headers=headers)

    assert REFUSAL not in answer.text
    assert answer.status_code < 500


def test_scripts_send_the_token_in_a_header(browser: Browser) -> None:
    answer = browser.client.post("/sign-out", headers=HTML | {"x-csrf-token": browser.token()})

    assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [{}, {"sec-fetch-site": "none"}, {"sec-fetch-site": "same-origin"}, {"origin": "HTTP://TESTSERVER"}],
)
def test_whatever_a_browser_says_of_a_page_of_ours_is_fine(browser: Browser, headers: dict[str, str]) -> None:
    answer = browser.client.post("/sign-out", data={"csrf_token": browser.token()}, headers=HTML | headers)

    assert answer.status_code == 303


def test_no_two_tokens_are_the_same_and_each_is_good(browser: Browser) -> None:
    tokens = {browser.token() for _ in range(5)}

    assert len(tokens) == 5
    for token in tokens:
        fields = {"csrf_token": token, "text": "said"}
        assert browser.client.post("/queue/1/comment", data=fields, headers=HTML).status_code == 303


def test_whoever_has_not_signed_in_has_a_token_of_their_own_too(review: Review) -> None:
    """Else somebody could sign others in under a name that is not theirs."""
    own, other = Browser(review.client), Browser(review.client)
    own.get("/sign-in")

    fields = {"csrf_token": other.token(), "key": BOTH}
    answer = own.client.post("/sign-in", data=fields, headers=HTML)

    assert answer.status_code == 403
    assert "Both#2002" not in own.get("/sign-in").text


def test_a_token_of_before_the_sign_in_is_worth_nothing_after_it(review: Review) -> None:
    browser = Browser(review.client)
    token = browser.token()
    browser.sign_in(BOTH)

    answer = browser.client.post("/sign-out", data={"csrf_token": token}, headers=HTML)

    assert answer.status_code == 403
    assert "Both#2002" in browser.get("/sign-in").text


def test_every_form_that_changes_something_carries_a_token(browser: Browser) -> None:
    for path in (
        "/",
        "/sign-in",
        "/queue",
        "/queue/1",
        "/my-changes",
        "/propose/esrgan",
        "/propose/esrgan/Upscale_x2",
    ):
        forms = re.findall(r"<form[^>]*method=.post.*?</form>", browser.get(path).text, re.DOTALL)

        assert forms, path
        assert all('name="csrf_token"' in form for form in forms), path


def test_a_replica_takes_no_forms(make_review: MakeReview) -> None:
    client = make_review(replicate_mode="REPLICA", offline=True).client

    for method, path in form_routes():
        assert client.request(method, path, headers=HTML).status_code in {403, 404, 405, 503}


_MULTIPART = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\\ud800\r\n--x--\r\n'
NO_FORMS: dict[str, tuple[bytes, str, int]] = {
    "no UTF-8": (b"name=%ff%fe", "application/x-www-form-urlencoded", 400),
    "no ASCII": (b"name=\xff", "application/x-www-form-urlencoded", 400),
    "very many inputs": (b"a=1&" * 20_000, "application/x-www-form-urlencoded", 413),
    "multipart": (_MULTIPART, "multipart/form-data; boundary=x", 415),
    "multipart in an odd coding": (
        _MULTIPART,
        "multipart/form-data; boundary=x; charset=unicode_escape",
        415,
    ),
    "JSON": (b"{}", "application/json", 415),
    "huge": (b"name=" + b"x" * 5_000_000, "application/x-www-form-urlencoded", 413),
}


@pytest.mark.parametrize(("body", "kind", "status"), NO_FORMS.values(), ids=NO_FORMS)
def test_what_is_no_form_is_refused(browser: Browser, body: bytes, kind: str, status: int) -> None:
    headers = HTML | {"content-type": kind}

    for method, path in form_routes():
        answer = browser.client.request(method, path, content=body, headers=headers)

        assert answer.status_code == status, path


def test_a_form_that_goes_on_beyond_the_limit_is_no_failure_of_ours(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    headers = HTML | {"content-type": "application/x-www-form-urlencoded"}

    for method, path in form_routes():
        endless = (b"name=" + b"x" * 100_000 for _ in range(20))
        assert browser.client.request(method, path, content=endless, headers=headers).status_code == 413

    assert "unhandled" not in caplog.text


def test_a_form_that_nobody_waits_for_any_more_is_no_failure_of_ours(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    for method, path in form_routes():
        asyncio.run(_hang_up(browser.client.app, method, path))

    assert "unhandled" not in caplog.text


async def _hang_up(app: ASGIApp, method: str, path: str) -> None:
    """Send a part of a form and be gone."""
    headers = [(b"host", b"testserver"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "server": ("testserver", 80),
    }
    messages: list[Message] = [
        {"type": "http.request", "body": b"name=", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(_message: Message) -> None:
        """Let nobody read the answer."""

    await app(scope, receive, send)
