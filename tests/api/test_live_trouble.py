"""The AI-Horde in trouble: what callers notice of it (spec 13)."""

import statistics
import time
from collections.abc import Iterator

import pytest
from ai_horde_stub import (
    AIHordeStub,
    Trouble,
    a_page,
    bad_numbers,
    bottomless,
    empty,
    failing,
    huge,
    running_stub,
    truncated,
    wrong_types,
)
from api_client import MakeClient
from starlette.testclient import TestClient

IMAGES = "/api/model_references/statistics/image_generation"
LIVE = [
    f"{IMAGES}/with-stats",
    f"{IMAGES}/deletion-risk",
    f"{IMAGES}/deletion-risk?include_history=true",
    "/api/model_references/v2/image_generation/popular",
]
TROUBLES = {
    "500": failing(500),
    "429": failing(429),
    "403": failing(403),
    "truncated": truncated,
    "wrong types": wrong_types,
    "huge": huge,
    "empty": empty,
    "a page": a_page,
    "bottomless": bottomless,
}


@pytest.fixture
def stub() -> Iterator[AIHordeStub]:
    with running_stub() as stub:
        yield stub


@pytest.fixture
def client(make_client: MakeClient, stub: AIHordeStub) -> TestClient:
    """Live data is stale as soon as it is there, so that each request asks for it anew."""
    return make_client(ai_horde_url=stub.url, horde_api_cache_ttl=0)


QUICK_SECONDS = 2
"""Far above what a first answer takes on a busy machine, and below any wait for the AI-Horde (3 s)."""


MOST_EXTRA_SECONDS = 0.3
"""For medians, which a busy machine hardly moves."""


def hang(stub: AIHordeStub) -> None:
    stub.may_answer.clear()


def seconds_of(client: TestClient, path: str) -> tuple[float, int]:
    began = time.perf_counter()
    status = client.get(path).status_code
    return time.perf_counter() - began, status


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_known_data_goes_on_through_any_trouble(
    client: TestClient, stub: AIHordeStub, trouble: Trouble
) -> None:
    for path in LIVE:
        client.get(path)
    stub.trouble = trouble

    for _ in range(3):
        for path in LIVE:
            seconds, status = seconds_of(client, path)
            assert status == 200
            assert seconds < QUICK_SECONDS

    assert client.get(LIVE[0]).json()["Harbor Light"]["usage_stats"] == {"day": 5, "month": 90, "total": 0}


def test_known_data_goes_on_while_the_ai_horde_hangs(client: TestClient, stub: AIHordeStub) -> None:
    for path in LIVE:
        client.get(path)
    hang(stub)

    for path in LIVE * 2:
        seconds, status = seconds_of(client, path)
        assert status == 200
        assert seconds < QUICK_SECONDS


@pytest.mark.parametrize("trouble", [TROUBLES["403"], truncated, wrong_types], ids=["403", "broken", "types"])
def test_without_any_data_trouble_is_a_bad_gateway(
    client: TestClient, stub: AIHordeStub, trouble: Trouble
) -> None:
    stub.trouble = trouble

    answers = [client.get(path) for path in LIVE]

    assert [answer.status_code for answer in answers] == [502] * len(LIVE)
    assert all(isinstance(answer.json()["detail"], str) for answer in answers)


def test_once_trouble_is_known_nobody_waits_for_data_that_never_was(
    client: TestClient, stub: AIHordeStub
) -> None:
    stub.trouble = failing(403)
    client.get(LIVE[0])
    hang(stub)

    for path in LIVE:
        seconds, status = seconds_of(client, path)
        assert status == 502
        assert seconds < QUICK_SECONDS


def test_a_hanging_ai_horde_costs_one_short_wait(client: TestClient, stub: AIHordeStub) -> None:
    hang(stub)
    first, _ = seconds_of(client, LIVE[0])

    assert first < 5
    for path in LIVE:
        seconds, status = seconds_of(client, path)
        assert status == 502
        assert seconds < QUICK_SECONDS


def test_reads_and_figures_of_records_do_not_notice(client: TestClient, stub: AIHordeStub) -> None:
    hang(stub)

    history = f"{IMAGES}/history?model=Harbor%20Light"
    for path in ("/api/heartbeat", IMAGES, history, "/api/model_references/v2/image_generation"):
        seconds, status = seconds_of(client, path)
        assert status == 200
        assert seconds < QUICK_SECONDS


def test_the_heartbeat_tells_of_trouble_and_of_its_end(client: TestClient, stub: AIHordeStub) -> None:
    healthy = {"degraded": False, "consecutive_failures": 0, "seconds_until_retry": None}
    assert client.get("/api/heartbeat").json()["ai_horde"] == healthy

    stub.trouble = failing(403)
    deadline = time.monotonic() + 20
    while not client.get("/api/heartbeat").json()["ai_horde"]["degraded"] and time.monotonic() < deadline:
        client.get(LIVE[0])

    heartbeat = client.get("/api/heartbeat").json()
    assert heartbeat["status"] == "ok"
    assert heartbeat["ai_horde"]["consecutive_failures"] >= 5
    assert 100 < heartbeat["ai_horde"]["seconds_until_retry"] <= 120


def median_seconds(client: TestClient, path: str) -> float:
    return statistics.median(seconds_of(client, path)[0] for _ in range(9))


@pytest.mark.parametrize(
    "trouble", [failing(500), failing(429), huge, None], ids=["500", "429", "huge", "hang"]
)
def test_in_known_trouble_no_endpoint_is_much_slower_than_usual(
    client: TestClient, stub: AIHordeStub, trouble: Trouble | None
) -> None:
    paths = [*LIVE, IMAGES, "/api/heartbeat", "/api/model_references/v2/image_generation"]
    usual = {path: median_seconds(client, path) for path in paths}
    stub.trouble = trouble
    if trouble is None:
        hang(stub)
    client.get(LIVE[0])

    slower = {path: median_seconds(client, path) - usual[path] for path in paths}

    assert max(slower.values()) < MOST_EXTRA_SECONDS, slower


def test_numbers_that_cannot_be_are_left_out_and_never_recorded(
    make_client: MakeClient, stub: AIHordeStub
) -> None:
    stub.trouble = bad_numbers
    client = make_client(ai_horde_url=stub.url)

    answers = {path: client.get(path) for path in LIVE}

    assert {answer.status_code for answer in answers.values()} <= {200, 502}
    assert client.get(f"{IMAGES}/history?model=Harbor%20Light").status_code == 200


def test_one_malformed_row_is_missed_by_nobody_else(client: TestClient, stub: AIHordeStub) -> None:
    stub.status = {"image": [{"name": "Prairie XL", "type": "image"}, *stub.status["image"][:1]]}

    body = client.get(LIVE[0]).json()

    assert body["Harbor Light"]["worker_count"] == 3
    assert body["Prairie XL"]["worker_count"] == 0
