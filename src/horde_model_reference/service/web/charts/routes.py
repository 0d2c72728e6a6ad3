"""The pages of charts."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.deletion_risk_report import RiskSelection
from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY, LiveDataUnavailableError
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.usage_history import utc_day
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import CategoryNotFoundError, StoreError
from horde_model_reference.service.derived_answers import DerivedAnswers
from horde_model_reference.service.errors import UnsupportedRequestError
from horde_model_reference.service.statistics import risk_policy, text_aliases
from horde_model_reference.service.web.browse.list_routes import known_category
from horde_model_reference.service.web.charts.bars import BarChart, Count, bar_chart
from horde_model_reference.service.web.charts.days import DayChart, DayValue, day_chart
from horde_model_reference.service.web.charts.distributions import distributions
from horde_model_reference.service.web.charts.risk_view import (
    PAGE_LENGTH,
    PRESET_LABELS,
    reasons_chart,
    risk_rows,
    scores_chart,
)
from horde_model_reference.service.web.labels import CATEGORY_LABELS
from horde_model_reference.service.web.live_figures import LIVE_FOR_SECONDS, live_or_none
from horde_model_reference.service.web.page_answers import shared_page

router = APIRouter(prefix="/charts")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """How far back a chart of use goes."""

    label: str
    days: int
    bar_days: int


_SPANS: Final[dict[str, _Span]] = {
    "": _Span(label="6 weeks", days=42, bar_days=1),
    "months": _Span(label="6 months", days=182, bar_days=7),
    "year": _Span(label="A year", days=364, bar_days=7),
}
_BUCKET_SECONDS: Final = 600
"""How often charts look for newer days of usage; adding up a month of all models takes a moment."""


@router.get("")
async def overview(request: Request) -> Response:
    """Show all categories side by side."""
    registry: Registry = request.app.state.registry

    def make() -> dict[str, object]:
        return {
            "categories": _categories(registry),
            "total": registry.catalog.record_count(),
            "usage": [
                (CATEGORY_LABELS[category].title, category, _usage(registry, category, _SPANS[""]))
                for category in WORK_KIND_OF_CATEGORY
                if registry.catalog.snapshot(category)
            ],
            "has_usage": registry.usage is not None,
            "shown": [category for category in CATEGORY_LABELS if registry.catalog.snapshot(category)],
            "labels": CATEGORY_LABELS,
        }

    revisions = tuple(
        snapshot.revision if (snapshot := registry.catalog.snapshot(category)) else None
        for category in Category
    )
    made_of = (revisions, registry.catalog.record_count(), _bucket())
    return await shared_page(request, "charts.html", made_of, make, for_seconds=LIVE_FOR_SECONDS)


@router.get("/{category}")
async def of_category(request: Request, category: str, span: Literal["", "months", "year"] = "") -> Response:
    """Show what the models of a category have in common, and how they are used."""
    registry: Registry = request.app.state.registry
    snapshot = _snapshot(registry, category)
    known = snapshot.category

    def make() -> dict[str, object]:
        return {
            "category": known,
            "heading": CATEGORY_LABELS[known].title,
            "total": len(snapshot),
            "charts": distributions(snapshot),
            "usage": _usage(registry, known, _SPANS[span]) if known in WORK_KIND_OF_CATEGORY else None,
            "spans": [(value, each.label) for value, each in _SPANS.items()],
            "span": span,
            "is_counted": known in WORK_KIND_OF_CATEGORY,
        }

    made_of = (snapshot.v2.tag, span, _bucket())
    return await shared_page(request, "charts_category.html", made_of, make, for_seconds=LIVE_FOR_SECONDS)


@router.get("/{category}/deletion-risk")
async def deletion_risk(
    request: Request,
    category: str,
    preset: Annotated[str, Query(max_length=40)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Show which models might be dropped, and why."""
    registry: Registry = request.app.state.registry
    snapshot = _snapshot(registry, category)
    kind = WORK_KIND_OF_CATEGORY.get(snapshot.category)
    if kind is None:
        raise UnsupportedRequestError(
            f"The AI-Horde counts nothing for {CATEGORY_LABELS[snapshot.category].title}."
        )
    if preset not in PRESET_LABELS:
        raise UnsupportedRequestError(f"There is no selection '{preset}'.")
    live = await live_or_none(request, kind)
    if live is None:
        raise LiveDataUnavailableError("What speaks against a model is known only with figures of its use.")

    def make() -> dict[str, object]:
        answers: DerivedAnswers = request.app.state.derived_answers
        selection, policy = RiskSelection(preset=preset or None), risk_policy(registry.settings)
        risks = answers.risks(snapshot, live, selection, policy, text_aliases(request))
        rows, first = risk_rows(risks.entries), (page - 1) * PAGE_LENGTH
        here = f"/charts/{snapshot.category}/deletion-risk?preset={preset}&page="
        return {
            "category": snapshot.category,
            "heading": CATEGORY_LABELS[snapshot.category].title,
            "summary": risks.summary,
            "reasons": reasons_chart(risks),
            "scores": scores_chart(risks),
            "rows": rows[first : first + PAGE_LENGTH],
            "first": first + 1,
            "count": len(rows),
            "previous": f"{here}{page - 1}" if page > 1 else None,
            "next": f"{here}{page + 1}" if first + PAGE_LENGTH < len(rows) else None,
            "presets": list(PRESET_LABELS.items()),
            "preset": preset,
            "as_of": live.fetched_at,
        }

    made_of = (snapshot.v2.tag, live.version, preset, page)
    return await shared_page(request, "charts_risk.html", made_of, make, for_seconds=LIVE_FOR_SECONDS)


def _snapshot(registry: Registry, name: str) -> CategorySnapshot:
    snapshot = registry.catalog.snapshot(known_category(name))
    if not snapshot:
        raise CategoryNotFoundError(f"There are no models in '{name}' here.")
    return snapshot


def _categories(registry: Registry) -> BarChart | None:
    counts = [
        Count(label=label.title, count=len(snapshot), path=f"/models/{category}")
        for category, label in CATEGORY_LABELS.items()
        if (snapshot := registry.catalog.snapshot(category))
    ]
    return bar_chart(counts, total=registry.catalog.record_count(), most_bars=len(Category))


def _usage(registry: Registry, category: Category, span: _Span) -> DayChart | None:
    """Return how much all models of a category were used; None where nothing is known of that."""
    if registry.usage is None:
        return None
    today = utc_day(time.time())
    try:
        totals = registry.usage.history.totals(category, first=today - timedelta(days=span.days - 1))
    except StoreError:
        return None
    values = [DayValue(day=each.day, requests=each.usage_day, second=each.models_used) for each in totals]
    return day_chart(values, days=span.days, today=today, second_title="Models used", bar_days=span.bar_days)


def _bucket() -> int:
    return int(time.time() // _BUCKET_SECONDS)
