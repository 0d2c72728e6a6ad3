"""How much each model was used, day by day: what is kept of it, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from horde_model_reference.catalog.live import LiveModels, Usage
from horde_model_reference.catalog.live_join import ModelLiveStatistics
from horde_model_reference.domain.categories import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """The figures of one model on one day, as they were last seen on it."""

    usage: Usage
    worker_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """What was seen of the models of a category at one time."""

    category: Category
    seen_at: int
    """Unix seconds of the fetch from the AI-Horde."""
    figures: Mapping[str, DayFigures]
    """By the name of the record."""

    @property
    def day(self) -> date:
        """Return the day in UTC that the figures belong to."""
        return utc_day(self.seen_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDay:
    """A day in the history of a model."""

    day: date
    figures: DayFigures
    unused_since: date | None
    """First of the recorded days without use that lead up to this one; None where the model was used."""
    seen_at: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotal:
    """A day in the history of a category."""

    day: date
    usage_day: int
    """Requests within 24 hours, for all models."""
    models_used: int
    """How many models had any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDay:
    """What the newest day of the history says of a category."""

    seen_at: int = 0
    """Unix seconds; 0 where nothing is recorded."""
    unused_since: Mapping[str, date | None]
    """By the name of the record; see `UsageDay.unused_since`."""


class UsageHistory(Protocol):
    """Keeps the figures of each day, for several processes at once."""

    def note(self, report: DayReport, *, least_pause_seconds: float) -> bool:
        """Keep a report in place of what its day has of these models; False where that is too fresh.

        Raises:
            StoreError: The history can't be written.
        """
        ...

    def days(self, category: Category, model: str, *, first: date) -> list[UsageDay]:
        """Return the recorded days of a model from one day on, oldest first; raise StoreError."""
        ...

    def totals(self, category: Category, *, first: date) -> list[DayTotal]:
        """Return what all models of a category were used on each day from one on, oldest first."""
        ...

    def has_model(self, category: Category, model: str) -> bool:
        """Tell whether anything was ever recorded of a model; raise StoreError."""
        ...

    def last_day(self, category: Category) -> LastDay:
        """Return what the newest recorded day says; raise StoreError."""
        ...


def utc_day(unix_seconds: float) -> date:
    """Return the day in UTC of a Unix time."""
    return datetime.fromtimestamp(unix_seconds, UTC).date()


def day_report(
    category: Category, live: LiveModels, joined: Mapping[str, ModelLiveStatistics]
) -> DayReport | None:
    """Return the figures to keep; None where no model has any usage, which is no news but a fault."""
    figures = {
        name: DayFigures(usage=each.usage_stats or Usage(), worker_count=each.worker_count)
        for name, each in joined.items()
    }
    if not any(each.usage for each in figures.values()):
        return None
    return DayReport(category=category, seen_at=live.fetched_at, figures=figures)


def unused_since(day: date, figures: DayFigures, before: UsageDay | None) -> date | None:
    """Return the first day without use up to this one, given the day recorded before; None after use.

    Requests are also seen in the grown total, where days between are missing. A total that comes from
    nothing tells nothing: the AI-Horde leaves out parts of its answer at times.
    """
    usage = figures.usage
    if usage.day:
        return None
    if before is None:
        return day
    if usage.total > before.figures.usage.total > 0:
        return None
    return before.unused_since or day
