"""Writing in the legacy format, where that is canonical (spec 21, v1 writes)."""

from typing import Any

import pytest
from review_client import APPROVER, BOTH, REQUESTOR, STRANGER, UPSCALER, V1, V2, MakeReview, Review, details

ESRGAN = f"{V1}/esrgan"
TEXT = f"{V1}/text_generation"


@pytest.fixture
def direct(make_review: MakeReview) -> Review:
    """Return a registry whose approvers write at once."""
    return make_review(canonical_format="legacy", pending_queue={"enabled": False})


def apply_next(review: Review, answer: Any) -> None:
    assert answer.status_code == 202, answer.text
    change_id = answer.json()["change_id"]
    review.approve(change_id)
    applied = review.apply(change_id)
    assert applied.status_code == 200, applied.text


@pytest.mark.parametrize("settings", [{}, {"pending_queue": {"enabled": False}}])
def test_where_v2_is_canonical_there_are_no_v1_writes(
    make_review: MakeReview, settings: dict[str, Any]
) -> None:
    review = make_review(**settings)

    assert review.send("POST", ESRGAN, {"name": "A"}).status_code == 405
    assert review.send("PUT", ESRGAN, {"name": "A"}).status_code == 405
    assert review.send("DELETE", f"{ESRGAN}/model/{UPSCALER}").status_code == 404
    assert review.send("PUT", f"{ESRGAN}/model/{UPSCALER}/metadata", {"created_at": 1}).status_code == 404


def test_categories_without_legacy_form_have_no_v1_writes(legacy_review: Review) -> None:
    assert legacy_review.send("POST", f"{V1}/lora", {"name": "A"}).status_code == 405
    assert legacy_review.send("DELETE", f"{V1}/lora/model/A").status_code == 404


def test_a_proposal_has_the_defaults_of_its_category_but_no_nulls_and_no_metadata(
    legacy_review: Review,
) -> None:
    body = {"name": "New", "style": None, "metadata": {"created_by": "someone"}, "colour": "blue"}

    change = legacy_review.send("POST", ESRGAN, body).json()

    assert change["payload"] == {
        "name": "New",
        "type": "realesrgan",
        "config": {"files": [], "download": []},
        "colour": "blue",
    }
    assert change["request_metadata"] == {"route": "create_legacy_esrgan_model"}


def test_an_update_of_an_image_model_goes_by_its_own_name(legacy_review: Review) -> None:
    names = legacy_review.get(f"{V1}/image_generation").json()
    name = next(iter(names))

    change = legacy_review.send(
        "PUT", f"{V1}/image_generation", {"name": name, "baseline": "stable diffusion 1"}
    ).json()

    assert change["request_metadata"] == {"route": "update_legacy_model"}


def test_an_applied_change_is_in_both_versions(legacy_review: Review) -> None:
    apply_next(legacy_review, legacy_review.send("POST", ESRGAN, {"name": "New", "description": "d"}))

    v1, v2 = legacy_review.get(ESRGAN).json()["New"], legacy_review.get(f"{V2}/esrgan/model/New").json()

    assert v1["description"] == v2["description"] == "d"
    assert set(v1["metadata"]) == {"created_at", "updated_at"}


def test_an_update_replaces_the_record_and_keeps_its_place_and_its_stamps(legacy_review: Review) -> None:
    apply_next(legacy_review, legacy_review.send("POST", ESRGAN, {"name": "New", "description": "d"}))
    apply_next(legacy_review, legacy_review.send("PUT", ESRGAN, {"name": "New", "version": "2"}))

    record = legacy_review.get(ESRGAN).json()["New"]

    assert "description" not in record
    assert record["metadata"]["updated_by"] == "2003"


def test_a_deletion_carries_the_legacy_record(legacy_review: Review) -> None:
    answer = legacy_review.send("DELETE", f"{ESRGAN}/model/{UPSCALER}")
    apply_next(legacy_review, answer)

    assert answer.json()["payload"]["available"] is True
    assert UPSCALER not in (legacy_review.get(ESRGAN).json())


def test_a_text_model_has_its_three_entries_after_it_was_applied(legacy_review: Review) -> None:
    body = {"name": "Org/U-3B", "parameters": 3_000_000_000, "tags": ["fun"], "settings": {"temperature": 1}}
    apply_next(legacy_review, legacy_review.send("POST", TEXT, body))

    entries = legacy_review.get(TEXT).json()

    assert entries["Org/U-3B"]["tags"] == ["3B", "fun"]
    assert entries["aphrodite/Org/U-3B"]["display_name"] == "U 3B"
    assert entries["koboldcpp/U-3B"]["settings"] == {"temperature": 1}


@pytest.mark.parametrize(
    "fields", [{}, {"parameters": 0}, {"parameters": 7, "settings": {"bogus": 1}}, {"parameters": None}]
)
def test_a_bad_text_model_is_refused_when_it_is_proposed(
    legacy_review: Review, fields: dict[str, Any]
) -> None:
    assert legacy_review.send("POST", TEXT, {"name": "Org/Bad-3B", **fields}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body", "key", "status"),
    [
        ("POST", "/esrgan", {"name": "A", "type": "blip"}, "bogus", 422),
        ("POST", "/controlnet", {"name": "A"}, "bogus", 422),
        ("POST", "/image_generation", {"name": "A"}, "bogus", 422),
        ("POST", "/esrgan", {"name": " "}, "bogus", 422),
        ("POST", "/text_generation", {"name": "koboldcpp/A", "parameters": 1}, "bogus", 400),
        ("POST", "/esrgan", {"name": UPSCALER}, "bogus", 409),
        ("PUT", "/esrgan", {"name": "None"}, "bogus", 404),
        ("DELETE", "/esrgan/model/None", None, "bogus", 404),
        ("DELETE", "/nope/model/None", None, "bogus", 422),
        ("POST", "/esrgan", {"name": "A"}, "bogus", 401),
        ("POST", "/esrgan", {"name": "A"}, STRANGER, 403),
        ("POST", "/esrgan", {"name": "A"}, REQUESTOR, 202),
    ],
)
def test_names_and_records_are_looked_at_before_the_key(
    legacy_review: Review, method: str, path: str, body: Any, key: str, status: int
) -> None:
    assert legacy_review.send(method, V1 + path, body, key=key).status_code == status


def test_a_bad_body_is_refused_with_a_list(legacy_review: Review) -> None:
    answer = legacy_review.send("POST", ESRGAN, {"name": "A", "nsfw": "perhaps"})

    assert details(answer) == [("bool_parsing", ["body", "nsfw"])]


def test_a_showcase_on_huggingface_is_refused(legacy_review: Review) -> None:
    body = {"name": "A", "baseline": "x", "showcases": ["https://huggingface.co/a.png"]}

    assert legacy_review.send("POST", f"{V1}/image_generation", body).status_code == 422


def test_without_a_queue_approvers_write_at_once(direct: Review) -> None:
    created = direct.send("POST", ESRGAN, {"name": "a/New", "description": "d"}, key=APPROVER)
    updated = direct.send("PUT", ESRGAN, {"name": "a/New", "description": "e"}, key=BOTH)
    shown = direct.get(ESRGAN).json()["a/New"]
    deleted = direct.send("DELETE", f"{ESRGAN}/model/a/New", key=APPROVER)

    assert (created.status_code, updated.status_code, deleted.status_code) == (201, 200, 204)
    assert created.headers["location"] == "/model_references/v1/esrgan/model/a/New"
    assert created.json()["style"] is None
    assert shown["description"] == "e"
    assert deleted.content == b""
    assert "a/New" not in direct.get(ESRGAN).json()


@pytest.mark.parametrize("key", [REQUESTOR, STRANGER, "bogus"])
def test_without_a_queue_everybody_else_has_an_invalid_key(direct: Review, key: str) -> None:
    answer = direct.send("POST", ESRGAN, {"name": "New"}, key=key)

    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid API key"})


def test_without_a_queue_and_without_approvers_nobody_writes(make_review: MakeReview) -> None:
    review = make_review(canonical_format="legacy", pending_queue={"enabled": False, "approver_ids": []})

    assert review.send("POST", ESRGAN, {"name": "New"}, key=APPROVER).status_code == 401


def test_metadata_can_be_corrected_at_once(legacy_review: Review) -> None:
    path = f"{ESRGAN}/model/{UPSCALER}/metadata"

    first = legacy_review.send("PUT", path, {"created_by": "x", "created_at": 42}, key=APPROVER)
    second = legacy_review.send("PUT", path, {"created_by": None, "updated_at": 43}, key=APPROVER)

    assert first.json()["metadata"]["created_by"] == "x"
    assert second.json()["metadata"]["created_at"] == 42
    assert "created_by" not in second.json()["metadata"]
    assert legacy_review.get(ESRGAN).json()[UPSCALER]["metadata"]["updated_at"] == 43


@pytest.mark.parametrize(
    ("path", "body", "key", "status"),
    [
        (f"/esrgan/model/{UPSCALER}/metadata", {"created_at": 1}, REQUESTOR, 403),
        (f"/esrgan/model/{UPSCALER}/metadata", {}, APPROVER, 400),
        (f"/esrgan/model/{UPSCALER}/metadata", {"created_at": "soon"}, APPROVER, 422),
        ("/esrgan/model/None/metadata", {"created_at": 1}, APPROVER, 404),
        ("/lora/model/None/metadata", {"created_at": 1}, APPROVER, 404),
        ("/esrgan/model/a%00b/metadata", {"created_at": 1}, APPROVER, 422),
        ("/text_generation/model/Any/metadata", {"created_at": 1}, APPROVER, 400),
    ],
)
def test_a_bad_correction_is_refused(
    legacy_review: Review, path: str, body: dict[str, Any], key: str, status: int
) -> None:
    assert legacy_review.send("PUT", V1 + path, body, key=key).status_code == status
