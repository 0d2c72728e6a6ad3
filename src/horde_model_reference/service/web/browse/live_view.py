"""What the AI-Horde says of one model at the moment, as its page shows it."""

from dataclasses import dataclass
from typing import Final

from horde_model_reference.catalog.live import LiveModels, Usage, WorkerSummary
from horde_model_reference.catalog.live_join import ModelLiveStatistics
from horde_model_reference.catalog.reference_models import reference_model
from horde_model_reference.domain.categories import Category

_MOST_WORKERS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLive:
    """The figures of one model; None is not known."""

    worker_count: int
    queued_jobs: int | None
    eta_seconds: int | None
    performance: float | None
    usage: Usage
    workers: tuple[WorkerSummary, ...]
    more_workers: int
    as_of: int
    """Unix seconds."""


def model_live(
    category: Category,
    name: str,
    found: ModelLiveStatistics | None,
    live: LiveModels,
    with_workers: LiveModels | None,
) -> ModelLive | None:
    """Return the figures of a model; None where there are none."""
    if found is None:
        return None
    workers = _workers(category, name, with_workers)
    return ModelLive(
        worker_count=len(workers) or found.worker_count,
        queued_jobs=found.queued_jobs,
        eta_seconds=found.eta,
        performance=found.performance,
        usage=found.usage_stats or Usage(),
        workers=tuple(workers[:_MOST_WORKERS]),
        more_workers=max(0, len(workers) - _MOST_WORKERS),
        as_of=live.fetched_at,
    )


def _workers(category: Category, name: str, live: LiveModels | None) -> list[WorkerSummary]:
    if live is None or live.workers is None:
        return []
    variants = reference_model(category, name, {}).variants
    return list(live.workers.find(variant.lowered for variant in variants).values())
