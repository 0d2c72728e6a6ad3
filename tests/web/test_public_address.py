"""Addresses in answers begin with the public one; without one, with what the request says."""

import re

import pytest
from api_client import MakeClient
from review_client import REQUESTOR, MakeReview
from starlette.testclient import TestClient
from web_client import Browser

PUBLIC = "https://models.example"
FOREIGN = {"host": "evil.example", "x-forwarded-proto": "http", "x-forwarded-host": "evil.example"}
MODEL = "/models/clip/ViT-L%2F14"
FEED = "/feed.atom"
REDIRECT = "/api/heartbeat/"
WITH_ADDRESSES = (MODEL, FEED, REDIRECT)


def everything(client: TestClient, path: str, **headers: str) -> str:
    """Return what a request brings, head and body."""
    answer = client.get(path, headers={"accept": "text/html", **headers})
    assert answer.status_code in {200, 307}
    return f"{answer.headers}\n{answer.text}"


@pytest.mark.parametrize("path", WITH_ADDRESSES)
def test_addresses_begin_with_the_public_one_whatever_the_host(make_client: MakeClient, path: str) -> None:
    client = make_client(public_url=PUBLIC)

    answer = everything(client, path, **FOREIGN)

    assert f"{PUBLIC}/" in answer
    assert "evil" not in answer
    assert answer == everything(client, path)


@pytest.mark.parametrize("path", WITH_ADDRESSES)
def test_without_a_public_address_caches_are_told_that_the_host_matters(
    client: TestClient, path: str
) -> None:
    answer = client.get(path, headers={"host": "here.example"})

    assert "http://here.example/" in f"{answer.headers}\n{answer.text}"
    assert "Host" in answer.headers["vary"].split(", ")


@pytest.mark.parametrize("path", [*WITH_ADDRESSES, "/models/clip", "/api/model_references/v2/clip"])
def test_answers_that_are_alike_for_all_hosts_do_not_vary_by_it(make_client: MakeClient, path: str) -> None:
    assert "Host" not in make_client(public_url=PUBLIC).get(path).headers["vary"]


@pytest.mark.parametrize("path", ["/models/clip", "/api/model_references/v2/clip", "/text"])
def test_answers_without_whole_addresses_are_alike_for_all_hosts(client: TestClient, path: str) -> None:
    answer = everything(client, path, **FOREIGN)

    assert answer == everything(client, path)
    assert "Host" not in client.get(path, headers={"accept": "text/html"}).headers["vary"].split(", ")


def test_the_examples_of_a_model_ask_this_registry(make_client: MakeClient) -> None:
    page = everything(make_client(public_url=PUBLIC), MODEL)

    assert f"curl -L {PUBLIC}/api/model_references/v2/clip/model/ViT-L%2F14" in page
    assert len(re.findall(rf"PRIMARY_API_URL\S* ?=.*?{PUBLIC}/api", page)) == 2


def test_the_examples_of_the_public_registry_need_no_setting(make_client: MakeClient) -> None:
    page = everything(make_client(public_url="https://models.aihorde.net"), MODEL)

    assert "curl -L https://models.aihorde.net/api/" in page
    assert "PRIMARY_API_URL" not in page


def test_the_description_of_the_api_names_the_public_address(make_client: MakeClient) -> None:
    client = make_client(public_url=PUBLIC)

    servers = [server["url"] for server in client.get("/api/openapi.json").json()["servers"]]

    assert servers == ["/api", f"{PUBLIC}/api"]
    assert f"connect-src 'self' {PUBLIC};" in client.get("/api/docs").headers["content-security-policy"]


def test_cookies_are_secure_where_the_public_address_is(make_review: MakeReview) -> None:
    # The proxy in front speaks https with the browser, and http with the registry.
    browser = Browser(make_review(public_url=PUBLIC).client, base_url="https://models.example")

    answer = browser.sign_in(REQUESTOR)

    assert answer.headers["set-cookie"].startswith("__Host-hmr_session=")
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("origin", [PUBLIC, "https://MODELS.example", "http://testserver"])
def test_forms_are_taken_from_the_public_address_and_from_where_they_were_sent_to(
    make_review: MakeReview, origin: str
) -> None:
    browser = Browser(make_review(public_url=PUBLIC, sessions={"secure_cookie": False}).client)

    assert browser.sign_in(REQUESTOR, headers={"origin": origin}).status_code == 303


@pytest.mark.parametrize("origin", ["https://evil.example", "https://models.example.evil", "null"])
def test_forms_from_elsewhere_are_refused_as_ever(make_review: MakeReview, origin: str) -> None:
    browser = Browser(make_review(public_url=PUBLIC, sessions={"secure_cookie": False}).client)

    assert browser.sign_in(REQUESTOR, headers={"origin": origin}).status_code == 403
