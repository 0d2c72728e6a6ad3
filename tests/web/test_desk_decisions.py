"""Deciding at the desk: what becomes of a change, and of the form where something is in the way."""

from collections.abc import Callable

from review_client import APPROVER, UPSCALER, V2, Review
from web_client import Browser

SignedIn = Callable[[str], Browser]


def test_what_can_not_be_applied_is_not_approved_at_once_either(signed_in: SignedIn, review: Review) -> None:
    for _ in range(2):
        assert review.send("DELETE", f"{V2}/esrgan/model/{UPSCALER}").status_code == 202
    browser = signed_in(APPROVER)
    browser.post("/queue/1/approve", {"title": "t", "then": "apply"}, page="/queue/1")

    answer = browser.post("/queue/2/approve", {"title": "t", "then": "apply"}, page="/queue/2")

    assert answer.status_code == 409
    assert review.queue("/changes/2").json()["status"] == "pending"
