"""The past of the queue over HTTP (spec 22, Audit views)."""

import pytest
from ai_horde_stub import AIHordeStub
from api_client import MakeClient
from review_client import APPROVER, QUEUE, REQUESTOR, STRANGER, UPSCALER, V1, V2, MakeReview, Review


def test_what_nobody_has_decided_on_is_listed_newest_first(review: Review) -> None:
    review.propose("A")
    review.propose("B")

    shown = review.queue("/audit/current").json()

    assert [change["change_id"] for change in shown["pending_changes"]] == [2, 1]
    assert (shown["domain"], shown["total_pending"]) == ("v2", 2)
    (event,) = shown["pending_changes"][0]["events"]
    assert event["payload"] == {
        "change_id": 2,
        "operation": "create",
        "category": "esrgan",
        "action": "enqueue",
        "model": "B",
    }


def test_a_purged_change_is_not_listed_any_more(review: Review) -> None:
    review.propose("A")
    review.queue("/audit/current")
    review.post("/purge", {"purge_all": True})

    assert review.queue("/audit/current").json()["total_pending"] == 0


def test_a_batch_is_summed_up_as_it_goes(review: Review) -> None:
    review.approve(review.propose("A"), title="first")
    before = review.queue("/audit/batches/1").json()
    review.apply(1)
    after = review.queue("/audit/batches/1").json()

    assert (before["batch_title"], before["approved_by"]) == ("first", "2003")
    assert (before["approved_change_count"], before["applied_change_count"]) == (1, 0)
    assert before["applied_at"] is None
    assert (after["approved_change_count"], after["applied_change_count"]) == (1, 1)
    assert after["last_event_id"] == 4
    assert [event["action"] for event in after["changes"][0]["events"]] == ["enqueue", "approve", "apply"]


def test_batches_are_given_page_by_page(review: Review) -> None:
    for name in ("A", "B", "C"):
        review.write(name)

    first = review.queue("/audit/batches?limit=2").json()
    second = review.queue(f"/audit/batches?limit=2&cursor={first['next_cursor']}").json()

    assert [batch["batch_id"] for batch in first["batches"]] == [3, 2]
    assert [batch["batch_id"] for batch in second["batches"]] == [1]
    assert second["next_cursor"] is None


def test_a_batch_tells_what_it_did_to_each_record(review: Review) -> None:
    new = review.propose("New")
    changed = review.send("PUT", f"{V2}/esrgan/model/{UPSCALER}", {"name": UPSCALER, "description": "n"})
    review.approve(new, changed.json()["change_id"])
    review.post("/apply_batch/1")

    net = review.queue("/audit/batches/1/net_changes").json()

    assert (net["models_added"], net["models_modified"]) == (1, 1)
    added, modified = net["model_changes"]
    assert (added["model_name"], added["before_state"]) == ("New", None)
    assert modified["before_state"]["description"] == "Doubles width and height"
    assert modified["after_state"]["description"] == "n"
    assert net["total_field_changes"] == len(added["field_diffs"]) + len(modified["field_diffs"])
    assert net["has_critical_changes"] is True


def test_several_changes_of_a_batch_to_one_record_count_as_one(legacy_review: Review) -> None:
    first = legacy_review.send("POST", f"{V1}/esrgan", {"name": "New"}).json()["change_id"]
    legacy_review.approve(first)
    legacy_review.apply(first)

    net = legacy_review.queue("/audit/batches/1/net_changes").json()

    assert net["domain"] == "legacy"
    assert net["model_changes"][0]["after_state"]["type"] == "realesrgan"


@pytest.mark.parametrize("path", ["/audit/batches/77", "/audit/batches/77/net_changes"])
def test_an_unknown_batch_is_not_found(review: Review, path: str) -> None:
    answer = review.queue(path)

    assert (answer.status_code, answer.json()) == (404, {"detail": "Batch not found"})


def test_the_other_history_does_not_know_the_batch(review: Review) -> None:
    review.approve(review.propose("A"))

    assert review.queue("/audit/batches/1?domain_override=legacy").status_code == 404
    assert review.queue("/audit/batches?domain_override=legacy").json()["batches"] == []


@pytest.mark.parametrize(
    "query", ["domain_override=bogus", "limit=0", "limit=51", "cursor=0", "limit=1&cursor=x"]
)
def test_a_query_that_makes_no_sense_is_refused(review: Review, query: str) -> None:
    assert review.queue(f"/audit/batches?{query}").status_code == 422


def test_the_views_can_be_switched_off(make_review: MakeReview) -> None:
    review = make_review(audit={"enabled": False})

    assert review.queue("/audit/current", "bogus").status_code == 503
    assert review.get(f"{V2}/pending_queue/audit/current").status_code == 401


def test_a_replica_has_no_audit_trail(make_client: MakeClient, people: AIHordeStub) -> None:
    replica = Review(make_client(replicate_mode="REPLICA", ai_horde_url=people.url, pending_queue=QUEUE))

    answer = replica.queue("/audit/current")

    assert answer.status_code == 503
    assert answer.json()["detail"] == "A REPLICA has no queue of changes; ask the PRIMARY."


def test_comments_and_withdrawals_are_part_of_the_past(review: Review) -> None:
    change_id = review.propose("A")
    review.approve(change_id)
    review.post(f"/changes/{change_id}/comments", {"text": "hm"}, key=APPROVER)
    review.post(f"/changes/{change_id}/withdraw", key=REQUESTOR)

    batch = review.get(f"{V1}/pending_queue/audit/batches/1", STRANGER).json()

    (change,) = batch["changes"]
    assert change["status"] == "withdrawn"
    assert [event["action"] for event in change["events"]] == ["enqueue", "approve", "comment", "withdraw"]
    assert batch["approved_change_count"] == 0
