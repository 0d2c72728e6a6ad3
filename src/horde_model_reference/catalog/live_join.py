"""Live data joined to the records it is about (spec 13, Joining a model with live data)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from horde_model_reference.catalog.live import NOT_SERVED, LiveModels, ModelStatus, Usage, WorkerSummary
from horde_model_reference.catalog.live_names import UsageKey
from horde_model_reference.catalog.reference_models import NamedModel, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendVariation:
    """A model as one backend serves it; the first four live figures are None where only usage is known."""

    backend: str
    variant_name: str
    worker_count: int
    performance: float | None
    queued: int | None
    queued_jobs: int | None
    eta: int | None
    usage_day: int
    usage_month: int
    usage_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLiveStatistics:
    """What is known of a model's use at the moment; None means not known, or not asked for."""

    queued_jobs: int | None
    performance: float | None
    eta: int | None
    queued: int | None
    usage_stats: Usage | None
    """None where nobody ever used the model."""
    worker_summaries: Mapping[str, WorkerSummary] | None
    backend_variations: Mapping[str, BackendVariation] | None
    observed_at: int
    """Unix seconds of the fetch from the AI-Horde."""
    worker_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WithStatsQuery:
    """What of the joined data to show, and in which order; None keeps storage order."""

    with_workers: bool = False
    with_variations: bool = False
    min_worker_count: int | None = None
    sort_by: str | None = None
    descending: bool = True


def join(
    models: Sequence[NamedModel], live: LiveModels, *, with_variations: bool = False
) -> dict[str, ModelLiveStatistics]:
    """Return the live data of every model by name; names without a record are left out."""
    owners = _owners(models)
    unknown = _statistics(live, NOT_SERVED, Usage(), None, {} if with_variations else None)
    return {
        model.name: _join_one(model, live, _UsageOf(live, owners, model.name), with_variations)
        if _is_known(model, live)
        else unknown
        for model in models
    }


def _is_known(model: NamedModel, live: LiveModels) -> bool:
    """Tell whether the AI-Horde says anything about a model; most of a large category are unknown to it."""
    return any(
        live.status.find(variant.lowered)
        or live.usage.find(variant.usage_key)
        or (live.workers is not None and live.workers.find((variant.lowered,)))
        for variant in model.variants
    )


def _owners(models: Iterable[NamedModel]) -> dict[str, str]:
    """Return the model of every name, in lower case, that is a variant of one model's name only."""
    claims: dict[str, list[str]] = {}
    for model in models:
        for variant in model.variants:
            claims.setdefault(variant.lowered, []).append(model.name)
    return {name: claimants[0] for name, claimants in claims.items() if len(claimants) == 1}


class _UsageOf:
    """The usage of one model: also under names like its own, unless another model has just that name."""

    def __init__(self, live: LiveModels, owners: Mapping[str, str], model: str) -> None:
        self._live = live
        self._owners = owners
        self._model = model

    def __call__(self, key: UsageKey) -> Usage:
        rows = self._live.usage.find(key).items()
        own = (usage for name, usage in rows if self._owners.get(name, self._model) == self._model)
        return reduce(add, own, Usage())


def _join_one(
    model: NamedModel, live: LiveModels, usage_of: _UsageOf, with_variations: bool
) -> ModelLiveStatistics:
    status = _busiest(live.status.find(variant.lowered) for variant in model.variants) or NOT_SERVED
    keys = dict.fromkeys(variant.usage_key for variant in model.variants)
    usage = reduce(add, map(usage_of, keys), Usage())
    workers = live.workers.find(variant.lowered for variant in model.variants) if live.workers else None
    variations = _variations(model, live, usage_of) if with_variations else None
    return _statistics(live, status, usage, workers, variations)


def _statistics(
    live: LiveModels,
    status: ModelStatus,
    usage: Usage,
    workers: Mapping[str, WorkerSummary] | None,
    variations: Mapping[str, BackendVariation] | None,
) -> ModelLiveStatistics:
    return ModelLiveStatistics(
        queued_jobs=status.queued_jobs,
        performance=status.performance,
        eta=status.eta,
        queued=status.queued,
        usage_stats=usage or None,
        worker_summaries=workers or None,
        backend_variations=variations,
        observed_at=live.fetched_at,
        worker_count=len(workers) if workers else status.worker_count,
    )


def with_stats(
    joined: Mapping[str, ModelLiveStatistics], query: WithStatsQuery
) -> dict[str, ModelLiveStatistics]:
    """Return what a query asks for; an unknown ``sort_by`` changes nothing (spec 13)."""
    found = [
        item
        for item in joined.items()
        if query.min_worker_count is None or item[1].worker_count >= query.min_worker_count
    ]
    key = _SORT_KEYS.get(query.sort_by or "")
    return dict(sorted(found, key=key, reverse=query.descending) if key else found)


def _busiest(rows: Iterable[ModelStatus | None]) -> ModelStatus | None:
    known = [row for row in rows if row is not None]
    return max(known, key=lambda row: row.worker_count, default=None)


def _variations(model: NamedModel, live: LiveModels, usage_of: _UsageOf) -> dict[str, BackendVariation]:
    found: dict[str, BackendVariation] = {}
    for variant in model.variants:
        status, usage = live.status.find(variant.lowered), usage_of(variant.usage_key)
        if status or usage:
            found.setdefault(variant.backend, _variation(variant, status or NOT_SERVED, usage))
    return found


def _variation(variant: Variant, status: ModelStatus, usage: Usage) -> BackendVariation:
    return BackendVariation(
        backend=variant.backend,
        variant_name=status.name or variant.name,
        worker_count=status.worker_count,
        performance=status.performance,
        queued=status.queued,
        queued_jobs=status.queued_jobs,
        eta=status.eta,
        usage_day=usage.day,
        usage_month=usage.month,
        usage_total=usage.total,
    )


_Item = tuple[str, ModelLiveStatistics]
_SORT_KEYS: Mapping[str, Callable[[_Item], Any]] = {
    "worker_count": lambda item: item[1].worker_count,
    "usage_total": lambda item: item[1].usage_stats.total if item[1].usage_stats else 0,
    "usage_month": lambda item: item[1].usage_stats.month if item[1].usage_stats else 0,
    "name": lambda item: item[0].lower(),
}
SORT_FIELDS = frozenset(_SORT_KEYS)
"""What ``sort_by`` may be."""
