"""Bodies that are meant to do harm: refused, and the service answers as before afterwards (spec 21)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from postgres_server import PostgresServer
from review_client import APPROVER, BOTH, REQUESTOR, UPSCALER, V1, V2, MakeReview, Review

LIMIT = 1024 * 1024

HOSTILE = {
    "nan": b'{"name": "A", "size_on_disk_bytes": NaN}',
    "infinity": b'{"name": "A", "size_on_disk_bytes": -Infinity}',
    "overflowing float": b'{"name": "A", "size_on_disk_bytes": 1e999}',
    "lone surrogate": b'{"name": "A", "description": "\\ud800"}',
    "lone surrogate in a name": b'{"name": "\\udfff"}',
    "lone surrogate in a key": b'{"name": "A", "\\ud800": 1}',
    "nul in a name": b'{"name": "A\\u0000"}',
    "nul in a text": b'{"name": "A", "description": "\\u0000"}',
    "huge integer": b'{"name": "A", "size_on_disk_bytes": ' + b"9" * 5000 + b"}",
    "integer beyond 64 bits": b'{"name": "A", "size_on_disk_bytes": 18446744073709551616}',
    "deep list": b'{"name": "A", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep object": b'{"name": "A", "x": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    "invalid UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "A"}'.encode("utf-16"),
    "half a document": b'{"name": "A"',
    "two documents": b'{"name": "A"}{"name": "B"}',
    "a repeated key": b'{"name": "A", "name": "B"}',
    "no object": b"[1, 2]",
    "a number": b"5",
    "null": b"null",
    "nothing": b"",
    "control characters": b'{"name": "A\\u001b[2J"}',
    "a name that turns around": '{"name": "A\u202e"}'.encode(),
}
ROUTES = [
    ("POST", f"{V2}/esrgan", REQUESTOR),
    ("POST", f"{V2}/esrgan/add", REQUESTOR),
    ("PUT", f"{V2}/esrgan/model/A", REQUESTOR),
    ("POST", f"{V2}/pending_queue/batches", APPROVER),
    ("POST", f"{V2}/pending_queue/apply", APPROVER),
    ("POST", f"{V2}/pending_queue/changes/1/comments", REQUESTOR),
]

LICENSING_ROUTES = [
    ("POST", f"{V2}/licensing/licenses", BOTH),
    ("PUT", f"{V2}/licensing/licenses/MIT", BOTH),
    ("POST", f"{V2}/licensing/assets", BOTH),
    ("PUT", f"{V2}/licensing/assets/software_component/comfyui", BOTH),
]
LEGACY_ROUTES = [
    ("POST", f"{V1}/esrgan", REQUESTOR),
    ("PUT", f"{V1}/esrgan", REQUESTOR),
    ("POST", f"{V1}/text_generation", REQUESTOR),
    ("PUT", f"{V1}/esrgan/model/{UPSCALER}/metadata", APPROVER),
]


def raw(review: Review, method: str, path: str, content: bytes | Iterator[bytes], **headers: str) -> Any:
    sent = {"content-type": "application/json", **headers}
    return review.client.request(method, path, content=content, headers=sent)


def answers(review: Review, routes: list[tuple[str, str, str]]) -> dict[tuple[str, str], int]:
    """Return the status of each hostile body on each route that was not refused."""
    found = {
        (what, path): raw(review, method, path, content, apikey=key).status_code
        for what, content in HOSTILE.items()
        for method, path, key in routes
    }
    return {case: status for case, status in found.items() if not 400 <= status < 500}


def test_hostile_bodies_are_refused_by_every_route_and_leave_nothing(review: Review) -> None:
    assert answers(review, ROUTES) == {}

    assert review.queue("/changes").json()["total"] == 0
    assert review.propose("Good") == 1


def test_hostile_bodies_and_queries_are_refused_on_postgresql(
    make_review: MakeReview, postgres: PostgresServer
) -> None:
    review = make_review(database_url=postgres.new_database())

    assert answers(review, ROUTES) == {}

    assert review.queue("/changes?model_name=%00").status_code == 422
    assert review.send("DELETE", f"{V2}/esrgan/model/a%00b").status_code == 422
    review.write("Good")
    assert review.get(f"{V2}/esrgan/model/Good").status_code == 200
    assert review.queue("/audit/batches/1/net_changes").json()["models_added"] == 1


def test_hostile_bodies_about_licences_are_refused_and_leave_nothing(any_registry: Review) -> None:
    before = any_registry.get(f"{V2}/licensing/export").content

    assert answers(any_registry, LICENSING_ROUTES) == {}

    paths = ("licenses/a%00b", "assets/other/a%00b", f"assets/other/{'x' * 5000}", "licenses/%ED%A0%80")
    statuses = [any_registry.send("DELETE", f"{V2}/licensing/{path}", key=BOTH).status_code for path in paths]
    assert set(statuses) == {404}
    assert any_registry.get(f"{V2}/licensing/models/esrgan/a%00b").status_code == 404
    assert any_registry.get(f"{V2}/licensing/export").content == before


def test_hostile_legacy_bodies_are_refused_and_leave_nothing(legacy_review: Review) -> None:
    before = legacy_review.get(f"{V1}/esrgan").content

    assert answers(legacy_review, LEGACY_ROUTES) == {}

    assert legacy_review.get(f"{V1}/esrgan").content == before
    assert legacy_review.queue("/changes").json()["total"] == 0


def test_a_refused_body_is_told_as_a_list(review: Review) -> None:
    answer = raw(review, "POST", f"{V2}/esrgan", HOSTILE["nan"], apikey=REQUESTOR)

    (problem,) = answer.json()["detail"]
    assert (answer.status_code, problem["type"], problem["loc"][0]) == (422, "json_invalid", "body")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", ""])
def test_a_body_of_another_type_is_refused(review: Review, content_type: str) -> None:
    headers = {"apikey": REQUESTOR, "content-type": content_type}

    answer = raw(review, "POST", f"{V2}/esrgan", b'{"name": "A"}', **headers)

    assert answer.status_code == 422


def test_a_body_over_the_limit_is_refused_before_anybody_is_asked(review: Review, people: Any) -> None:
    content = json.dumps({"name": "A", "description": "x" * LIMIT}).encode()

    answers = [
        raw(review, "POST", f"{V2}/esrgan", content),
        raw(review, "POST", f"{V2}/esrgan", content, apikey="bogus"),
        raw(review, "POST", f"{V2}/nothing/here", content),
    ]

    assert [answer.status_code for answer in answers] == [413, 413, 413]
    assert people.requests == []


def test_a_body_that_does_not_tell_its_size_is_stopped_at_the_limit(review: Review) -> None:
    given = 0

    def pieces() -> Iterator[bytes]:
        nonlocal given
        yield b'{"name": "A", "description": "'
        for _ in range(100):
            given += LIMIT // 10
            yield b"x" * (LIMIT // 10)

    answer = raw(review, "POST", f"{V2}/esrgan", pieces(), apikey=REQUESTOR)

    assert answer.status_code == 413


def test_the_limit_can_be_set(make_review: MakeReview) -> None:
    review = make_review(max_body_bytes=2048)

    assert review.send("POST", f"{V2}/esrgan", {"name": "A", "description": "x" * 1000}).status_code == 202
    assert review.send("POST", f"{V2}/esrgan", {"name": "B", "description": "x" * 2000}).status_code == 413


def test_a_large_body_within_the_limit_is_taken(review: Review) -> None:
    body = {"name": "A", "description": "x" * 500_000}

    assert review.send("POST", f"{V2}/esrgan", body).status_code == 202
