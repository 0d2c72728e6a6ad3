"""What is recorded of the use of models, day by day (spec 13, AI-Horde upstream, has the figures)."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.usage_history import LastDay, UsageDay, UsageHistory, utc_day
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.service.dependencies import ERRORS, CategoryPath
from horde_model_reference.service.derived_answers import DerivedAnswers, DerivedFrom, derived_answer
from horde_model_reference.service.errors import UnavailableError, UnsupportedRequestError
from horde_model_reference.service.schemas import ErrorResponse

router = APIRouter(prefix="/model_references/statistics")

_BUCKET_SECONDS = 60
"""An answer is given again within a minute; other workers may have written meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageOfDay:
    """The figures of one day in UTC, as they were last seen on it."""

    date: date
    usage_day: int
    """Requests within the 24 hours before they were seen."""
    usage_month: int
    usage_total: int
    worker_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsageHistory:
    """The recorded days of a model within those asked for, oldest first; days may be missing."""

    category: Category
    model: str
    first_day: date
    last_day: date
    """Today, in UTC."""
    unused_since: date | None
    """First recorded day of the present time without use; None where used of late, or nothing is recorded."""
    days: list[UsageOfDay]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What equal answers have in common."""

    category: Category
    model: str
    days: int
    bucket: int


class RecentUsage:
    """The newest day of each category, read at most once a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[Category, tuple[float, LastDay]] = {}

    def last_day(self, history: UsageHistory, category: Category) -> LastDay:
        """Return what the newest recorded day says; raise StoreError where that was never to be had."""
        with self._lock:
            known = self._known.get(category)
            if known is None or self._clock() - known[0] >= _BUCKET_SECONDS:
                known = self._known[category] = (self._clock(), history.last_day(category))
            return known[1]


@router.get(
    "/{model_category_name}/history",
    operation_id="read_v2_model_usage_history",
    tags=["v2", "statistics"],
    responses={200: {"model": ModelUsageHistory}, **ERRORS, 400: {"model": ErrorResponse}},
)
async def usage_history(
    request: Request,
    model_category_name: CategoryPath,
    model: Annotated[str, Query(description="Name of the record.")],
    days: Annotated[int, Query(ge=1, le=366, description="Number of days up to today, in UTC.")] = 30,
) -> Response:
    """Return how much a model was used on each of the last days, as far as that was recorded."""
    category = model_category_name
    if category not in WORK_KIND_OF_CATEGORY:
        known = " and ".join(WORK_KIND_OF_CATEGORY)
        raise UnsupportedRequestError(f"The AI-Horde counts nothing for '{category}', only for {known}.")
    history = recorded_history(request)
    snapshot: CategorySnapshot | None = request.app.state.registry.catalog.snapshot(category)
    now = time.time()
    last = utc_day(now)
    first = last - timedelta(days=days - 1)
    asked = _Asked(category=category, model=model, days=days, bucket=int(now // _BUCKET_SECONDS))
    source = DerivedFrom(snapshot=snapshot)
    answers: DerivedAnswers = request.app.state.derived_answers
    read: list[UsageDay] | None = None
    if answers.find(source.key(asked)) is None:
        # Here and not where bodies are made: a slow database must not hold up the bodies of others.
        read = await asyncio.to_thread(history.days, category, model, first=first)
        if not read:
            await _require_known(history, snapshot, asked)

    def make(_answers: DerivedAnswers) -> ModelUsageHistory:
        found = history.days(category, model, first=first) if read is None else read
        return ModelUsageHistory(
            category=category,
            model=model,
            first_day=first,
            last_day=last,
            unused_since=found[-1].unused_since if found else None,
            days=[_of_day(each) for each in found],
        )

    return await derived_answer(request, source, asked, make, is_lasting=False)


def recorded_history(request: Request) -> UsageHistory:
    """Return the history; raise UnavailableError where this deployment keeps none."""
    registry: Registry = request.app.state.registry
    if registry.usage is None:
        where = "A REPLICA keeps no usage history; ask the PRIMARY."
        raise UnavailableError(where if registry.store is None else "The usage history is switched off here.")
    return registry.usage.history


async def recent_usage(request: Request, category: Category) -> LastDay:
    """Return what the history says of the models of a category at present.

    Raises:
        UnavailableError: This deployment keeps none.
        StoreError: The database can't be asked.
    """
    recent: RecentUsage = request.app.state.recent_usage
    return await asyncio.to_thread(recent.last_day, recorded_history(request), category)


async def _require_known(history: UsageHistory, snapshot: CategorySnapshot | None, asked: _Asked) -> None:
    if snapshot is not None and snapshot.record(asked.model) is not None:
        return
    if not await asyncio.to_thread(history.has_model, asked.category, asked.model):
        raise RecordNotFoundError(f"There is no model '{asked.model}' in {asked.category}.")


def _of_day(day: UsageDay) -> UsageOfDay:
    figures = day.figures
    return UsageOfDay(
        date=day.day,
        usage_day=figures.usage.day,
        usage_month=figures.usage.month,
        usage_total=figures.usage.total,
        worker_count=figures.worker_count,
    )
