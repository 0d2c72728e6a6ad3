"""The models that are used most at the moment (spec 12, popular)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

import orjson

from horde_model_reference.catalog.live_join import ModelLiveStatistics
from horde_model_reference.catalog.reference_models import is_list
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.domain.validation import validate_document


class PopularityMetric(StrEnum):
    """What models can be ranked by."""

    worker_count = "worker_count"
    usage_day = "usage_day"
    usage_month = "usage_month"
    usage_total = "usage_total"


@dataclass(frozen=True, slots=True, kw_only=True)
class PopularQuery:
    """How many models to list, and what decides."""

    limit: int = 10
    metric: PopularityMetric = PopularityMetric.worker_count
    with_workers: bool = False


def popular_models(
    snapshot: CategorySnapshot, joined: Mapping[str, ModelLiveStatistics], query: PopularQuery
) -> list[dict[str, Any]]:
    """Return name, typed record and live data of the first models, best first, unused ones to fill up.

    Equals keep their storage order. A record that its type does not allow is left out.
    """
    metric = _METRICS[query.metric]
    ranked = sorted(joined.items(), key=lambda item: metric(item[1]), reverse=True)
    return list(islice(_items(snapshot, ranked), query.limit))


def typed_document(category: Category, served: bytes) -> dict[str, Any]:
    """Return a record as read in its typed form: all known fields, defaults filled in, no null (spec 12).

    Raises:
        InvalidRecordError: The record's type does not allow it.
    """
    record = validate_document(category, orjson.loads(served))
    return without_nulls(record.model_dump(mode="json", exclude={"guidance"}))


def without_nulls(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object without the keys whose value is null, at every depth."""
    return {key: _without_nulls(item) for key, item in document.items() if item is not None}


def _without_nulls(value: Any) -> Any:
    if is_document(value):
        return without_nulls(value)
    return [_without_nulls(item) for item in value] if is_list(value) else value


def _items(
    snapshot: CategorySnapshot, ranked: Iterable[tuple[str, ModelLiveStatistics]]
) -> Iterable[dict[str, Any]]:
    for name, live in ranked:
        served = snapshot.record(name)
        try:
            record = typed_document(snapshot.category, served or b"{}")
        except InvalidRecordError:
            continue
        yield {"name": name, "record": record, "stats": without_nulls(orjson.loads(orjson.dumps(live)))}


_METRICS: Mapping[PopularityMetric, Callable[[ModelLiveStatistics], int]] = {
    PopularityMetric.worker_count: lambda live: live.worker_count,
    PopularityMetric.usage_day: lambda live: live.usage_stats.day if live.usage_stats else 0,
    PopularityMetric.usage_month: lambda live: live.usage_stats.month if live.usage_stats else 0,
    PopularityMetric.usage_total: lambda live: live.usage_stats.total if live.usage_stats else 0,
}
