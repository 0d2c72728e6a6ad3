"""What the records of a category have in common, counted."""

from typing import Any
from urllib.parse import urlencode

import orjson

from horde_model_reference.catalog.search import SearchRequest, search
from horde_model_reference.catalog.size_buckets import SIZE_FIELDS
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.web.browse.labels import spaced
from horde_model_reference.service.web.charts.bars import BarChart, Count, bar_chart

_FACETS = ("baseline", "size", "style", "license", "tags")
_FILTER_OF_FACET = {"tags": "tag"}
_LABELS = {"NOASSERTION": "not stated"}


def distributions(snapshot: CategorySnapshot) -> dict[str, BarChart | None]:
    """Return a chart for each trait that can be counted; None where no record has it."""
    request = SearchRequest(category=snapshot.category, limit=1, facets=_FACETS, fields=("name",))
    answer: dict[str, Any] = orjson.loads(search(snapshot.table(), request))
    return {
        facet: _chart(snapshot.category, facet, answer["facets"][facet], len(snapshot)) for facet in _FACETS
    }


def _chart(category: Category, facet: str, values: list[dict[str, Any]], total: int) -> BarChart | None:
    counts = [
        Count(
            label=_LABELS.get(value["value"], spaced(value["value"])),
            count=value["count"],
            path=_path(category, facet, value["value"]),
        )
        for value in values
    ]
    if facet == "size":
        counts = _in_order_of_size(values, category)
    return bar_chart(counts, total=total)


def _in_order_of_size(values: list[dict[str, Any]], category: Category) -> list[Count]:
    found = {value["value"]: value["count"] for value in values}
    labels = [bucket[0] for buckets in SIZE_FIELDS.values() for bucket in buckets if bucket[0] in found]
    return [Count(label=label, count=found[label], path=_path(category, "size", label)) for label in labels]


def _path(category: Category, facet: str, value: str) -> str:
    return f"/models/{category}?{urlencode({_FILTER_OF_FACET.get(facet, facet): value})}"
