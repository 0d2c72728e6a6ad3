"""Prompting guidance over HTTP: resolved for models, changed by review, shown by the models' own records."""

from typing import Any

import pytest
from review_client import APPROVER, REQUESTOR, STRANGER, V2, Review, details

GUIDANCE = f"{V2}/text_generation/guidance"


@pytest.fixture
def models(review: Review) -> list[str]:
    """Names of the text models of the fixture; those with an instruct format first."""
    records: dict[str, Any] = review.get(f"{V2}/text_generation").json()
    return sorted(records, key=lambda name: (not records[name].get("instruct_format"), name))


def a_contract(profile_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "prompt_contract",
        "profile_id": profile_id,
        "display_name": profile_id,
        "summary": "s",
        "interaction_modes": ["chat"],
        **fields,
    }


def create(profile: dict[str, Any]) -> dict[str, Any]:
    return {"operation": "create", "profile_id": profile["profile_id"], "profile": profile}


def assign(name: str, profile_id: str) -> dict[str, Any]:
    return {"model_name": name, "assignment": {"model_name": name, "primary_profile_id": profile_id}}


def propose(review: Review, body: dict[str, Any], *, key: str = REQUESTOR) -> Any:
    return review.send("POST", f"{GUIDANCE}/change-sets", {"title": "t", **body}, key=key)


def write(review: Review, body: dict[str, Any]) -> int:
    answer = propose(review, body)
    assert answer.status_code == 202, answer.text
    change_id: int = answer.json()["change_id"]
    review.approve(change_id)
    applied = review.apply(change_id)
    assert applied.status_code == 200, applied.text
    return change_id


def publish(review: Review, *names: str) -> int:
    assignments = [assign(name, "chatml") for name in names]
    return write(
        review, {"profile_changes": [create(a_contract("chatml"))], "assignment_changes": assignments}
    )


@pytest.mark.parametrize("path", ["/profiles", "/export"])
def test_reads_of_the_catalogue_have_its_tag_and_answer_304_to_it(review: Review, path: str) -> None:
    first = review.get(f"{GUIDANCE}{path}")
    publish(review)
    tags = ('W/"text-guidance-1"', 'W/"text-guidance-2"')

    answers = [review.client.get(f"{GUIDANCE}{path}", headers={"If-None-Match": tag}) for tag in tags]

    assert first.headers["etag"] == tags[0]
    assert [answer.status_code for answer in answers] == [200, 304]
    assert {answer.headers["etag"] for answer in answers} == {tags[1]}


def test_an_assignment_changes_the_bodies_of_the_models_that_show_it(
    review: Review, models: list[str]
) -> None:
    name, other = models[:2]
    one, all_of_them = f"{V2}/text_generation/model/{name}", f"{V2}/text_generation"
    before = [review.get(path) for path in (one, all_of_them, f"{V2}/text_generation/model/{other}")]

    publish(review, name)

    after = [review.get(path) for path in (one, all_of_them, f"{V2}/text_generation/model/{other}")]
    published = {"status": "published", "primary_profile_id": "chatml", "supplemental_profile_ids": []}
    assert after[0].json()["guidance"] == after[1].json()[name]["guidance"] == published
    for old, new in zip(before[:2], after[:2], strict=True):
        again = review.client.get(str(new.url), headers={"If-None-Match": old.headers["etag"]})
        assert (again.status_code, old.headers["etag"] != new.headers["etag"]) == (200, True)
        assert int(new.headers["x-registry-serial"]) == int(old.headers["x-registry-serial"]) + 2
    assert before[2].headers["etag"] == after[2].headers["etag"]


def test_a_model_is_resolved_with_its_profiles(review: Review, models: list[str]) -> None:
    publish(review, models[0])

    found = review.get(f"{GUIDANCE}/model?name={models[0]}").json()

    assert found["summary"]["status"] == "published"
    assert found["primary_profile"]["metadata"]["created_by"] == "2003"
    assert found["catalog_metadata"]["revision"] == 2
    assert review.get(f"{GUIDANCE}/model?name=Nobody").status_code == 404
    assert review.get(f"{GUIDANCE}/model?name=").status_code == 422
    assert review.get(f"{GUIDANCE}/model?name=%00").status_code == 404


def test_what_depends_on_models_too_is_always_told_in_full(review: Review, models: list[str]) -> None:
    tag = {"If-None-Match": 'W/"text-guidance-1"'}

    for path in (f"/model?name={models[0]}", "/assignments"):
        answer = review.client.get(f"{GUIDANCE}{path}", headers=tag)
        assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"text-guidance-1"')


def test_an_orphan_is_reported_and_blocks_nobody(review: Review, models: list[str]) -> None:
    name = models[0]
    publish(review, name, models[1])
    removal = review.send("DELETE", f"{V2}/text_generation/model/{name}").json()["change_id"]
    review.approve(removal)
    assert review.apply(removal).status_code == 200

    page = review.get(f"{GUIDANCE}/assignments?profile_id=chatml").json()
    write(review, {"profile_changes": [create(a_contract("alpaca"))]})

    assert page["total"] == 2
    assert page["orphans"] == [name]
    assert review.get(f"{GUIDANCE}/assignments?model_name=zz").json()["total"] == 0


def test_a_migration_is_previewed_proposed_and_then_done(review: Review) -> None:
    path = f"{GUIDANCE}/migration/preview"
    preview = review.send("POST", path).json()
    assert preview["source_model_count"] == len(preview["change_set"]["assignment_changes"]) > 0
    assert preview["format_count"] == len(preview["change_set"]["profile_changes"])
    assert review.get(f"{GUIDANCE}/profiles").json()["total"] == 0

    answer = review.send("POST", f"{GUIDANCE}/change-sets", preview["change_set"])
    assert answer.status_code == 202, answer.text
    change_id = answer.json()["change_id"]
    review.approve(change_id)
    assert review.apply(change_id).status_code == 200

    again = review.send("POST", path).json()
    assert again == {**preview, "change_set": None}
    assert review.get(f"{GUIDANCE}/profiles").json()["total"] == preview["format_count"]


def test_the_beta_view_shows_published_guidance(review: Review, models: list[str]) -> None:
    publish(review, models[0])
    record = review.get(f"{V2}/text_generation/model/{models[0]}").json()
    body = {key: value for key, value in record.items() if key not in ("guidance", "metadata")}
    answer = review.send("PUT", f"{V2}/text_generation/model/{models[0]}", body | {"description": "new"})
    assert answer.status_code == 202, answer.text

    pending = review.get(f"{V2}/text_generation/pending", STRANGER).json()

    assert pending[models[0]]["guidance"]["status"] == "published"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"title": ""}, 422),
        ({"title": "t" * 161, "profile_changes": [create(a_contract("a"))]}, 422),
        ({"profile_changes": [create(a_contract("a", colour="red"))]}, 422),
        ({"profile_changes": [create({**a_contract("a"), "kind": "poem"})]}, 422),
        ({"profile_changes": [create(a_contract("a", summary="<i>s</i>"))]}, 422),
        ({"profile_changes": [create(a_contract("a", recommended_settings={"heat": 1}))]}, 422),
        ({"profile_changes": [create(a_contract("a", sources=[{"url": "no address"}]))]}, 422),
        ({"profile_changes": [create(a_contract("a", summary="a\0b"))]}, 422),
        ({"profile_changes": [create(a_contract("a" * 1500))]}, 422),
        ({"assignment_changes": [assign("Nobody", "a")]}, 422),
        ({"assignment_changes": [assign("a\0b", "a")]}, 422),
        ({"profile_changes": [{"operation": "rename", "profile_id": "a"}]}, 422),
        ({"profile_changes": "nonsense", "assignment_changes": [None]}, 422),
    ],
)
def test_bad_change_sets_are_refused(review: Review, body: dict[str, Any], status: int) -> None:
    answer = propose(review, body)

    assert answer.status_code == status, answer.text
    assert review.queue("/changes").json()["total"] == 0


def test_keys_are_asked_for_and_looked_at_after_the_body(review: Review) -> None:
    good = {"profile_changes": [create(a_contract("a"))]}

    assert review.client.post(f"{GUIDANCE}/change-sets", json={}).status_code == 401
    assert details(propose(review, {}, key=STRANGER))[0] == ("value_error", ["body"])
    assert propose(review, good, key=STRANGER).status_code == 403
    assert propose(review, good, key=APPROVER).status_code == 202
    assert review.send("POST", f"{GUIDANCE}/migration/preview", key=STRANGER).status_code == 403
