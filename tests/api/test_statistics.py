"""Statistics, live data and deletion risk over HTTP (spec 13), on the fixture's records."""

from collections.abc import Iterator

import pytest
from ai_horde_stub import AIHordeStub, recorded_stub, running_stub
from api_client import MakeClient
from starlette.testclient import TestClient

STATISTICS = "/api/model_references/statistics"
AGE = "x-live-data-age"


@pytest.fixture
def stub() -> Iterator[AIHordeStub]:
    with running_stub() as stub:
        yield stub


@pytest.fixture
def client(make_client: MakeClient, stub: AIHordeStub) -> TestClient:
    return make_client(ai_horde_url=stub.url)


def test_statistics_of_records_ask_nobody(client: TestClient, stub: AIHordeStub) -> None:
    answer = client.get(f"{STATISTICS}/image_generation")

    assert answer.status_code == 200
    assert answer.json()["total_models"] == 4
    assert stub.requests == []
    assert AGE not in answer.headers


def test_paging_parameters_of_one_caller_reach_no_other(client: TestClient) -> None:
    first = client.get(f"{STATISTICS}/image_generation", params={"limit": 1, "offset": 2})
    second = client.get(f"{STATISTICS}/image_generation")

    assert (second.json()["offset"], second.json()["limit"]) == (0, None)
    assert first.content == second.content


def test_statistics_have_an_entity_tag(client: TestClient) -> None:
    tag = client.get(f"{STATISTICS}/text_generation").headers["etag"]

    again = client.get(f"{STATISTICS}/text_generation", headers={"if-none-match": tag})

    assert again.status_code == 304


def test_grouped_and_plain_statistics_stay_apart(client: TestClient) -> None:
    grouped: dict[str, str] = {"group_text_models": "true"}
    plain: dict[str, str] = {}
    counts = [
        client.get(f"{STATISTICS}/text_generation", params=params).json()["total_models"]
        for params in (plain, grouped, plain, grouped)
    ]

    assert counts == [5, 4, 5, 4]


@pytest.mark.parametrize("path", ["", "/with-stats", "/deletion-risk"])
def test_an_unknown_category_is_refused_with_a_list(client: TestClient, path: str) -> None:
    answer = client.get(f"{STATISTICS}/nothing{path}")

    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert (problem["type"], problem["loc"]) == ("enum", ["path", "model_category_name"])


@pytest.mark.parametrize("path", ["with-stats", "deletion-risk"])
def test_only_image_and_text_models_have_live_data(client: TestClient, path: str) -> None:
    assert client.get(f"{STATISTICS}/esrgan/{path}").status_code == 400


@pytest.mark.parametrize("path", ["with-stats", "deletion-risk"])
def test_an_empty_category_has_no_live_data(make_client: MakeClient, stub: AIHordeStub, path: str) -> None:
    client = make_client(with_records=False, ai_horde_url=stub.url)

    assert client.get(f"{STATISTICS}/image_generation/{path}").status_code == 404
    assert client.get(f"{STATISTICS}/image_generation").json()["total_models"] == 0


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("", {"limit": "0"}),
        ("", {"offset": "-1"}),
        ("/deletion-risk", {"limit": "0"}),
        ("/deletion-risk", {"limit": "9" * 40}),
        ("/with-stats", {"min_worker_count": "many"}),
    ],
)
def test_parameters_out_of_range_are_refused(client: TestClient, path: str, params: dict[str, str]) -> None:
    answer = client.get(f"{STATISTICS}/image_generation{path}", params=params)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", *params]


def test_live_data_is_joined_and_its_age_told(client: TestClient) -> None:
    answer = client.get(f"{STATISTICS}/image_generation/with-stats")

    body = answer.json()
    assert next(iter(body)) == "Harbor Light"
    assert len(body) == 4
    assert body["Harbor Light"] | {"observed_at": 0} == {
        "queued_jobs": 2,
        "performance": 10.5,
        "eta": 4,
        "queued": 8,
        "usage_stats": {"day": 5, "month": 90, "total": 0},
        "worker_summaries": None,
        "backend_variations": None,
        "observed_at": 0,
        "worker_count": 3,
    }
    assert int(answer.headers[AGE]) >= 0
    assert "max-age=" in answer.headers["cache-control"]


def test_live_data_has_an_entity_tag_that_holds_while_the_data_does(client: TestClient) -> None:
    tag = client.get(f"{STATISTICS}/image_generation/with-stats").headers["etag"]

    again = client.get(f"{STATISTICS}/image_generation/with-stats", headers={"if-none-match": tag})

    assert again.status_code == 304
    assert AGE in again.headers


def test_the_query_decides_what_is_shown(client: TestClient) -> None:
    params = {"include_workers": "true", "min_worker_count": "1", "sort_by": "name", "sort_desc": "false"}

    body = client.get(f"{STATISTICS}/image_generation/with-stats", params=params).json()

    assert list(body) == ["Harbor Light", "Prairie XL"]
    assert list(body["Harbor Light"]["worker_summaries"]) == ["w1"]
    assert body["Harbor Light"]["worker_count"] == 1


def test_queries_do_not_reach_into_each_other(client: TestClient) -> None:
    path = f"{STATISTICS}/text_generation/with-stats"
    plain = client.get(path).json()
    varied = client.get(path, params={"include_backend_variations": "true"}).json()

    assert client.get(path).json() == plain
    assert set(varied["acme/Pebble-4.1B"]["backend_variations"]) == {"canonical", "koboldcpp"}
    assert plain["acme/Pebble-4.1B"]["usage_stats"] == {"day": 0, "month": 35, "total": 0}


def test_deletion_risk_lists_and_sums_up(client: TestClient) -> None:
    body = client.get(f"{STATISTICS}/image_generation/deletion-risk", params={"limit": 1}).json()

    assert [model["name"] for model in body["models"]] == ["Harbor Light"]
    assert (body["category_total_month_usage"], body["total_count"], body["returned_count"]) == (100, 4, 1)
    assert body["summary"]["total_models"] == 4


def test_an_unknown_preset_is_refused_and_an_empty_one_is_none(client: TestClient) -> None:
    path = f"{STATISTICS}/image_generation/deletion-risk"

    assert client.get(path, params={"preset": "bogus"}).status_code == 400
    assert client.get(path, params={"preset": ""}).json() == client.get(path).json()


def test_grouped_deletion_risk_stays_grouped(client: TestClient) -> None:
    params = {"group_text_models": "true"}
    path = f"{STATISTICS}/text_generation/deletion-risk"

    answers = [client.get(path, params=params).json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert answers[0]["returned_count"] == 4


def test_the_settings_decide_which_hosts_are_preferred(make_client: MakeClient, stub: AIHordeStub) -> None:
    client = make_client(ai_horde_url=stub.url, preferred_file_hosts=["models.example", "civitai.com"])

    body = client.get(f"{STATISTICS}/image_generation/deletion-risk").json()

    assert body["summary"]["models_with_non_preferred_hosts"] == 0


def test_a_change_of_the_live_data_is_another_answer(make_client: MakeClient, stub: AIHordeStub) -> None:
    client = make_client(ai_horde_url=stub.url, horde_api_cache_ttl=0, http_stale_while_revalidate_seconds=0)
    path = f"{STATISTICS}/image_generation/with-stats"
    before = client.get(path).json()["Prairie XL"]["usage_stats"]["month"]

    stub.usage = {"image": {"month": {"Prairie XL": 11}}}

    assert (before, client.get(path).json()["Prairie XL"]["usage_stats"]["month"]) == (10, 11)


def test_popular_models_come_with_record_and_live_data(client: TestClient) -> None:
    answer = client.get("/api/model_references/v2/image_generation/popular", params={"limit": 2})

    body = answer.json()
    assert [item["name"] for item in body] == ["Prairie XL", "Harbor Light"]
    assert list(body[0]) == ["name", "record", "stats"]
    assert body[0]["record"]["licensing"]["license_expression"] == "NOASSERTION"
    assert body[0]["stats"]["usage_stats"] == {"day": 0, "month": 10, "total": 40}
    assert AGE in answer.headers


def test_popular_counts_listing_workers_when_they_are_asked_for(client: TestClient) -> None:
    params = {"include_workers": "true", "limit": "1"}

    (first,) = client.get("/api/model_references/v2/image_generation/popular", params=params).json()

    assert first["name"] == "Prairie XL"
    assert first["stats"]["worker_count"] == 5


@pytest.mark.parametrize("category", ["blip", "lora", "esrgan"])
def test_other_categories_have_no_popular_models_and_nobody_is_asked(
    client: TestClient, stub: AIHordeStub, category: str
) -> None:
    answer = client.get(f"/api/model_references/v2/{category}/popular")

    assert (answer.status_code, answer.json()) == (200, [])
    assert stub.requests == []


def test_popular_of_an_unknown_category_is_refused_with_a_text(client: TestClient) -> None:
    answer = client.get("/api/model_references/v2/nothing/popular")

    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize("params", [{"limit": "0"}, {"limit": "101"}, {"sort_by": "name"}])
def test_popular_refuses_what_it_does_not_know(client: TestClient, params: dict[str, str]) -> None:
    answer = client.get("/api/model_references/v2/image_generation/popular", params=params)

    assert answer.status_code == 422


def test_the_recorded_data_is_understood_whole(make_client: MakeClient) -> None:
    with running_stub(recorded_stub()) as stub:
        client = make_client(ai_horde_url=stub.url)
        for category in ("image_generation", "text_generation"):
            answer = client.get(f"{STATISTICS}/{category}/with-stats", params={"include_workers": "true"})
            assert answer.status_code == 200
