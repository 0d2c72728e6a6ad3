"""What the AI-Horde says of models at the moment, ready for look-ups (spec 13, AI-Horde upstream)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from horde_model_reference.catalog.live_names import UsageKey, usage_key
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import SourceUnavailableError


class LiveDataUnavailableError(SourceUnavailableError):
    """The AI-Horde can't be asked, and nothing is left of an earlier answer."""


class WorkKind(StrEnum):
    """The two kinds of work that the AI-Horde counts by model."""

    image = "image"
    text = "text"


WORK_KIND_OF_CATEGORY: Mapping[Category, WorkKind] = {
    Category.image_generation: WorkKind.image,
    Category.text_generation: WorkKind.text,
}
"""The categories that have live data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """How a model is served at the moment, by the whole network; None only in `NOT_SERVED`."""

    name: str
    """As the AI-Horde spells it."""
    worker_count: int
    performance: float | None
    queued: int | None
    """Work that waits, in the unit of the kind (pixelsteps or tokens)."""
    queued_jobs: int | None
    eta: int | None
    """Seconds until the queue is worked off."""


NOT_SERVED = ModelStatus(name="", worker_count=0, performance=None, queued=None, queued_jobs=None, eta=None)
"""The status of a model that the AI-Horde doesn't list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Requests that a model served within the last day, the last month, and ever."""

    day: int = 0
    month: int = 0
    total: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(day=self.day + other.day, month=self.month + other.month, total=self.total + other.total)

    def __bool__(self) -> bool:
        return bool(self.day or self.month or self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSummary:
    """What is told of a worker; text limits are None for image workers."""

    id: str
    name: str
    performance: str
    """Speed with its unit, as the AI-Horde words it."""
    online: bool
    trusted: bool
    uptime: int
    """Seconds."""
    max_length: int | None
    max_context_length: int | None
    bridge_agent: str
    nsfw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerListing:
    """A worker with the names of the models that it offers."""

    summary: WorkerSummary
    models: tuple[str, ...]


class StatusTable:
    """The status of models by name; letter case is ignored."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Iterable[ModelStatus]) -> None:
        self._rows: dict[str, ModelStatus] = {}
        for row in rows:
            key = row.name.lower()
            known = self._rows.get(key)
            if known is None or row.worker_count > known.worker_count:
                self._rows[key] = row

    def find(self, lowered_name: str) -> ModelStatus | None:
        """Return the status of a name in lower case; of spellings that differ in case, the busiest."""
        return self._rows.get(lowered_name)


class UsageTable:
    """The usage of models by what their names have in common with a record's (`UsageKey`)."""

    __slots__ = ("_rows",)

    def __init__(self, kind: WorkKind, usage: Mapping[str, Usage]) -> None:
        self._rows: dict[UsageKey, dict[str, Usage]] = {}
        for name, numbers in usage.items():
            lowered = name.lower()
            rows = self._rows.setdefault(usage_key(name) if kind is WorkKind.text else (None, lowered), {})
            rows[lowered] = rows.get(lowered, Usage()) + numbers

    def find(self, key: UsageKey) -> Mapping[str, Usage]:
        """Return the usage of the names with a key, by name in lower case."""
        return self._rows.get(key, {})


class WorkerTable:
    """Workers by the names of the models that they offer; letter case is ignored."""

    __slots__ = ("_by_model",)

    def __init__(self, workers: Iterable[WorkerListing]) -> None:
        self._by_model: dict[str, dict[str, WorkerSummary]] = {}
        for worker in workers:
            for model in worker.models:
                self._by_model.setdefault(model.lower(), {})[worker.summary.id] = worker.summary

    def find(self, lowered_names: Iterable[str]) -> dict[str, WorkerSummary]:
        """Return the workers that offer any of the names, by id."""
        found: dict[str, WorkerSummary] = {}
        for name in lowered_names:
            found |= self._by_model.get(name, {})
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveModels:
    """All that is known at the moment of one kind of work."""

    kind: WorkKind
    status: StatusTable
    usage: UsageTable
    workers: WorkerTable | None = None
    """None where nobody asked for workers."""
    fetched_at: int
    """Unix seconds; of the oldest part."""
    age_seconds: float = field(default=0.0, compare=False)
    """How old the oldest part was when this was put together."""
    version: tuple[int, ...] = ()
    """Which answer each part comes from; equal versions are equal data."""
