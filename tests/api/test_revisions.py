"""What has changed in any category, in one answer."""

from api_client import MakeClient
from starlette.testclient import TestClient

from horde_model_reference.domain.categories import Category

V2 = "/api/model_references/v2"
REVISIONS = f"{V2}/revisions"


def test_it_names_the_entity_tag_of_every_category_that_is_served(client: TestClient) -> None:
    listed = client.get(REVISIONS).json()

    plain = {"Accept-Encoding": "identity"}
    answers = {category: client.get(f"{V2}/{category}", headers=plain) for category in Category}
    served = {category: answer.headers["etag"] for category, answer in answers.items() if answer.is_success}
    assert {category: entry["etag"] for category, entry in listed.items()} == served
    assert "image_generation" in served


def test_revisions_are_serials_that_end_at_that_of_the_registry(client: TestClient) -> None:
    answer = client.get(REVISIONS)

    newest = max(entry["revision"] for entry in answer.json().values())
    assert str(newest) == answer.headers["x-registry-serial"]


def test_who_has_it_is_told_so_in_a_small_answer(client: TestClient) -> None:
    first = client.get(REVISIONS)

    again = client.get(REVISIONS, headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304
    assert again.content == b""
    assert "max-age" in again.headers["cache-control"]


def test_a_change_gives_its_category_another_tag(make_client: MakeClient) -> None:
    empty = make_client(with_records=False, seed="none").get(REVISIONS)
    filled = make_client().get(REVISIONS)

    assert empty.headers["etag"] != filled.headers["etag"]
    assert empty.json().get("clip") != filled.json()["clip"]


def test_it_is_described(client: TestClient) -> None:
    operation = client.get("/api/openapi.json").json()["paths"]["/model_references/v2/revisions"]["get"]

    assert operation["operationId"] == "read_v2_revisions"
    assert "CategoryRevision" in str(operation["responses"]["200"])
