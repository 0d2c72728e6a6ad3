"""What every page has in common, and what goes to the pages and what to the API."""

import re

import pytest
from api_client import ALLOWED_ORIGIN, MakeClient
from starlette.testclient import TestClient

from horde_model_reference.service.web.beside_api import API_PARTS, PAGE_PARTS

AS_BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_a_browser_sees_the_start_page_at_the_root(client: TestClient) -> None:
    answer = client.get("/", headers=AS_BROWSER)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "accept" in answer.headers["vary"].lower()


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.5"])
@pytest.mark.parametrize("path", ["/", "/api", "/api/"])
def test_a_program_sees_the_greeting_at_the_root(client: TestClient, path: str, accept: str) -> None:
    answer = client.get(path, headers={"Accept": accept}, follow_redirects=True)

    assert "/api/docs" in answer.json()["message"]


def test_a_browser_under_api_sees_the_api(client: TestClient) -> None:
    assert client.get("/api/", headers=AS_BROWSER).headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/model_references/v2/nothing", "/heartbeat", "/api/models/x", "/api/no"])
def test_addresses_of_the_api_answer_json_to_browsers_too(client: TestClient, path: str) -> None:
    assert client.get(path, headers=AS_BROWSER).headers["content-type"] == "application/json"


def test_no_address_of_the_api_is_taken_for_a_page(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    parts = {path.split("/")[1] for path in paths}

    assert parts - {""} <= API_PARTS
    assert not API_PARTS & PAGE_PARTS


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/nothing", "GET", 404), ("/static/x", "POST", 405), ("/", "DELETE", 405)]
)
def test_an_error_is_a_page_for_people(client: TestClient, path: str, method: str, status: int) -> None:
    answer = client.request(method, path, headers=AS_BROWSER)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "<h1>" in answer.text


def test_an_error_is_json_for_programs(client: TestClient) -> None:
    answer = client.get("/models/nothing/at/all")

    assert answer.status_code == 404
    assert list(answer.json()) == ["detail"]


def test_an_unknown_address_is_shown_escaped(client: TestClient) -> None:
    answer = client.get("/<script>alert(1)</script>", headers=AS_BROWSER)

    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text


@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_a_page_lets_nothing_in_from_elsewhere(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=AS_BROWSER)

    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]* src=)", answer.text)


def test_no_other_site_may_read_a_page(client: TestClient) -> None:
    answer = client.get("/", headers=AS_BROWSER | {"Origin": ALLOWED_ORIGIN})

    assert "access-control-allow-origin" not in answer.headers


def test_a_page_is_asked_for_again_only_when_it_changed(client: TestClient) -> None:
    first = client.get("/", headers=AS_BROWSER)

    second = client.get("/", headers=AS_BROWSER | {"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "public, no-cache"
    assert second.status_code == 304
    assert second.content == b""


def test_a_page_for_somebody_with_a_session_is_kept_by_nobody(client: TestClient) -> None:
    answer = client.get("/", headers=AS_BROWSER | {"Cookie": "hmr_session=x"})

    assert answer.headers["cache-control"] == "private, no-store"
    assert "etag" not in answer.headers


def test_head_says_what_get_would(client: TestClient) -> None:
    asked, known = client.head("/", headers=AS_BROWSER), client.get("/", headers=AS_BROWSER)

    assert asked.content == b""
    assert asked.headers == known.headers


def test_style_and_script_are_kept_for_ever_under_an_address_of_their_content(client: TestClient) -> None:
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/", headers=AS_BROWSER).text)

    answers = [client.get(address) for address in addresses]

    assert {address.rpartition(".")[2] for address in addresses} == {"css", "js", "svg"}
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["cache-control"] for answer in answers} == {"public, max-age=31536000, immutable"}


@pytest.mark.parametrize("name", ["site.css", "site.000000000000.css", "..%2Fsite.css", "%2e%2e/base.html"])
def test_other_files_are_not_there(client: TestClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_a_replica_shows_pages_too(make_client: MakeClient) -> None:
    replica = make_client(replicate_mode="REPLICA", offline=True)

    assert replica.get("/", headers=AS_BROWSER).status_code == 200
