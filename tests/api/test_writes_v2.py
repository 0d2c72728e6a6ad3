"""Proposing changes in the current format (spec 21)."""

from typing import Any

import pytest
from ai_horde_stub import AIHordeStub
from api_client import MakeClient
from review_client import APPROVER, BOTH, QUEUE, STRANGER, UPSCALER, V2, MakeReview, Review, details

from horde_model_reference.domain.categories import Category

MINIMAL: dict[str, dict[str, Any]] = {
    "image_generation": {"baseline": "stable_diffusion_1", "nsfw": False},
    "text_generation": {"parameters": 7_000_000_000},
}


@pytest.mark.parametrize("category", Category)
def test_every_category_takes_new_records_by_its_own_route(review: Review, category: Category) -> None:
    body = {"name": "Brand new", **MINIMAL.get(category, {})}

    answer = review.send("POST", f"{V2}/{category}", body)

    assert answer.status_code == 202
    change = answer.json()
    assert change["request_metadata"] == {"route": f"create_v2_{category}"}
    assert change["payload"]["record_type"] == category
    assert None not in change.values()


def test_a_record_of_another_category_is_refused_by_the_generic_route(review: Review) -> None:
    answer = review.send("POST", f"{V2}/esrgan/add", {"name": "A", "record_type": "controlnet"})

    assert answer.status_code == 422
    assert details(answer) == [("value_error", ["body", "record_type"])]


def test_nothing_changes_before_a_proposal_is_applied(review: Review) -> None:
    review.propose("New")

    assert review.get(f"{V2}/esrgan/model/New").status_code == 404


def test_an_applied_record_is_in_the_very_next_read_of_both_versions(review: Review) -> None:
    review.get(f"{V2}/esrgan")

    review.write("New", description="d")

    assert review.get(f"{V2}/esrgan/model/New").json()["description"] == "d"
    assert review.get(f"{V2}/esrgan").json()["New"]["description"] == "d"
    assert review.get("/api/model_references/v1/esrgan").json()["New"]["description"] == "d"


def test_the_author_of_a_record_is_who_proposed_it(review: Review) -> None:
    review.write("New", metadata={"created_by": "someone", "created_at": 5, "updated_by": "someone"})

    metadata = review.get(f"{V2}/esrgan/model/New").json()["metadata"]

    assert (metadata["created_by"], metadata["updated_by"]) == ("1001", "1001")
    assert metadata["created_at"] > 5


def test_what_only_the_legacy_record_holds_outlives_a_change(review: Review) -> None:
    answer = review.send("PUT", f"{V2}/esrgan/model/{UPSCALER}", {"name": UPSCALER, "description": "new"})
    review.approve(answer.json()["change_id"])
    review.apply(answer.json()["change_id"])

    record = review.get("/api/model_references/v1/esrgan").json()[UPSCALER]

    assert record["description"] == "new"
    assert record["available"] is True


@pytest.mark.parametrize("spelling", ["Org/Deep-7B", "Org%2FDeep-7B"])
def test_a_name_with_a_slash_can_be_changed_and_deleted(review: Review, spelling: str) -> None:
    body = {"name": "Org/Deep-7B", "parameters": 7_000_000_000}
    change_id = review.send("POST", f"{V2}/text_generation", body).json()["change_id"]
    review.approve(change_id)
    review.apply(change_id)

    path = f"{V2}/text_generation/model/{spelling}"

    assert review.send("PUT", path, body).status_code == 202
    assert review.send("DELETE", path).json()["model_name"] == "Org/Deep-7B"


def test_a_text_model_can_be_applied_and_carries_its_parameters(review: Review) -> None:
    body = {"name": "Org/Deep-7B", "parameters": 7_000_000_000, "tags": ["fun"]}
    change = review.send("POST", f"{V2}/text_generation", body).json()
    review.approve(change["change_id"])
    review.apply(change["change_id"])

    assert change["payload"]["parameters"] == 7_000_000_000
    assert change["payload"]["text_model_group"] == "Deep"
    assert change["related_models"] == ["aphrodite/Org/Deep-7B", "koboldcpp/Deep-7B"]
    assert review.get(f"{V2}/text_generation/model/Org/Deep-7B").json()["tags"] == ["fun"]
    v1 = review.get("/api/model_references/v1/text_generation").json()["koboldcpp/Deep-7B"]
    assert v1["tags"] == ["7B", "fun"]


def test_a_former_name_addresses_the_present_one(review: Review) -> None:
    body = {"name": "control_qr_xl", "description": "d"}
    change_id = review.send("POST", f"{V2}/controlnet", body).json()["change_id"]
    review.approve(change_id)
    review.apply(change_id)

    answer = review.send("PUT", f"{V2}/controlnet/model/control_qr_sdxl", body)

    assert answer.status_code == 202
    assert answer.json()["model_name"] == "control_qr_xl"


@pytest.mark.parametrize(
    ("method", "path", "body", "key", "status"),
    [
        ("POST", "/esrgan", {}, "bogus", 422),
        ("PUT", f"/esrgan/model/{UPSCALER}", {"name": "Other"}, "bogus", 400),
        ("POST", "/esrgan", {"name": "A"}, "bogus", 401),
        ("POST", "/esrgan", {"name": ""}, STRANGER, 403),
        ("POST", "/esrgan", {"name": " A"}, APPROVER, 422),
        ("POST", "/esrgan", {"name": "a\\b"}, APPROVER, 422),
        ("POST", "/esrgan", {"name": "a\x00b"}, APPROVER, 422),
        ("POST", "/esrgan", {"name": "../a"}, APPROVER, 422),
        ("POST", "/esrgan", {"name": "a" * 201}, APPROVER, 422),
        ("POST", "/text_generation", {"name": "aphrodite/A", "parameters": 1}, APPROVER, 400),
        ("POST", "/text_generation", {"name": "A", "parameters": 0}, APPROVER, 422),
        ("POST", "/text_generation", {"name": "A", "parameters": 1, "settings": {"x": 1}}, APPROVER, 422),
        ("POST", "/esrgan", {"name": UPSCALER}, APPROVER, 409),
        ("PUT", "/esrgan/model/None", {"name": "None"}, APPROVER, 404),
        ("DELETE", "/esrgan/model/None", None, APPROVER, 404),
        ("DELETE", "/esrgan/model/a%00b", None, APPROVER, 422),
        ("DELETE", "/nope/model/None", None, APPROVER, 422),
        ("POST", "/nope/add", {"name": "A"}, APPROVER, 422),
        ("POST", "/nope", {"name": "A"}, APPROVER, 405),
    ],
)
def test_a_bad_proposal_is_refused_with_the_recorded_status(
    review: Review, method: str, path: str, body: Any, key: str, status: int
) -> None:
    assert review.send(method, V2 + path, body, key=key).status_code == status


def test_a_request_without_a_key_is_refused_before_its_body_is_looked_at(review: Review) -> None:
    answer = review.client.post(f"{V2}/esrgan", json={})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "APIKey"


def test_a_licence_that_nobody_knows_is_refused(review: Review) -> None:
    licensing = {
        "license_expression": "Foo-1",
        "license_ids": ["Foo-1"],
        "commercial_use": "allowed",
        "redistribution": "allowed",
    }

    answer = review.send("POST", f"{V2}/esrgan", {"name": "A", "licensing": licensing})

    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)


def test_licensing_can_not_be_removed(review: Review) -> None:
    answer = review.send("PUT", f"{V2}/esrgan/model/{UPSCALER}", {"name": UPSCALER, "licensing": None})

    assert answer.status_code == 422


def test_a_new_record_needs_licensing_where_that_is_demanded(make_review: MakeReview) -> None:
    review = make_review(licensing={"require_explicit_model_assignments": True})

    assert review.send("POST", f"{V2}/esrgan", {"name": "A"}).status_code == 422


def test_without_a_queue_faults_are_told_before_that(make_review: MakeReview) -> None:
    review = make_review(pending_queue={"enabled": False})

    assert review.send("POST", f"{V2}/esrgan", {"name": UPSCALER}).status_code == 409
    assert review.send("POST", f"{V2}/esrgan", {"name": "New"}).status_code == 503


def test_where_legacy_is_canonical_only_categories_without_that_form_are_written_in_v2(
    legacy_review: Review,
) -> None:
    assert legacy_review.send("POST", f"{V2}/esrgan", {"name": "New"}).status_code == 503
    assert legacy_review.send("POST", f"{V2}/lora", {"name": "New"}).status_code == 202


def test_a_replica_takes_no_proposals(make_client: MakeClient, people: AIHordeStub) -> None:
    replica = Review(make_client(replicate_mode="REPLICA", ai_horde_url=people.url, pending_queue=QUEUE))

    assert replica.send("POST", f"{V2}/esrgan", {"name": "New"}).status_code == 503
    assert replica.send("POST", f"{V2}/esrgan", {"name": "New"}, key="bogus").status_code == 401


def test_two_people_may_propose_one_name_but_only_the_first_gets_in(review: Review) -> None:
    first, second = review.propose("New"), review.propose("New", key=BOTH)
    review.approve(first, second)

    assert review.apply(first).status_code == 200
    assert review.apply(second).status_code == 409
