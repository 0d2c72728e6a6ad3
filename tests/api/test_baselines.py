"""The image baselines over HTTP: reads that are cheap to repeat, and changes that are reviewed."""

from typing import Any

import pytest
from api_client import MakeClient
from review_client import APPROVER, REQUESTOR, STRANGER, V2, Review, details

from horde_model_reference.domain.registries import is_known_image_baseline

BASELINES = f"{V2}/image_generation/baselines"


def upsert(name: str, before: Any = None, **fields: Any) -> dict[str, Any]:
    record = {"name": name, **fields}
    return {"operation": "upsert", "name": name, "record": record, "expected_before": before}


def propose(review: Review, *changes: dict[str, Any], key: str = REQUESTOR) -> Any:
    return review.send("POST", f"{BASELINES}/change-sets", {"title": "t", "changes": list(changes)}, key=key)


def write(review: Review, *changes: dict[str, Any]) -> int:
    answer = propose(review, *changes)
    assert answer.status_code == 202, answer.text
    change_id: int = answer.json()["change_id"]
    review.approve(change_id)
    applied = review.apply(change_id)
    assert applied.status_code == 200, applied.text
    return change_id


def an_image_model(name: str, baseline: str) -> dict[str, Any]:
    return {
        "name": name,
        "record_type": "image_generation",
        "model_classification": {"domain": "image", "purpose": "generation"},
        "baseline": baseline,
        "inpainting": False,
        "nsfw": False,
    }


def test_the_page_and_the_export_hold_every_baseline(review: Review) -> None:
    page = review.get(f"{BASELINES}/").json()
    export = review.get(f"{BASELINES}/export").json()

    names = [item["name"] for item in page["items"]]
    assert names == sorted(names)
    assert page["total"] == len(names) == 13
    assert export["baselines"] == {item["name"]: item for item in page["items"]}
    assert export["metadata"] == page["metadata"] == {"schema_version": 1, "revision": 1, "updated_at": None}
    assert review.get(f"{BASELINES}/flux_1").json() == export["baselines"]["flux_1"]


@pytest.mark.parametrize("path", ["/", "/export", "/flux_1"])
def test_reads_have_the_tag_of_the_catalogue_and_answer_304_to_it(review: Review, path: str) -> None:
    answer = review.get(f"{BASELINES}{path}")
    tag = 'W/"image-baselines-1"'

    again = [
        review.client.get(f"{BASELINES}{path}", headers={"If-None-Match": tags}).status_code
        for tags in (tag, '"image-baselines-1"', f'"x", {tag}', "*", 'W/"image-baselines-2"')
    ]

    assert answer.headers["etag"] == tag
    assert "last-modified" not in answer.headers
    assert again == [304, 304, 304, 304, 200]


def test_a_change_is_seen_at_once_with_another_tag_and_serial(review: Review) -> None:
    before = review.get(f"{BASELINES}/")

    write(review, upsert("api_lumen", native_resolution=768))

    after = review.get(f"{BASELINES}/")
    assert after.headers["etag"] == 'W/"image-baselines-2"'
    assert int(after.headers["x-registry-serial"]) == int(before.headers["x-registry-serial"]) + 1
    assert "last-modified" in after.headers
    assert after.json()["total"] == 14
    assert review.get(f"{BASELINES}/api_lumen").json()["metadata"]["created_by"] == "2003"


@pytest.mark.parametrize(
    "name", ["zed", "SDXL", "%00", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")]
)
def test_there_is_no_other_name_for_a_baseline(review: Review, name: str) -> None:
    assert review.get(f"{BASELINES}/{name}").status_code == 404


def test_models_may_name_a_baseline_from_the_moment_it_is_there(review: Review) -> None:
    model = an_image_model("M", "api_lumen")
    early = review.send("POST", f"{V2}/image_generation", model)

    write(review, upsert("api_lumen"))

    assert (early.status_code, type(early.json()["detail"])) == (422, str)
    assert review.send("POST", f"{V2}/image_generation", model).status_code == 202
    seen = review.get(f"{BASELINES}/api_lumen").json()
    removal = propose(review, {"operation": "delete", "name": "api_lumen", "expected_before": seen})
    assert removal.status_code == 422
    assert "'M'" in removal.json()["detail"]


def test_a_change_set_is_shown_as_the_whole_catalogue_before_and_after_it_is_applied(review: Review) -> None:
    change_id = propose(review, upsert("api_lumen", display_name="Lumen")).json()["change_id"]
    early = review.queue(f"/changes/{change_id}/diff").json()
    review.approve(change_id)
    review.apply(change_id)
    write(review, upsert("api_umbra"))

    late = review.queue(f"/changes/{change_id}/diff").json()

    assert (early["net_operation"], early["is_critical"]) == ("modified", True)
    assert len(early["current_state"]["baselines"]) == 13
    assert "baselines.api_lumen.display_name" in early["fields_added"]
    assert {**late, "change_id": 0} == {**early, "change_id": 0}


def test_a_change_set_that_does_not_fit_any_more_has_no_diff(review: Review) -> None:
    stale = propose(review, upsert("api_lumen", display_name="A")).json()["change_id"]
    write(review, upsert("api_lumen", display_name="B"))

    assert review.queue(f"/changes/{stale}/diff").status_code == 409
    bulk = review.queue(f"/diffs?change_ids={stale}").json()
    assert bulk["errors"][0]["error_type"] == "Conflict"


def test_the_past_of_a_batch_tells_of_change_sets_and_records(review: Review) -> None:
    first = propose(review, upsert("api_lumen"), upsert("api_umbra")).json()["change_id"]
    second = review.propose("New")
    third = propose(review, upsert("api_lumen")).json()["change_id"]
    batch_id = review.approve(first, second, third)
    assert review.post(f"/apply_batch/{batch_id}").status_code == 200

    past = review.queue(f"/audit/batches/{batch_id}/net_changes").json()

    found = [(change["category"], change["net_operation"]) for change in past["model_changes"]]
    assert found == [("esrgan", "added"), ("image_generation", "modified")]
    assert set(past["model_changes"][1]["after_state"]["baselines"]) >= {"api_lumen", "api_umbra"}
    assert past["has_critical_changes"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ([upsert("api_lumen", native_resolution=0)], 422),
        ([upsert("api_lumen", colour="red")], 422),
        ([upsert("api_lumen", horde_policy={"batching": 0})], 422),
        ([upsert("l" * 1500)], 422),
        ([{"operation": "delete", "name": "flux_1"}], 409),
        ("nonsense", 422),
        ([None], 422),
        ([{"operation": "delete", "name": "a\0b"}], 422),
        ([upsert("api_lumen", alternative_names=["a\0b"])], 422),
    ],
)
def test_bad_change_sets_are_refused(review: Review, changes: Any, status: int) -> None:
    body = {"title": "t", "changes": changes}

    answer = review.send("POST", f"{BASELINES}/change-sets", body)

    assert answer.status_code == status, answer.text
    assert review.queue("/changes").json()["total"] == 0


def test_a_change_set_needs_a_title_that_can_be_read(review: Review) -> None:
    body = {"title": "  ", "changes": [upsert("api_lumen")]}

    answer = review.send("POST", f"{BASELINES}/change-sets", body)

    assert answer.status_code == 422
    assert review.queue("/changes").json()["total"] == 0


def test_keys_are_asked_for_and_looked_at_after_the_body(review: Review) -> None:
    path, good = f"{BASELINES}/change-sets", {"title": "t", "changes": [upsert("api_lumen")]}

    assert review.client.post(path, json={}).json() == {"detail": "Not authenticated"}
    assert details(review.send("POST", path, {}, key=STRANGER))[0] == ("missing", ["body", "title"])
    assert review.send("POST", path, good, key=STRANGER).status_code == 403
    assert review.send("POST", path, good, key=APPROVER).status_code == 202


def test_a_replica_shows_the_bundled_baselines(make_client: MakeClient) -> None:
    client = make_client(replicate_mode="REPLICA", offline=True, with_records=False)

    assert client.get(f"{BASELINES}/").json()["total"] == 13


def test_readers_of_records_know_a_baseline_from_then_on(review: Review) -> None:
    assert not is_known_image_baseline("api_penumbra_xl")

    write(review, upsert("api_penumbra", alternative_names=["api_penumbra_xl"]))

    assert is_known_image_baseline("api_penumbra")
    assert is_known_image_baseline("api_penumbra_xl")


def test_readers_of_records_forget_a_baseline_that_reviewers_removed(review: Review) -> None:
    write(review, upsert("api_penumbra", alternative_names=["api_penumbra_xl"]))
    stored = review.client.get(f"{BASELINES}/api_penumbra").json()

    write(review, {"operation": "delete", "name": "api_penumbra", "record": None, "expected_before": stored})

    assert not is_known_image_baseline("api_penumbra")
    assert not is_known_image_baseline("api_penumbra_xl")
