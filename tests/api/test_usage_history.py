"""The usage of models day by day over HTTP, from the AI-Horde to the answer."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ai_horde_stub import AIHordeStub, running_stub
from api_client import MakeClient
from hmr import eventually
from starlette.testclient import TestClient

from horde_model_reference.catalog.live import Usage
from horde_model_reference.catalog.usage_history import DayFigures, DayReport
from horde_model_reference.domain.categories import Category
from horde_model_reference.store.engine import create_engine
from horde_model_reference.store.usage_history import StoredUsageHistory

STATISTICS = "/api/model_references/statistics"
IMAGES = f"{STATISTICS}/image_generation"
MODEL = "Harbor Light"
NOBODY = "http://127.0.0.1:9/api/"


def today() -> date:
    return datetime.now(UTC).date()


@pytest.fixture
def stub() -> Iterator[AIHordeStub]:
    with running_stub() as stub:
        yield stub


@pytest.fixture
def client(make_client: MakeClient, stub: AIHordeStub) -> TestClient:
    return make_client(ai_horde_url=stub.url)


Record = Callable[..., date]


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    """Return a function that stores the usage of some day, as another worker would, and returns the day."""
    engines: list[sa.Engine] = []

    def put(days_ago: int, *, category: Category = Category.image_generation, **usage: int) -> date:
        if not engines:
            engines.append(create_engine(tmp_path / "registry.sqlite3"))
        seen_at = int(time.time()) - days_ago * 86_400
        figures = {
            name.replace("_", " "): DayFigures(usage=Usage(day=count), worker_count=1)
            for name, count in usage.items()
        }
        report = DayReport(category=category, seen_at=seen_at, figures=figures)
        StoredUsageHistory(engines[0], retention_days=400).note(report, least_pause_seconds=0)
        return report.day

    yield put
    for engine in engines:
        engine.dispose()


def history(client: TestClient, **params: Any) -> Any:
    return client.get(f"{IMAGES}/history", params={"model": MODEL, **params})


def recorded_rows(folder: Path) -> list[tuple[str, int, int]]:
    engine = create_engine(folder / "registry.sqlite3")
    with engine.connect() as connection:
        query = sa.text("SELECT name, usage_month, worker_count FROM usage_days ORDER BY name")
        rows = [tuple(row) for row in connection.execute(query)]
    engine.dispose()
    return rows


def test_what_somebody_asks_for_is_recorded(client: TestClient, tmp_path: Path) -> None:
    asked_on = today()
    client.get(f"{IMAGES}/with-stats")

    eventually(lambda: len(recorded_rows(tmp_path)) == 4)

    body = history(client).json()
    last, day = date.fromisoformat(body["last_day"]), date.fromisoformat(body["days"][0]["date"])
    assert asked_on <= day <= last <= today()  # midnight may be at any moment
    assert body == {
        "category": "image_generation",
        "model": MODEL,
        "first_day": str(last - timedelta(days=29)),
        "last_day": str(last),
        "unused_since": None,
        "days": [
            {
                "date": str(day),
                "usage_day": 5,
                "usage_month": 90,
                "usage_total": 0,
                "worker_count": 3,
            }
        ],
    }


def test_the_background_refresh_records_by_itself(
    make_client: MakeClient, stub: AIHordeStub, tmp_path: Path
) -> None:
    make_client(ai_horde_url=stub.url, cache_hydration_enabled=True, cache_hydration_startup_delay_seconds=0)

    eventually(lambda: len(recorded_rows(tmp_path)) > 4)


def test_two_workers_record_a_day_once(make_client: MakeClient, stub: AIHordeStub, tmp_path: Path) -> None:
    workers = [make_client(ai_horde_url=stub.url, with_records=number == 0) for number in range(2)]

    for worker in workers:
        assert worker.get(f"{IMAGES}/with-stats").status_code == 200

    eventually(lambda: len(recorded_rows(tmp_path)) == 4)


def test_only_the_days_asked_for_are_shown_oldest_first(make_client: MakeClient, record: Record) -> None:
    client = make_client(ai_horde_url=NOBODY)
    recorded = [record(days_ago, Harbor_Light=days_ago) for days_ago in (40, 7, 6, 2)]

    for days in (30, 7, 366):
        body = history(client, days=days).json()
        first, last = date.fromisoformat(body["first_day"]), date.fromisoformat(body["last_day"])
        assert last - first == timedelta(days=days - 1)
        assert [day["date"] for day in body["days"]] == [str(day) for day in recorded if day >= first]


def test_a_history_has_an_entity_tag(make_client: MakeClient, record: Record) -> None:
    client = make_client(ai_horde_url=NOBODY)
    record(1, Harbor_Light=3)
    tag = history(client).headers["etag"]

    again = client.get(f"{IMAGES}/history", params={"model": MODEL}, headers={"if-none-match": tag})

    assert (again.status_code, again.headers["etag"]) == (304, tag)


def test_a_model_without_a_history_has_an_empty_one(make_client: MakeClient) -> None:
    client = make_client(ai_horde_url=NOBODY)

    answer = history(client)

    assert (answer.status_code, answer.json()["days"], answer.json()["unused_since"]) == (200, [], None)


def test_the_history_of_a_removed_model_can_still_be_read(make_client: MakeClient, record: Record) -> None:
    client = make_client(ai_horde_url=NOBODY)
    record(50, Long_Gone=1)

    assert history(client, model="Long Gone").status_code == 200


@pytest.mark.parametrize("model", ["Nobody", MODEL.lower(), ""])
def test_an_unknown_model_is_not_found(make_client: MakeClient, model: str) -> None:
    client = make_client(ai_horde_url=NOBODY)

    answer = history(client, model=model)

    assert (answer.status_code, type(answer.json()["detail"])) == (404, str)


@pytest.mark.parametrize("days", ["0", "367", "-1", "many", "1.5", ""])
def test_days_out_of_range_are_refused(make_client: MakeClient, days: str) -> None:
    answer = history(make_client(ai_horde_url=NOBODY), days=days)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "days"]


def test_a_model_has_to_be_named(make_client: MakeClient) -> None:
    answer = make_client(ai_horde_url=NOBODY).get(f"{IMAGES}/history")

    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["query", "model"])


@pytest.mark.parametrize(("category", "status"), [("esrgan", 400), ("nothing", 422)])
def test_other_categories_have_no_history(make_client: MakeClient, category: str, status: int) -> None:
    client = make_client(ai_horde_url=NOBODY)

    assert client.get(f"{STATISTICS}/{category}/history", params={"model": "a"}).status_code == status


def test_a_replica_sends_to_its_primary(make_client: MakeClient, stub: AIHordeStub) -> None:
    client = make_client(replicate_mode="REPLICA", ai_horde_url=stub.url)

    answer = history(client)

    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        "A REPLICA keeps no usage history; ask the PRIMARY.",
    )


def test_the_history_can_be_switched_off(make_client: MakeClient, stub: AIHordeStub, tmp_path: Path) -> None:
    client = make_client(ai_horde_url=stub.url, usage_history_days=0)

    assert client.get(f"{IMAGES}/with-stats").status_code == 200
    assert history(client).status_code == 503
    assert recorded_rows(tmp_path) == []


def risk(client: TestClient, category: str = "image_generation", **params: Any) -> Any:
    path = f"{STATISTICS}/{category}/deletion-risk"
    return client.get(path, params={"include_history": "true", **params})


def test_deletion_risk_says_since_when_models_are_not_used(
    make_client: MakeClient, stub: AIHordeStub, record: Record
) -> None:
    client = make_client(ai_horde_url=stub.url, usage_history_pause_seconds=86_400)
    record(9, Prairie_XL=1, Harbor_Light=1)
    unused_since = record(8, Prairie_XL=0, Harbor_Light=1)
    record(0, Prairie_XL=0, Harbor_Light=1)

    models = {model["name"]: model["unused_since"] for model in risk(client).json()["models"]}

    assert models["Harbor Light"] is None
    assert models["Prairie XL"] == str(unused_since)


def test_without_the_parameter_deletion_risk_is_as_ever(client: TestClient) -> None:
    plain = client.get(f"{IMAGES}/deletion-risk").json()
    dated = risk(client).json()

    assert all("unused_since" not in model for model in plain["models"])
    for model in dated["models"]:
        model.pop("unused_since")
    assert dated == plain


def test_a_database_without_the_history_costs_no_read_of_live_data(
    client: TestClient, tmp_path: Path
) -> None:
    engine = create_engine(tmp_path / "registry.sqlite3")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE usage_days")
    engine.dispose()

    assert client.get(f"{IMAGES}/with-stats").status_code == 200
    assert client.get(f"{IMAGES}/deletion-risk").status_code == 200
    assert history(client).status_code == 503
