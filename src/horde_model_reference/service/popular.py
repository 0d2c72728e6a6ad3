"""The models that are used most at the moment (spec 12, popular)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY
from horde_model_reference.catalog.popularity import PopularityMetric, PopularQuery, popular_models
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.derived_answers import (
    DerivedAnswers,
    DerivedFrom,
    current_live,
    derived_answer,
)
from horde_model_reference.service.errors import UnknownCategoryError
from horde_model_reference.service.schemas import ErrorResponse

router = APIRouter(prefix="/model_references/v2", tags=["v2", "search"])

_CATEGORIES = {category.value: category for category in Category}


@router.get(
    "/{model_category_name}/popular",
    operation_id="popular_models_model_references_v2__model_category_name__popular_get",
    responses={200: {"model": list[dict[str, Any]]}, 502: {"model": ErrorResponse}},
)
async def popular(
    request: Request,
    model_category_name: str,
    limit: Annotated[int, Query(ge=1, le=100, description="Number of models.")] = 10,
    sort_by: Annotated[PopularityMetric, Query(description="What decides.")] = PopularityMetric.worker_count,
    include_workers: Annotated[
        bool, Query(description="List the workers of each model, and count those.")
    ] = False,
) -> Response:
    """Return the models used most, with record and live data; X-Live-Data-Age is the data's age in seconds.

    Categories that the AI-Horde does not count give an empty list.
    """
    category = _CATEGORIES.get(model_category_name)
    if category is None:
        raise UnknownCategoryError(
            f"'{model_category_name}' is not a model category; see /api/model_references/v2/model_categories."
        )
    query = PopularQuery(limit=limit, metric=sort_by, with_workers=include_workers)
    snapshot: CategorySnapshot | None = request.app.state.registry.catalog.snapshot(category)
    kind = WORK_KIND_OF_CATEGORY.get(category)
    if not snapshot or kind is None:
        return await derived_answer(
            request, DerivedFrom(snapshot=None), ("popular", None), lambda _answers: []
        )
    live = await current_live(request, kind, with_workers=include_workers)

    def make(answers: DerivedAnswers) -> list[dict[str, Any]]:
        return popular_models(snapshot, answers.joined(snapshot, live), query)

    return await derived_answer(request, DerivedFrom(snapshot=snapshot, live=live), query, make)
