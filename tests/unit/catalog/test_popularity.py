"""The models used most (spec 12, popular)."""

import orjson
import pytest

from horde_model_reference.catalog.live import Usage
from horde_model_reference.catalog.live_join import ModelLiveStatistics
from horde_model_reference.catalog.popularity import (
    PopularityMetric,
    PopularQuery,
    popular_models,
    typed_document,
)
from horde_model_reference.catalog.snapshot import CategorySnapshot, StoredRecord, build_snapshot
from horde_model_reference.domain.categories import Category


def a_snapshot(*names: str, **broken: bytes) -> CategorySnapshot:
    documents = {
        name: orjson.dumps({"name": name, "baseline": "stable_diffusion_xl", "nsfw": False}) for name in names
    }
    records = [StoredRecord(name=name, document=text) for name, text in (documents | broken).items()]
    return build_snapshot(Category.image_generation, records, revision=1, modified_at=1)


def live(workers: int, usage: Usage | None = None) -> ModelLiveStatistics:
    return ModelLiveStatistics(
        queued_jobs=None,
        performance=None,
        eta=None,
        queued=None,
        usage_stats=usage,
        worker_summaries=None,
        backend_variations=None,
        observed_at=1,
        worker_count=workers,
    )


def test_unused_models_fill_the_list_in_storage_order() -> None:
    joined = {"a": live(0), "b": live(2), "c": live(0), "d": live(5)}

    found = popular_models(a_snapshot(*joined), joined, PopularQuery(limit=3))

    assert [item["name"] for item in found] == ["d", "b", "a"]


@pytest.mark.parametrize(
    ("metric", "first"),
    [("worker_count", "a"), ("usage_day", "b"), ("usage_month", "c"), ("usage_total", "d")],
)
def test_the_metric_decides(metric: str, first: str) -> None:
    joined = {
        "a": live(9),
        "b": live(1, Usage(day=3)),
        "c": live(1, Usage(month=4)),
        "d": live(1, Usage(total=5)),
    }

    found = popular_models(
        a_snapshot(*joined), joined, PopularQuery(limit=1, metric=PopularityMetric(metric))
    )

    assert found[0]["name"] == first


def test_statistics_leave_out_what_is_not_known() -> None:
    joined = {"a": live(1, Usage(day=1))}

    (item,) = popular_models(a_snapshot("a"), joined, PopularQuery())

    assert item["stats"] == {
        "usage_stats": {"day": 1, "month": 0, "total": 0},
        "observed_at": 1,
        "worker_count": 1,
    }


def test_a_record_that_its_type_does_not_allow_is_left_out() -> None:
    joined = {"a": live(1), "broken": live(9)}

    found = popular_models(a_snapshot("a", broken=b'{"name":"broken"}'), joined, PopularQuery())

    assert [item["name"] for item in found] == ["a"]


def test_a_typed_record_has_its_defaults_and_no_nulls() -> None:
    found = typed_document(
        Category.text_generation,
        b'{"name":"a","parameters":7,"description":null,"odd":1,"guidance":{"status":"undocumented"}}',
    )

    assert found["parameters_count"] == 7
    assert found["record_type"] == "text_generation"
    assert not {"parameters", "description", "odd", "guidance"} & found.keys()
