"""What every answer has in common (spec 10): conditional requests, codings, HEAD, headers, errors."""

import gzip
import json
import re

import pytest
import zstandard
from api_client import ALLOWED_ORIGIN, MakeClient
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from horde_model_reference.service.encodings import CODINGS, chosen_coding
from horde_model_reference.service.ready_answer import parsed_http_date

IMAGES = "/api/model_references/v2/image_generation"


def test_the_tag_of_an_answer_brings_304(client: TestClient) -> None:
    first = client.get(IMAGES)

    second = client.get(IMAGES, headers={"if-none-match": first.headers["etag"]})

    assert second.status_code == 304
    assert second.content == b""
    assert second.headers["etag"] == first.headers["etag"]
    assert not first.headers["etag"].startswith("W/")


@pytest.mark.parametrize("tags", ["*", '"other", {tag}', "W/{tag}", ' {tag} , "x"'])
def test_any_way_to_name_the_tag_brings_304(client: TestClient, tags: str) -> None:
    tag = client.get(IMAGES).headers["etag"]

    assert client.get(IMAGES, headers={"if-none-match": tags.format(tag=tag)}).status_code == 304


def test_an_old_tag_brings_the_body_even_where_the_date_matches(client: TestClient) -> None:
    first = client.get(IMAGES)

    headers = {"if-none-match": '"old"', "if-modified-since": first.headers["last-modified"]}

    assert client.get(IMAGES, headers=headers).status_code == 200


def test_the_date_alone_brings_304(client: TestClient) -> None:
    date = client.get(IMAGES).headers["last-modified"]

    assert client.get(IMAGES, headers={"if-modified-since": date}).status_code == 304
    assert (
        client.get(IMAGES, headers={"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}).status_code == 200
    )


@given(st.text(max_size=60))
def test_a_date_that_is_none_is_ignored(text: str) -> None:
    assert parsed_http_date(text) is None or isinstance(parsed_http_date(text), float)


@pytest.mark.parametrize("coding", list(CODINGS))
def test_a_compressed_body_is_the_same_body(client: TestClient, coding: str) -> None:
    plain = client.get(IMAGES, headers={"accept-encoding": "identity"})

    with client.stream("GET", IMAGES, headers={"accept-encoding": coding}) as answer:
        raw = b"".join(answer.iter_raw())

    unpacked = gzip.decompress(raw) if coding == "gzip" else zstandard.ZstdDecompressor().decompress(raw)
    assert unpacked == plain.content
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["etag"] != plain.headers["etag"]
    assert "accept-encoding" in answer.headers["vary"].lower()


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1, zstd;q=0.5", "gzip"),
        ("zstd;q=0, gzip;q=0", None),
        ("*", "zstd"),
        ("*;q=0", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("gzip;q=nonsense", None),
        ("br", None),
        (",,;;=,gzip", "gzip"),
    ],
)
def test_the_coding_is_what_the_client_likes_best(header: str, chosen: str | None) -> None:
    assert chosen_coding(header, 10_000) == chosen


def test_small_bodies_stay_plain() -> None:
    assert chosen_coding("gzip", 100) is None


def test_head_is_get_without_the_body(client: TestClient) -> None:
    got, headed = client.get(IMAGES), client.head(IMAGES)

    assert headed.status_code == 200
    assert headed.content == b""
    assert {**headed.headers} == {**got.headers}


@pytest.mark.parametrize(
    ("path", "allow"), [("/heartbeat", "GET, HEAD, OPTIONS"), (f"{IMAGES}/model/a/b", "GET, HEAD, OPTIONS")]
)
def test_options_tells_the_methods(client: TestClient, path: str, allow: str) -> None:
    answer = client.options(path)

    assert answer.status_code == 204
    assert set(allow.split(", ")) <= set(answer.headers["allow"].split(", "))


def test_options_of_nothing_is_404(client: TestClient) -> None:
    assert client.options("/api/nothing").status_code == 404


def test_another_method_is_refused_with_the_allowed_ones(client: TestClient) -> None:
    answer = client.patch(IMAGES)

    assert answer.status_code == 405
    assert answer.json() == {"detail": "Method Not Allowed"}
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/heartbeat/", "/api/heartbeat/", f"{IMAGES}/?x=1"])
def test_a_trailing_slash_is_redirected_with_its_query(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 307
    assert answer.headers["location"].endswith(path.replace("/?", "?").rstrip("/"))


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for path in ("/heartbeat", IMAGES, "/api/nothing", "/api/docs", f"{IMAGES}/model/nobody"):
        headers = client.get(path).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["vary"].lower().count("origin") == 1


def test_reads_say_how_long_they_may_be_kept(make_client: MakeClient) -> None:
    client = make_client(http_max_age_seconds=7, http_stale_while_revalidate_seconds=11)

    headers = client.get(IMAGES).headers

    assert headers["cache-control"] == "public, max-age=7, stale-while-revalidate=11"
    assert int(headers["x-registry-serial"]) > 0


def test_what_nobody_handled_is_json_with_cors_headers_and_a_number(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/docs")  # all routes are there now; they would take the place of one that was added before
    app = _application(client)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("on purpose")

    answer = client.get("/broken", headers={"origin": ALLOWED_ORIGIN})

    request_id = answer.headers["x-request-id"]
    assert answer.status_code == 500
    assert request_id in answer.json()["detail"]
    assert "on purpose" not in answer.text
    assert answer.headers["access-control-allow-origin"] == ALLOWED_ORIGIN
    assert [request_id in record.getMessage() for record in caplog.records].count(True) == 1


def test_the_description_names_the_recorded_operations(client: TestClient) -> None:
    description = client.get("/api/openapi.json").json()

    operations = {
        operation["operationId"] for path in description["paths"].values() for operation in path.values()
    }
    assert description["openapi"] == "3.1.0"
    assert {"read_v2_reference", "read_v2_single_model", "read_legacy_reference"} <= operations
    assert {"read_v2_image_generation_all", "read_v2_lora_one", "heartbeat_heartbeat_get"} <= operations


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/api/docs", "/api/redoc"])
def test_the_documentation_pages_point_to_the_description(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.headers["content-type"].startswith("text/html")
    assert f'"{path.rsplit("/", 1)[0]}/openapi.json"' in answer.text.replace("'", '"')


def test_the_heartbeat_is_exactly_what_monitors_know(client: TestClient) -> None:
    assert json.loads(client.get("/api/heartbeat").content) == {
        "status": "ok",
        "ai_horde": {"degraded": False, "consecutive_failures": 0, "seconds_until_retry": None},
    }


def _application(client: TestClient) -> FastAPI:
    """Return the application within the layers around it."""
    app = client.app
    while not isinstance(app, FastAPI):
        app = vars(app)["_app"]
    return app


@pytest.mark.parametrize("path", ["/api/docs", "/redoc"])
def test_the_documentation_pages_take_their_scripts_from_here(client: TestClient, path: str) -> None:
    answer = client.get(path)

    sources = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert len(sources) > 2
    for source in sources:
        assert source == "data:," or client.get(source).status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fcore.py", "core.py"])
def test_the_documentation_has_no_other_files(client: TestClient, name: str) -> None:
    assert client.get(f"/api/docs/{name}").status_code == 404
