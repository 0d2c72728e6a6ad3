"""Figures of a category, from its records and from the AI-Horde (spec 13)."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.deletion_risk import PRESETS, CategoryDeletionRisk, RiskPolicy
from horde_model_reference.catalog.deletion_risk_report import RiskPage, RiskSelection, risk_page
from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY
from horde_model_reference.catalog.live_join import (
    SORT_FIELDS,
    ModelLiveStatistics,
    WithStatsQuery,
    with_stats,
)
from horde_model_reference.catalog.reference_models import read_documents
from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.statistics import CategoryStatistics, category_statistics
from horde_model_reference.catalog.text_directory import group_aliases
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import CategoryNotFoundError
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.service.dependencies import CategoryPath
from horde_model_reference.service.derived_answers import (
    DerivedAnswers,
    DerivedFrom,
    current_live,
    derived_answer,
)
from horde_model_reference.service.errors import UnsupportedRequestError
from horde_model_reference.service.schemas import ErrorResponse
from horde_model_reference.service.usage_history import recent_usage
from horde_model_reference.settings import Settings

router = APIRouter(prefix="/model_references/statistics")

_LARGEST = 2**63 - 1  # what JSON readers and writers can hold
Limit = Annotated[int | None, Field(ge=1, le=_LARGEST, description="Number of models on a page; none: all.")]
Offset = Annotated[int, Field(ge=0, le=_LARGEST, description="Number of models before the page.")]
Grouped = Annotated[bool, Field(description="Make one of the text models of a group; no effect on others.")]


class _WithStats(BaseModel):
    """The parameters of with-stats, as they come."""

    include_workers: bool = Field(False, description="List the workers of each model.")
    include_backend_variations: bool = Field(False, description="Tell the backends of each model apart.")
    min_worker_count: int | None = Field(None, description="Leave out models with fewer workers.")
    sort_by: str | None = Field(
        None, description="worker_count, usage_total, usage_month or name; anything else: storage order."
    )
    sort_desc: bool = Field(True, description="Largest first.")

    def normalised(self) -> WithStatsQuery:
        """Return the query without what makes no difference."""
        least = self.min_worker_count
        is_sorted = self.sort_by in SORT_FIELDS
        return WithStatsQuery(
            with_workers=self.include_workers,
            with_variations=self.include_backend_variations,
            min_worker_count=least if least is not None and least > 0 else None,
            sort_by=self.sort_by if is_sorted else None,
            descending=self.sort_desc if is_sorted else True,
        )


class _DeletionRisk(BaseModel):
    """The parameters of deletion-risk, as they come."""

    group_text_models: Grouped = False
    include_backend_variations: bool = Field(
        False, description="Tell the backends apart; of text models that are not grouped only."
    )
    preset: str | None = Field(
        None, description=f"A ready-made selection: {', '.join(PRESETS)}; empty: none."
    )
    limit: Limit = None
    offset: Offset = 0
    include_history: bool = Field(
        False, description="Say since when each model has not been used; PRIMARY only."
    )

    def selection(self, category: Category) -> RiskSelection:
        """Return the query without what makes no difference for a category."""
        is_text = category is Category.text_generation
        grouped = self.group_text_models and is_text
        return RiskSelection(
            grouped=grouped,
            with_variations=self.include_backend_variations and is_text and not grouped,
            preset=self.preset or None,
        )

    def page(self) -> RiskPage:
        """Return which part of the selection to show."""
        return RiskPage(limit=self.limit, offset=self.offset, with_history=self.include_history)


_LIVE_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorResponse} for status in (400, 404, 502)
}


@router.get(
    "/{model_category_name}",
    operation_id="read_v2_category_statistics",
    tags=["v2", "statistics"],
    responses={200: {"model": CategoryStatistics}},
)
async def statistics(
    request: Request,
    model_category_name: CategoryPath,
    group_text_models: Grouped = False,
    limit: Limit = None,
    offset: Offset = 0,
) -> Response:
    """Return figures from the records of a category; `limit` and `offset` have no effect."""
    category = model_category_name
    registry: Registry = request.app.state.registry
    snapshot = registry.catalog.snapshot(category)
    grouped = group_text_models and category is Category.text_generation

    aliases = text_aliases(request)

    def make(_answers: DerivedAnswers) -> CategoryStatistics:
        records = read_documents(snapshot) if snapshot is not None else ()
        return category_statistics(
            category,
            records,
            grouped=grouped,
            computed_at=int(time.time()),
            aliases=aliases.made(group_aliases),
        )

    source = DerivedFrom(snapshot=snapshot, resources=(aliases,) if grouped else ())
    return await derived_answer(request, source, ("statistics", category, grouped), make)


@router.get(
    "/{model_category_name}/with-stats",
    operation_id="read_models_with_stats",
    tags=["v2", "statistics"],
    responses={200: {"model": dict[str, ModelLiveStatistics]}, **_LIVE_ERRORS},
)
async def models_with_stats(
    request: Request, model_category_name: CategoryPath, parameters: Annotated[_WithStats, Query()]
) -> Response:
    """Return by model what the AI-Horde says of it at the moment; X-Live-Data-Age is its age in seconds."""
    snapshot = _live_snapshot(request, model_category_name)
    query = parameters.normalised()
    live = await current_live(
        request, WORK_KIND_OF_CATEGORY[snapshot.category], with_workers=query.with_workers
    )

    def make(answers: DerivedAnswers) -> dict[str, ModelLiveStatistics]:
        return with_stats(answers.joined(snapshot, live, with_variations=query.with_variations), query)

    return await derived_answer(request, DerivedFrom(snapshot=snapshot, live=live), query, make)


@router.get(
    "/{model_category_name}/deletion-risk",
    operation_id="read_v2_category_deletion_risk",
    tags=["v2", "deletion-risk"],
    responses={200: {"model": CategoryDeletionRisk}, **_LIVE_ERRORS},
)
async def deletion_risk(
    request: Request, model_category_name: CategoryPath, parameters: Annotated[_DeletionRisk, Query()]
) -> Response:
    """Return what speaks against each model, the most used first; X-Live-Data-Age is the age in seconds.

    With `include_history` each model has `unused_since`, the first recorded day of the present time without
    use; null where it was used of late, or nothing is recorded.
    """
    _require_live_category(model_category_name)
    if parameters.preset and parameters.preset not in PRESETS:
        raise UnsupportedRequestError(
            f"'{parameters.preset}' is not a preset; known are {', '.join(PRESETS)}."
        )
    snapshot = _live_snapshot(request, model_category_name)
    selection, page = parameters.selection(model_category_name), parameters.page()
    live = await current_live(request, WORK_KIND_OF_CATEGORY[snapshot.category])
    policy = risk_policy(request.app.state.registry.settings)
    past = await recent_usage(request, model_category_name) if page.with_history else None
    aliases = text_aliases(request)

    def make(answers: DerivedAnswers) -> CategoryDeletionRisk:
        risks = answers.risks(snapshot, live, selection, policy, aliases)
        return risk_page(risks, page, unused_since=None if past is None else past.unused_since)

    asked = (selection, page, None if past is None else past.seen_at)
    resources = (aliases,) if selection.grouped else ()
    source = DerivedFrom(snapshot=snapshot, live=live, resources=resources)
    return await derived_answer(request, source, asked, make)


def text_aliases(request: Request) -> ResourceCatalog:
    """Return which groups of text models go by which other names."""
    registry: Registry = request.app.state.registry
    return registry.catalog.resources(CatalogName.text_aliases)


def _require_live_category(category: Category) -> None:
    if category not in WORK_KIND_OF_CATEGORY:
        known = " and ".join(WORK_KIND_OF_CATEGORY)
        raise UnsupportedRequestError(f"The AI-Horde counts nothing for '{category}', only for {known}.")


def _live_snapshot(request: Request, category: Category) -> CategorySnapshot:
    _require_live_category(category)
    snapshot: CategorySnapshot | None = request.app.state.registry.catalog.snapshot(category)
    if not snapshot:
        raise CategoryNotFoundError(f"The category '{category}' has no models here.")
    return snapshot


def risk_policy(settings: Settings) -> RiskPolicy:
    """Return the numbers that decide what counts as risk here."""
    return RiskPolicy(
        preferred_hosts=settings.preferred_file_hosts,
        low_usage_percent=settings.low_usage_threshold_percentage,
        text_low_usage_percent=settings.text_gen_low_usage_threshold_percentage,
        text_ignores_hosts=settings.text_gen_ignore_download_hosts,
        text_critical_usage=settings.text_gen_critical_usage_threshold,
        text_critical_workers=settings.text_gen_critical_worker_threshold,
    )
