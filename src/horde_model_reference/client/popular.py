"""The models that are used most at the moment, for programs (spec 30 §4.3)."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY, LiveDataUnavailableError
from horde_model_reference.catalog.live_join import ModelLiveStatistics, join
from horde_model_reference.catalog.popularity import PopularityMetric, PopularQuery, popular_models
from horde_model_reference.catalog.reference_models import read_models
from horde_model_reference.catalog.snapshot import StoredRecord, build_snapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.sources.copies import CategoryCopy

if TYPE_CHECKING:
    from horde_model_reference.sources.ai_horde import AIHordeClient


@dataclass(frozen=True, slots=True, kw_only=True)
class PopularModelResult:
    """A model with what is known of its use."""

    name: str
    record: dict[str, Any]
    """All known fields of the record, without nulls."""
    stats: ModelLiveStatistics


def find_popular_models(
    category: Category, copy: CategoryCopy | None, client: "AIHordeClient", query: PopularQuery
) -> list[PopularModelResult]:
    """Return the models used most, best first; none for a category that the AI-Horde does not count.

    Raises:
        LiveDataUnavailableError: The AI-Horde can't be asked.
    """
    kind = WORK_KIND_OF_CATEGORY.get(category)
    if kind is None or copy is None:
        return []
    records = [
        StoredRecord(name=name, document=orjson.dumps(document)) for name, document in copy.documents.items()
    ]
    snapshot = build_snapshot(category, records, revision=0, modified_at=int(time.time()))
    live = client.live(kind, with_workers=query.with_workers)
    joined = join(read_models(snapshot), live)
    return [
        PopularModelResult(name=found["name"], record=found["record"], stats=joined[found["name"]])
        for found in popular_models(snapshot, joined, query)
    ]


def popular_query(*, limit: int, sort_by: str, with_workers: bool) -> PopularQuery:
    """Return the query; raise ValueError for another ``sort_by`` than a `PopularityMetric`."""
    return PopularQuery(limit=limit, metric=PopularityMetric(sort_by), with_workers=with_workers)


def require_online(offline: bool) -> None:
    """Raise LiveDataUnavailableError where the network must not be used."""
    if offline:
        raise LiveDataUnavailableError("offline, so nobody can be asked what is in use")
