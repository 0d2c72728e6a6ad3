"""Requests made up from the API's own description to every route that writes, by people who may do all.

None may bring a status 5xx but the 503 that is meant, and the service answers as before afterwards. With
``HORDE_LONG_TESTS`` there are 2,000 requests on each database, otherwise some 300.
"""

import logging
import os
from collections import Counter
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from made_up_requests import Operation, described_operations
from review_client import APPROVER, BOTH, REQUESTOR, UPSCALER, V1, V2, MakeReview, Review

from horde_model_reference.domain.categories import Category
from horde_model_reference.store.audit import verify_audit
from horde_model_reference.store.store import Store

_log = logging.getLogger(__name__)

_REQUESTS = 2_000 if "HORDE_LONG_TESTS" in os.environ else 300
_WRITING = {"POST", "PUT", "PATCH", "DELETE"}
_ELSEWHERE = ("search", "statistics", "text_utils")
"""Parts of paths whose POST only asks."""
_KEYS = st.sampled_from([BOTH, REQUESTOR, APPROVER])
_KNOWN = {
    "model_category_name": "esrgan",
    "model_name": UPSCALER,
    "change_id": 1,
    "batch_id": 1,
    "license_id": "WTFPL",
    "asset_kind": "software_component",
    "asset_identifier": "comfyui",
}
"""Values of path parameters that lead to something."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("canonical_format", ["v2", "legacy"])
def test_no_write_request_breaks_the_service(
    make_review: MakeReview, database_url: str, canonical_format: str
) -> None:
    review = make_review(
        canonical_format=canonical_format, database_url=database_url, licensing={"editor_ids": ["2002"]}
    )
    operations = writing_operations(review)
    statuses: Counter[int] = Counter()
    propose_something(review, canonical_format)
    before, serial = all_reads(review), serial_of(database_url)

    for operation in operations:
        check_operation(operation, examples=-(-_REQUESTS // (2 * len(operations))), statuses=statuses)

    _log.info("%s requests: %s", statuses.total(), dict(statuses))
    assert len(operations) > 30
    assert statuses[200] + statuses[202] > 0
    assert_answers_as_before(review, before, canonical_format, changed=serial_of(database_url) != serial)


def writing_operations(review: Review) -> list[Operation]:
    """Return the operations that may write, as the service describes them."""
    return [
        operation
        for operation in described_operations(review.client)
        if operation.method.upper() in _WRITING and not any(part in operation.path for part in _ELSEWHERE)
    ]


def check_operation(operation: Operation, *, examples: int, statuses: Counter[int]) -> None:
    cases = st.one_of(
        operation.as_strategy(), operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
    )

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, key=_KEYS, is_known=st.booleans())
    def no_status_is_5xx(case: schemathesis.Case[Any], key: str, is_known: bool) -> None:
        if is_known:
            case.path_parameters.update({name: _KNOWN[name] for name in _KNOWN & case.path_parameters.keys()})
        status = case.call(headers={"apikey": key}).status_code

        statuses[status] += 1
        assert status < 500 or status == 503, f"{operation.label}: {status}"

    no_status_is_5xx()


def category_for_proposals(canonical_format: str) -> str:
    """Return a category that takes proposals under v2, which lora always does."""
    return "esrgan" if canonical_format == "v2" else "lora"


def propose_something(review: Review, canonical_format: str) -> None:
    """Put two changes into the queue, the first of them approved."""
    path = f"{V2}/{category_for_proposals(canonical_format)}"
    ids = [review.send("POST", path, {"name": name}).json()["change_id"] for name in ("One", "Two")]
    review.approve(ids[0])


def serial_of(database_url: str) -> int:
    """Return the serial of a database, whose trail and tables hold."""
    with closing(Store.open(database_url)) as store:
        assert (verify_audit(store).fault, store.check()) == (None, [])
        return store.serial()


def all_reads(review: Review) -> dict[str, tuple[int, bytes]]:
    """Return every category as both versions show it."""
    answers = {
        path: review.get(path) for category in Category for path in (f"{V2}/{category}", f"{V1}/{category}")
    }
    return {path: (answer.status_code, answer.content) for path, answer in answers.items()}


def assert_answers_as_before(
    review: Review, before: dict[str, tuple[int, bytes]], canonical_format: str, *, changed: bool
) -> None:
    """Check that nothing changed unseen, that the store holds, and that a change still goes all its way."""
    after = all_reads(review)
    assert {status for status, _ in after.values()} <= {200, 404}
    assert changed or after == before
    assert review.get("/api/heartbeat").status_code == 200
    assert review.queue("/changes?limit=500").status_code == 200
    category, name = category_for_proposals(canonical_format), "Made after all that"
    answer = review.send("POST", f"{V2}/{category}", {"name": name}, key=REQUESTOR)
    assert answer.status_code == 202, answer.text
    change_id = answer.json()["change_id"]
    review.approve(change_id)
    assert review.apply(change_id).status_code == 200
    assert review.get(f"{V2}/{category}/model/{name}").status_code == 200
