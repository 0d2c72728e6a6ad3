"""The checks on a proposal over the API."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from file_server import Asked, Reply, serving
from hmr import eventually
from review_client import REQUESTOR, STRANGER, UPSCALER, V1, V2, MakeReview, Review

_MANY = 60
"""More than there are threads for requests."""


def a_download(**fields: Any) -> dict[str, Any]:
    return {"config": {"download": [{"file_name": "n.pth", "file_url": "", **fields}]}}


def outcomes(review: Review, change_id: int, **query: Any) -> dict[str, str]:
    answer = review.client.get(
        f"{V2}/pending_queue/changes/{change_id}/checks", params=query, headers={"apikey": STRANGER}
    )
    assert answer.status_code == 200, answer.text
    return {check["subject"]: check["outcome"] for check in answer.json()}


def test_a_proposal_is_checked(review: Review) -> None:
    change_id = review.propose("Upscale x2", **a_download(sha256sum="d4" * 32))

    assert outcomes(review, change_id) == {
        "Record": "good",
        "Licence": "note",
        "Name": "problem",
        "Address": "note",
        "Sum": "good",
        "Duplicate": "note",
    }


def test_twins_among_the_open_proposals_are_named(review: Review) -> None:
    first = review.propose("New", **a_download(sha256sum="d4" * 32))
    gone = review.propose("New?", **a_download(sha256sum="d4" * 32))
    review.post(f"/changes/{gone}/withdraw", key=REQUESTOR)
    review.approve(first)
    change_id = review.propose("new.", **a_download(sha256sum="D4" * 32))

    checks = review.queue(f"/changes/{change_id}/checks").json()

    assert {check["subject"]: check["change_ids"] for check in checks if check["change_ids"]} == {
        "Name": [first],
        "Duplicate": [first],
    }


def test_addresses_are_asked_when_somebody_wants_that(make_review: MakeReview) -> None:
    review = make_review(address_checks={"allow_private": True})
    with serving(lambda _asked: Reply(200, b"12345")) as server:
        change_id = review.propose(**a_download(file_url=f"{server.url}/n.pth", size_bytes=5))

        assert outcomes(review, change_id)["Reachable"] == "unknown"
        asked = outcomes(review, change_id, ask=True)
        assert (asked["Reachable"], asked["Size"]) == ("good", "good")
        assert outcomes(review, change_id)["Reachable"] == "good"


def test_a_host_that_does_not_answer_keeps_nobody_else_waiting(make_review: MakeReview) -> None:
    review = make_review(address_checks={"allow_private": True, "timeout_seconds": 60})
    may_answer = threading.Event()

    def answer(_asked: Asked) -> Reply:
        may_answer.wait(30)
        return Reply(200, b"12345")

    with (
        serving(answer) as server,
        ThreadPoolExecutor(_MANY) as askers,
    ):
        change_id = review.propose(**a_download(file_url=f"{server.url}/n.pth"))
        asked = [askers.submit(outcomes, review, change_id, ask=True) for _ in range(_MANY - 1)]
        eventually(lambda: len(server.asked) > 0)

        other = askers.submit(review.status_of, change_id)
        done, _ = wait([other], timeout=8)
        may_answer.set()

        assert done == {other}
        assert {each.result()["Reachable"] for each in asked} <= {"good", "unknown"}


def test_our_own_network_is_not_asked(review: Review) -> None:
    with serving(lambda _asked: Reply(200, b"12345")) as server:
        change_id = review.propose(**a_download(file_url=f"{server.url}/n.pth"))

        assert outcomes(review, change_id, ask=True)["Reachable"] == "problem"
        assert server.asked == []


@pytest.mark.parametrize("settings", [{"offline": True}, {"address_checks": {"enabled": False}}])
def test_where_nobody_may_ask_nothing_is_said_of_addresses(
    make_review: MakeReview, settings: dict[str, Any]
) -> None:
    review = make_review(**settings)
    change_id = review.propose(**a_download(file_url="https://files.example/n.pth"))

    assert "Reachable" not in outcomes(review, change_id, ask=True)


def test_a_deletion_has_nothing_to_check(review: Review) -> None:
    change_id = review.send("DELETE", f"{V2}/esrgan/model/{UPSCALER}").json()["change_id"]

    assert outcomes(review, change_id) == {}


def test_a_legacy_proposal_is_checked_alike(legacy_review: Review) -> None:
    body: dict[str, Any] = {"name": "New", **a_download(file_url="https://files.example/n.pth")}
    body["config"]["files"] = [{"path": "n.pth"}]
    answer = legacy_review.send("POST", f"{V1}/esrgan", body)
    assert answer.status_code == 202, answer.text

    assert outcomes(legacy_review, 1)["Record"] == "good"


def test_only_people_with_a_key_see_checks(review: Review) -> None:
    review.propose()

    assert review.get(f"{V2}/pending_queue/changes/1/checks").status_code == 401
    assert review.queue("/changes/1/checks", "bogus").status_code == 401
    assert review.queue("/changes/2/checks", REQUESTOR).status_code == 404
