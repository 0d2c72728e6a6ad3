"""Signing in with a key of the AI-Horde: once, for a time, and revocably."""

import logging
import re
from hashlib import sha256
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote

import pytest
from ai_horde_stub import AIHordeStub, failing
from httpx2 import Response
from itsdangerous import TimestampSigner
from review_client import APPROVER, REQUESTOR, STRANGER, MakeReview, Review
from web_client import Browser

from horde_model_reference.service.web.local_path import local_path
from horde_model_reference.store.engine import create_engine

SESSION = "hmr_session"


def set_cookie(answer: Response) -> SimpleCookie:
    cookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        cookie.load(header)
    return cookie


def test_somebody_with_a_key_is_signed_in_and_led_back(browser: Browser) -> None:
    answer = browser.sign_in(REQUESTOR, return_to="/models/esrgan?sort=name")

    assert (answer.status_code, answer.headers["location"]) == (303, "/models/esrgan?sort=name")
    assert "Req#1001" in browser.get("/").text
    assert "Req#1001" in browser.get("/sign-in").text


def test_a_key_is_asked_about_once(browser: Browser, people: AIHordeStub) -> None:
    browser.sign_in(REQUESTOR)
    people.trouble = failing(500)

    for _ in range(3):
        assert "Req#1001" in browser.get("/sign-in").text


def test_no_cache_keeps_an_answer_with_a_cookie(browser: Browser) -> None:
    first = browser.get("/sign-in")
    signed_in = browser.sign_in(REQUESTOR)
    signed_out = browser.post("/sign-out")

    for answer in (first, signed_in, signed_out):
        assert "set-cookie" in answer.headers
        assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize("key", ["bogus", "", " ", "x" * 5000, "schlüssel", "a\r\nb", "\0"])
def test_a_key_of_nobody_signs_nobody_in(browser: Browser, key: str) -> None:
    answer = browser.sign_in(key)

    assert answer.status_code == 403
    assert "knows no user with this key" in answer.text
    assert "Sign out" not in browser.get("/").text


def test_who_tries_too_many_keys_has_to_wait(make_review: MakeReview) -> None:
    browser = Browser(make_review(sessions={"failed_tries_per_minute": 2}).client)
    browser.sign_in("wrong-1")
    browser.sign_in("wrong-2")

    answer = browser.sign_in(REQUESTOR)

    assert answer.status_code == 429
    told = re.search(r"Try again in (\d+) seconds", answer.text)
    assert told is not None
    assert answer.headers["retry-after"] == told[1]


def test_tries_at_all_workers_count(make_review: MakeReview) -> None:
    one, other = (Browser(make_review(sessions={"failed_tries_per_minute": 2}).client) for _ in range(2))
    one.sign_in("wrong-1")
    other.sign_in("wrong-2")

    assert [browser.sign_in(REQUESTOR).status_code for browser in (one, other)] == [429, 429]


def test_where_nobody_can_tell_no_try_has_failed(make_review: MakeReview, people: AIHordeStub) -> None:
    browser = Browser(make_review(sessions={"failed_tries_per_minute": 1}).client)
    people.trouble = failing(500)
    assert browser.sign_in(REQUESTOR).status_code == 503

    people.trouble = None

    assert browser.sign_in(REQUESTOR).status_code == 303


def test_keys_of_somebody_are_no_failed_tries(make_review: MakeReview) -> None:
    browser = Browser(make_review(sessions={"failed_tries_per_minute": 1}).client)

    assert [browser.sign_in(REQUESTOR).status_code for _ in range(3)] == [303, 303, 303]


def test_where_the_ai_horde_can_not_be_asked_the_page_says_so(browser: Browser, people: AIHordeStub) -> None:
    people.trouble = failing(500)

    answer = browser.sign_in(REQUESTOR)

    assert answer.status_code == 503
    assert "answers 500" in answer.text
    assert 'action="/sign-in"' in answer.text


def test_a_pasted_key_may_have_spaces_around_it(browser: Browser) -> None:
    assert browser.sign_in(f" {REQUESTOR}\n").status_code == 303


@pytest.mark.parametrize("key", [REQUESTOR, "bogus-but-secret"])
def test_a_key_is_neither_kept_nor_shown_nor_logged(
    make_review: MakeReview, key: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    review = make_review()
    browser = Browser(review.client)

    answer = browser.sign_in(key)

    pages = [browser.get(path).text for path in ("/", "/sign-in", "/sign-in?return_to=/x")]
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert key not in answer.text + str(answer.headers) + "".join(pages)
    assert key not in caplog.text
    assert files
    assert not any(key.encode() in content for content in files)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    cookie = set_cookie(browser.sign_in(REQUESTOR))[SESSION]

    assert cookie["httponly"] is True
    assert cookie["samesite"].lower() == "lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert int(cookie["max-age"]) == 604_800
    assert not cookie["secure"]


def test_over_https_the_cookie_is_sent_over_https_only(review: Review) -> None:
    browser = Browser(review.client, base_url="https://testserver")

    cookie = set_cookie(browser.sign_in(REQUESTOR))[f"__Host-{SESSION}"]

    assert cookie["secure"] is True
    assert "Req#1001" in browser.get("/sign-in").text


def test_a_cookie_that_was_given_over_http_is_none_over_https(review: Review) -> None:
    plain, safe = Browser(review.client), Browser(review.client, base_url="https://testserver")
    plain.sign_in(REQUESTOR)

    answer = safe.get("/sign-in", cookie=f"{SESSION}={plain.cookies[SESSION]}")

    assert "Req#1001" not in answer.text


def test_a_deployment_may_insist_on_a_secure_cookie(make_review: MakeReview) -> None:
    browser = Browser(make_review(sessions={"secure_cookie": True}).client)

    assert set_cookie(browser.get("/sign-in"))[f"__Host-{SESSION}"]["secure"] is True


def test_an_id_from_before_the_sign_in_is_worth_nothing_after_it(review: Review) -> None:
    """Whoever plants a cookie in a browser isn't signed in when its owner signs in."""
    planted = Browser(review.client)
    planted.get("/sign-in")
    victim = Browser(review.client)
    victim.client.cookies.set(SESSION, planted.cookies[SESSION], domain="testserver.local", path="/")

    victim.sign_in(REQUESTOR)

    assert "Req#1001" in victim.get("/sign-in").text
    assert victim.cookies[SESSION] != planted.cookies[SESSION]
    assert "Req#1001" not in planted.get("/sign-in").text


def test_signing_in_again_ends_the_session_before(review: Review) -> None:
    browser, copy = Browser(review.client), Browser(review.client)
    browser.sign_in(REQUESTOR)
    copy.client.cookies.set(SESSION, browser.cookies[SESSION])

    browser.post("/sign-in", {"key": APPROVER})

    assert "Appr#2003" in browser.get("/sign-in").text
    assert "Req#1001" not in copy.get("/sign-in").text


@pytest.mark.parametrize(
    "change", ["", "x", "{cookie}x", "x{cookie}", "{id}", "{id}.{id}.{id}", "{cookie}.", "ü"]
)
def test_a_cookie_that_was_tampered_with_is_nobodys(browser: Browser, change: str) -> None:
    browser.sign_in(REQUESTOR)
    cookie = browser.cookies[SESSION]
    altered = change.format(cookie=cookie, id=cookie.split(".")[0])
    browser.client.cookies.clear()

    headers = {b"accept": b"text/html", b"cookie": f"{SESSION}={altered}".encode()}
    answer = browser.client.get("/sign-in", headers=headers)

    assert answer.status_code == 200
    assert "Req#1001" not in answer.text


class _OtherClock(TimestampSigner):
    """Signs as a machine does whose clock goes otherwise."""

    seconds_ahead: int

    def get_timestamp(self) -> int:
        return super().get_timestamp() + self.seconds_ahead


@pytest.mark.parametrize(("seconds_ahead", "is_good"), [(90, True), (-90, True), (-604_900, False)])
def test_a_cookie_of_a_machine_with_another_clock_is_good_until_it_is_too_old(
    make_review: MakeReview, seconds_ahead: int, is_good: bool
) -> None:
    secret = "a secret of more than 32 characters"
    browser = Browser(make_review(sessions={"secret": secret}).client)
    browser.sign_in(REQUESTOR)
    signer = _OtherClock(secret, salt="session cookie", digest_method=sha256)
    signer.seconds_ahead = 0
    session_id = signer.unsign(browser.cookies[SESSION])
    browser.client.cookies.clear()

    signer.seconds_ahead = seconds_ahead
    browser.client.cookies.set(SESSION, signer.sign(session_id).decode())

    assert ("Req#1001" in browser.get("/sign-in").text) is is_good


def test_signing_out_ends_the_session_for_good(review: Review) -> None:
    browser, copy = Browser(review.client), Browser(review.client)
    browser.sign_in(REQUESTOR)
    copy.client.cookies.set(SESSION, browser.cookies[SESSION])

    answer = browser.post("/sign-out")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert set_cookie(answer)[SESSION]["max-age"] == "0"
    assert "Req#1001" not in copy.get("/sign-in").text


def test_signing_out_everywhere_ends_all_sessions_of_the_person(review: Review) -> None:
    here, there, other = (Browser(review.client) for _ in range(3))
    here.sign_in(REQUESTOR)
    there.sign_in(REQUESTOR)
    other.sign_in(APPROVER)

    assert here.post("/sign-out/everywhere").status_code == 303

    assert "Req#1001" not in here.get("/sign-in").text
    assert "Req#1001" not in there.get("/sign-in").text
    assert "Appr#2003" in other.get("/sign-in").text


def test_people_see_which_of_their_sessions_is_this_one(review: Review) -> None:
    here, there = Browser(review.client), Browser(review.client)
    there.sign_in(REQUESTOR)
    here.sign_in(REQUESTOR)

    page = here.get("/sign-in").text

    assert page.count("this browser") == 1
    assert page.index("this browser") > page.index("Last used")
    assert page.count("<tr>") == 3


def test_a_session_outlives_a_restart_and_another_worker_knows_it(make_review: MakeReview) -> None:
    browser = Browser(make_review().client)
    browser.sign_in(REQUESTOR)

    other_worker = Browser(make_review().client)
    other_worker.client.cookies.set(SESSION, browser.cookies[SESSION])

    assert "Req#1001" in other_worker.get("/sign-in").text
    assert other_worker.post("/sign-out").status_code == 303
    assert "Req#1001" not in browser.get("/sign-in").text


def test_another_secret_signs_everybody_out(make_review: MakeReview) -> None:
    browser = Browser(make_review(sessions={"secret": "a" * 32}).client)
    browser.sign_in(REQUESTOR)

    other = Browser(make_review(sessions={"secret": "b" * 32}).client)
    other.client.cookies.set(SESSION, browser.cookies[SESSION])

    assert "Req#1001" not in other.get("/sign-in").text


def test_roles_are_those_of_the_moment(make_review: MakeReview) -> None:
    before = Browser(make_review().client)
    before.sign_in(APPROVER)
    assert "decide on those of others" in before.get("/sign-in").text

    after = Browser(make_review(pending_queue={"approver_ids": []}).client)
    after.client.cookies.set(SESSION, before.cookies[SESSION])

    assert "decide" not in after.get("/sign-in").text


@pytest.mark.parametrize(
    "aged", ["seen_at = seen_at - 43201", "started_at = started_at - 604801", "username = username"]
)
def test_an_old_session_is_over(browser: Browser, tmp_path: Path, aged: str) -> None:
    browser.sign_in(REQUESTOR)
    engine = create_engine(tmp_path / "registry.sqlite3")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE web_sessions SET {aged}")
    engine.dispose()

    assert ("Req#1001" in browser.get("/sign-in").text) is (aged == "username = username")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "evil.example",
        "http:evil.example",
        "https:/evil.example",
        "/x\r\nSet-Cookie: a=b",
        "/ü",
        "",
    ],
)
def test_nobody_is_led_to_another_site(browser: Browser, elsewhere: str) -> None:
    assert browser.sign_in(REQUESTOR, return_to=elsewhere).headers["location"] == "/"
    page = browser.get(f"/sign-in?return_to={quote(elsewhere)}").text
    assert "evil" not in page
    assert local_path(elsewhere) == "/"


@pytest.mark.parametrize(
    "path",
    [
        "/propose/image_generation/Deliberate%203D%20%28v2%29?as=edit",
        "/propose/text_generation/acme/N%C3%A4me%2Bone%3F%23%25",
        "/queue?model=%C3%A4%20b&by=x",
    ],
)
def test_after_signing_in_people_are_where_they_wanted_to_be(browser: Browser, path: str) -> None:
    asked = browser.get(path)

    page = browser.get(asked.headers["location"]).text

    return_to = unescape(re.findall(r'name="return_to" value="([^"]*)"', page)[0])
    assert return_to == path
    assert browser.sign_in(REQUESTOR, return_to).headers["location"] == path


@pytest.mark.parametrize(
    ("referer", "return_to"),
    [
        ("http://testserver/queue/1?view=unified", "/queue/1?view=unified"),
        ("http://[", "/"),
        ("http://evil.example//evil.example/x", "/"),
        ("//evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http://testserver/\\evil.example", "/"),
    ],
)
def test_whoever_has_to_sign_in_first_is_led_back_within_the_site(
    browser: Browser, referer: str, return_to: str
) -> None:
    answer = browser.post("/queue/1/approve", headers={"referer": referer})

    assert answer.status_code == 403
    assert f'name="return_to" value="{return_to}"' in answer.text


@pytest.mark.parametrize("path", ["/", "/queue/3", "/models/a/b%20c?d=e&f=//g", "/a//b"])
def test_people_are_led_back_within_the_site(path: str) -> None:
    assert local_path(path) == path


def test_what_stands_in_return_to_is_shown_escaped(browser: Browser) -> None:
    page = browser.get('/sign-in?return_to=/"><script>alert(1)</script>').text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_nobody_keeps_pages_of_people_who_are_signed_in(browser: Browser) -> None:
    browser.sign_in(REQUESTOR)

    for path in ("/", "/sign-in"):
        assert browser.get(path).headers["cache-control"] == "private, no-store"


def test_a_replica_has_no_sign_in(make_review: MakeReview) -> None:
    browser = Browser(make_review(replicate_mode="REPLICA", offline=True).client)

    assert browser.get("/sign-in").status_code == 404
    assert "Sign in" not in browser.get("/").text
    assert (
        browser.client.post("/sign-in", data={"key": "x"}, headers={"accept": "text/html"}).status_code == 404
    )


def test_reading_goes_on_where_the_database_can_not_be_asked(browser: Browser, tmp_path: Path) -> None:
    browser.sign_in(STRANGER)
    engine = create_engine(tmp_path / "registry.sqlite3")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE web_sessions")
    engine.dispose()

    assert browser.get("/").status_code == 200
