"""The pending queue over HTTP (spec 22)."""

from typing import Any

import pytest
from review_client import (
    APPROVER,
    BOTH,
    REQUESTOR,
    STRANGER,
    UPSCALER,
    V1,
    V2,
    MakeReview,
    Review,
    details,
)

HUGE = 10**30


def numbers(answer: Any) -> list[int]:
    return [change["change_id"] for change in answer.json()["items"]]


@pytest.fixture
def filled(review: Review) -> Review:
    """Three proposals: 1 and 3 by one person, 2 by another; 3 is rejected."""
    for name, key in (("Alpha", REQUESTOR), ("Beta", BOTH), ("Gamma", REQUESTOR)):
        review.propose(name, key=key)
    review.post("/batches", {"batch_title": "t", "rejected_ids": [3], "reject_reason": "no"})
    return review


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 2, 3]),
        ("?statuses=rejected", [3]),
        ("?statuses=pending&statuses=rejected", [1, 2, 3]),
        ("?statuses=applying", []),
        ("?model_name=ALPH", [1]),
        ("?requested_by=2002&requested_by=%20", [2]),
        ("?categories=clip", []),
        ("?limit=1&offset=1", [2]),
        ("?statuses=pending&model_name=a", [1, 2]),
    ],
)
def test_changes_are_listed_by_all_conditions_together(filled: Review, query: str, found: list[int]) -> None:
    assert numbers(filled.queue(f"/changes{query}")) == found
    assert numbers(filled.get(f"{V1}/pending_queue/changes{query}", STRANGER)) == found


def test_a_page_tells_how_many_changes_there_are(filled: Review) -> None:
    page = filled.queue("/changes?limit=1").json()

    assert (page["total"], page["offset"], page["limit"]) == (3, 0, 1)
    assert page["items"][0]["batch_id"] is None


def test_people_list_their_own_changes(filled: Review) -> None:
    assert numbers(filled.queue("/my_changes", REQUESTOR)) == [1, 3]
    assert numbers(filled.queue("/my_changes?statuses=pending", REQUESTOR)) == [1]
    assert filled.queue("/my_changes").status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "offset=-1",
        f"offset={HUGE}",
        "batch_id=0",
        f"batch_id={HUGE}",
        "model_name=",
        "model_name=%00",
        "requested_by=%00",
        "statuses=bogus",
        "statuses=purged",
        "categories=bogus",
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(review: Review, query: str) -> None:
    assert review.queue(f"/changes?{query}").status_code == 422


def test_an_empty_part_of_a_name_is_told_to_be_too_short(review: Review) -> None:
    answer = review.queue("/changes?model_name=")

    assert details(answer) == [("string_too_short", ["query", "model_name"])]


@pytest.mark.parametrize("change_id", [0, -1, 9, HUGE])
def test_an_unknown_change_is_not_found(review: Review, change_id: int) -> None:
    for path in ("", "/diff", "/comments"):
        assert review.queue(f"/changes/{change_id}{path}").json() == {"detail": "Change not found"}


def test_a_diff_tells_field_by_field_what_a_change_does(review: Review) -> None:
    body = {"name": UPSCALER, "description": "new"}
    review.send("PUT", f"{V2}/esrgan/model/{UPSCALER}", body)

    found = review.queue("/changes/1/diff").json()

    assert found["net_operation"] == "modified"
    assert "description" in found["fields_modified"]
    assert "version" in found["fields_removed"]
    assert found["is_critical"] is True
    assert found["conflict"] is False


def test_a_diff_shows_that_the_record_moved_on(review: Review) -> None:
    late = review.propose("New")
    review.write("New")

    assert review.queue(f"/changes/{late}/diff").json()["conflict"] is True


def test_a_diff_of_a_deletion_removes_every_field(review: Review) -> None:
    review.send("DELETE", f"{V2}/esrgan/model/{UPSCALER}")

    found = review.queue("/changes/1/diff").json()

    assert found["proposed_state"] is None
    assert found["net_operation"] == "deleted"
    assert "description" in found["fields_removed"]


def test_several_diffs_come_with_what_is_missing(review: Review) -> None:
    review.propose("New")

    page = review.queue("/diffs?change_ids=1&change_ids=9").json()

    assert [found["change_id"] for found in page["diffs"]] == [1]
    assert page["total"] == 2
    assert page["errors"] == [{"change_id": 9, "error": "Change not found", "error_type": "NotFound"}]


def test_at_most_a_hundred_diffs_are_given(review: Review) -> None:
    query = "&".join(f"change_ids={number}" for number in range(1, 102))

    assert review.queue(f"/diffs?{query}").status_code == 422


def test_nobody_approves_or_applies_their_own_change(review: Review) -> None:
    change_id = review.propose("New", key=BOTH)
    own = {"batch_title": "t", "approved_ids": [change_id]}

    assert review.post("/batches", own, key=BOTH).status_code == 403
    review.approve(change_id)
    assert review.post(f"/changes/{change_id}/apply", {}, key=BOTH).status_code == 403


def test_a_deployment_may_let_people_approve_their_own(make_review: MakeReview) -> None:
    review = make_review(pending_queue={"allow_self_approval": True})
    change_id = review.propose("New", key=BOTH)

    own = review.post("/batches", {"batch_title": "t", "approved_ids": [change_id]}, key=BOTH)

    assert own.status_code == 200
    assert review.post(f"/changes/{change_id}/apply", {}, key=BOTH).status_code == 200


@pytest.mark.parametrize("decision", [{"approved_ids": [1, 9]}, {"rejected_ids": [9], "reject_reason": "r"}])
def test_a_decision_about_an_unknown_change_decides_nothing(review: Review, decision: dict[str, Any]) -> None:
    review.propose("New")

    assert review.post("/batches", {"batch_title": "t", **decision}).status_code == 400
    assert review.queue("/changes/1").json()["status"] == "pending"


def test_the_same_job_again_gets_the_same_answer_again(review: Review) -> None:
    change_id = review.propose("New")
    review.approve(change_id)

    first = review.apply(change_id, job_id="job")
    again = review.apply(change_id, job_id=" job ")
    other = review.apply(change_id, job_id="other")

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 400)
    assert first.json() == again.json()


def test_a_whole_batch_is_applied_without_a_split(review: Review) -> None:
    batch_id = review.approve(review.propose("A"), review.propose("B"))

    answer = review.post(f"/apply_batch/{batch_id}?job_id=j").json()

    assert [change["change_id"] for change in answer["applied"]] == [1, 2]
    assert answer["batch_split_occurred"] is False
    assert "failed_change_id" not in answer
    assert set(review.get(f"{V2}/esrgan").json()) >= {"A", "B"}


def test_what_is_left_of_a_batch_moves_to_a_new_one(review: Review) -> None:
    review.approve(review.propose("A"), review.propose("B"))

    answer = review.apply(1).json()

    assert answer["batch_split_original_batch_id"] == 1
    assert answer["batch_split_new_batch_id"] == 2
    assert answer["batch_split_reassigned_count"] == 1
    assert review.queue("/changes/2").json()["batch_id"] == 2


@pytest.mark.parametrize("batch_id", [0, 9, HUGE])
def test_an_unknown_batch_is_not_found(review: Review, batch_id: int) -> None:
    assert review.post(f"/apply_batch/{batch_id}").status_code == 404


def test_applying_stops_at_a_conflict_and_says_so(review: Review) -> None:
    twice = [review.propose("Same"), review.propose("Same")]
    review.approve(*twice)

    answer = review.post("/apply", {"change_ids": twice})

    assert answer.status_code == 409
    assert [change["change_id"] for change in answer.json()["applied"]] == [1]
    assert answer.json()["failed_change_id"] == 2
    assert answer.json()["failed_error_type"] == "PendingChangeConflictError"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"change_ids": [1, 9]}, 404),
        ({"change_ids": [1, 2]}, 400),
        ({"change_ids": []}, 422),
        ({"change_ids": [0]}, 422),
        ({"change_ids": [1], "job_id": "x" * 121}, 422),
        ({}, 422),
    ],
)
def test_a_bad_selection_applies_nothing(review: Review, body: dict[str, Any], status: int) -> None:
    review.approve(review.propose("A"))
    review.propose("B")

    assert review.post("/apply", body).status_code == status
    assert review.queue("/changes/1").json()["status"] == "approved"


def test_a_change_can_be_withdrawn_by_its_proposer_only(review: Review) -> None:
    change_id = review.propose("New")

    assert review.post(f"/changes/{change_id}/withdraw", key=BOTH).status_code == 403
    assert review.post(f"/changes/{change_id}/withdraw", key=REQUESTOR).json()["status"] == "withdrawn"
    assert review.post(f"/changes/{change_id}/withdraw", key=REQUESTOR).status_code == 400


def test_an_approval_can_be_taken_back(review: Review) -> None:
    change_id = review.propose("New")
    review.approve(change_id)

    answer = review.post(f"/changes/{change_id}/unapprove")

    assert (answer.json()["status"], answer.json()["batch_id"]) == ("pending", None)
    assert review.post(f"/changes/{change_id}/unapprove").status_code == 400
    assert review.post(f"/changes/{change_id}/unapprove", key=REQUESTOR).status_code == 403


def test_a_change_in_conflict_can_be_made_anew(review: Review) -> None:
    late = review.propose("New", description="late")
    review.write("New", description="first")

    rebased = review.post(f"/changes/{late}/rebase", key=REQUESTOR)
    review.approve(late)

    assert rebased.json()["operation"] == "update"
    assert review.apply(late).status_code == 200
    assert review.get(f"{V2}/esrgan/model/New").json()["description"] == "late"


def test_a_change_is_rebased_to_a_new_record_only_if_that_is_one(review: Review) -> None:
    change_id = review.propose("New")
    path = f"/changes/{change_id}/rebase"

    bad = review.post(path, {"payload": {"description": "no name"}}, key=REQUESTOR)
    good = review.post(path, {"payload": {"name": "New", "description": "better"}}, key=REQUESTOR)

    assert details(bad) == [("missing", ["body", "payload", "name"])]
    assert good.json()["payload"]["description"] == "better"


def test_people_talk_about_a_change(review: Review) -> None:
    change_id = review.propose("New")

    said = review.post(f"/changes/{change_id}/comments", {"text": " why? "}, key=APPROVER)

    assert said.status_code == 201
    comments = review.queue(f"/changes/{change_id}/comments").json()
    assert [(comment["username"], comment["text"]) for comment in comments] == [("Appr#2003", "why?")]
    assert review.post(f"/changes/{change_id}/comments", {"text": "hi"}, key=STRANGER).status_code == 403


@pytest.mark.parametrize(
    ("body", "removed"),
    [
        ({"purge_all": True}, [1, 2, 3]),
        ({"statuses": ["rejected"]}, [3]),
        ({"purge_all": True, "statuses": ["rejected"]}, [3]),
        ({"model_name": "alph"}, [1]),
        ({"requested_by": ["2002"]}, [2]),
        ({"statuses": ["applying"]}, []),
    ],
)
def test_changes_can_be_purged(filled: Review, body: dict[str, Any], removed: list[int]) -> None:
    dry = filled.post("/purge", {**body, "dry_run": True}).json()
    done = filled.post("/purge", body).json()

    assert dry == {"removed_count": len(removed), "removed_change_ids": removed, "dry_run": True}
    assert done["removed_change_ids"] == removed
    assert not set(removed) & set(numbers(filled.queue("/changes")))
    assert filled.propose("Delta") == 4


@pytest.mark.parametrize("body", [{}, {"requested_by": [" "]}, {"model_name": ""}])
def test_a_purge_has_to_say_what_it_means(review: Review, body: dict[str, Any]) -> None:
    assert review.post("/purge", body).status_code == 422


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/purge", {"purge_all": True}),
        ("/batches", {"batch_title": "t", "approved_ids": [1]}),
        ("/apply", {"change_ids": [1]}),
        ("/apply_batch/1", None),
        ("/changes/1/apply", {}),
        ("/changes/1/unapprove", None),
    ],
)
def test_only_approvers_decide(review: Review, path: str, body: Any) -> None:
    assert review.post(path, body, key=REQUESTOR).status_code == 403
    assert review.post(path, body, key="bogus").status_code == 401


def test_without_a_queue_every_route_of_it_is_out_of_service(make_review: MakeReview) -> None:
    review = make_review(pending_queue={"enabled": False})

    assert review.queue("/changes").status_code == 503
    assert review.queue("/changes", "bogus").status_code == 401
    assert review.get(f"{V2}/esrgan/pending", STRANGER).status_code == 503
    assert review.post("/batches", {"batch_title": "t", "approved_ids": [1]}).status_code == 503


def test_the_beta_view_shows_what_is_proposed_but_no_deletions(review: Review) -> None:
    review.propose("New", description="beta")
    review.send("DELETE", f"{V2}/esrgan/model/{UPSCALER}")

    shown = review.get(f"{V2}/esrgan/pending", STRANGER).json()

    assert list(shown) == ["New"]
    assert shown["New"]["description"] == "beta"
    assert shown["New"]["licensing"]["license_expression"] == "NOASSERTION"


def test_the_beta_view_shows_legacy_proposals_in_the_current_format(legacy_review: Review) -> None:
    legacy_review.send("POST", f"{V1}/esrgan", {"name": "New", "description": "beta"})

    shown = legacy_review.get(f"{V2}/esrgan/pending", STRANGER).json()

    assert shown["New"]["record_type"] == "esrgan"
