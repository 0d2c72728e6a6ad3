"""What the records of a category have in common, counted."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from horde_model_reference.catalog.search import SearchRequest, search
from horde_model_reference.catalog.size_buckets import SIZE_FIELDS
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.license_expressions import NOASSERTION
from horde_model_reference.service.web.charts.bars import BarChart, Count, bar_chart
from horde_model_reference.service.web.labels import LONGEST_LABEL, baseline_label, size_label, spaced
from horde_model_reference.service.web.text_filters import shortened

_FACETS = ("baseline", "size", "style", "license", "tags")
_FILTER_OF_FACET = {"tags": "tag"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How often each value of a trait occurs."""

    chart: BarChart
    silent_count: int
    """How many records don't say."""


def distributions(snapshot: CategorySnapshot) -> dict[str, Distribution]:
    """Return a chart for each trait that any record has, by the name of the trait."""
    request = SearchRequest(category=snapshot.category, limit=1, facets=_FACETS, fields=("name",))
    answer: dict[str, Any] = orjson.loads(search(snapshot.table(), request))
    found = {facet: _distribution(snapshot, facet, answer["facets"][facet]) for facet in _FACETS}
    return {facet: each for facet, each in found.items() if each is not None}


def _distribution(
    snapshot: CategorySnapshot, facet: str, values: list[dict[str, Any]]
) -> Distribution | None:
    said = [value for value in values if value["value"] != NOASSERTION]
    chart = _chart(snapshot.category, facet, said, len(snapshot))
    if chart is None:
        return None
    return Distribution(chart=chart, silent_count=_silent_count(snapshot, facet, values))


def _silent_count(snapshot: CategorySnapshot, facet: str, values: list[dict[str, Any]]) -> int:
    """Return how many records state nothing. Only the most frequent values are given, so they don't tell."""
    if facet == "license":
        return sum(int(value["count"]) for value in values if value["value"] == NOASSERTION)
    if facet == "size":
        return len(snapshot) - sum(int(value["count"]) for value in values)
    # A model has any number of tags; of all else one.
    return 0 if facet == "tags" else sum(1 for value in snapshot.table().column(facet) if not value)


def _chart(category: Category, facet: str, values: list[dict[str, Any]], total: int) -> BarChart | None:
    counts = [
        Count(
            label=shortened(_label(facet, value["value"]), LONGEST_LABEL),
            count=value["count"],
            path=_path(category, facet, value["value"]) if len(value["value"]) <= LONGEST_LABEL else None,
        )
        for value in values
    ]
    if facet == "size":
        counts = _in_order_of_size(values, category)
    return bar_chart(counts, total=total)


def _label(facet: str, value: str) -> str:
    return baseline_label(value) if facet == "baseline" else spaced(value)


def _in_order_of_size(values: list[dict[str, Any]], category: Category) -> list[Count]:
    found = {value["value"]: value["count"] for value in values}
    steps = [bucket[0] for buckets in SIZE_FIELDS.values() for bucket in buckets if bucket[0] in found]
    return [
        Count(label=size_label(step), count=found[step], path=_path(category, "size", step)) for step in steps
    ]


def _path(category: Category, facet: str, value: str) -> str:
    return f"/models/{category}?{urlencode({_FILTER_OF_FACET.get(facet, facet): value})}"
