"""The pages of lists: one category, or all of them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import CategoryNotFoundError
from horde_model_reference.service.search_answers import SearchAnswers
from horde_model_reference.service.web.browse.list_query import ListParameters, ListQuery
from horde_model_reference.service.web.browse.lists import chosen_filters, list_page, sort_choices
from horde_model_reference.service.web.labels import CATEGORY_LABELS
from horde_model_reference.service.web.live_figures import LIVE_FOR_SECONDS, figures_by_name, live_or_none
from horde_model_reference.service.web.page_answers import shared_page

router = APIRouter()


@router.get("/models")
async def all_models(request: Request, parameters: Annotated[ListParameters, Query()]) -> Response:
    """Search all categories."""
    return await _list(request, ListQuery.of(None, parameters))


@router.get("/models/{category}")
async def models(request: Request, category: str, parameters: Annotated[ListParameters, Query()]) -> Response:
    """List the models of a category."""
    return await _list(request, ListQuery.of(known_category(category), parameters))


def known_category(name: str) -> Category:
    """Return a category by its name; raise CategoryNotFoundError for another."""
    try:
        return Category(name)
    except ValueError:
        raise CategoryNotFoundError(f"There is no category '{name}'.") from None


async def _list(request: Request, query: ListQuery) -> Response:
    registry: Registry = request.app.state.registry
    answers: SearchAnswers = request.app.state.search_answers
    category = query.category
    kind = WORK_KIND_OF_CATEGORY.get(category) if category else None
    live = await live_or_none(request, kind)
    snapshot = registry.catalog.snapshot(category) if category else None
    view = answers.current(category)

    def make() -> dict[str, object]:
        figures = figures_by_name(request, snapshot, live)
        label = CATEGORY_LABELS[category] if category else None
        return {
            "heading": label.title if label else "All models",
            "about": label.about if label else "Everything that is registered, in all categories.",
            "query": query,
            "found": list_page(view.table, query, figures),
            "chosen": chosen_filters(query),
            "sorts": sort_choices(query, has_figures=bool(figures)),
            "has_figures": bool(figures),
            "has_history": registry.store is not None,
            "order": "used" if figures and query.is_in_usual_order else query.sort,
            "figures_at": live.fetched_at if live and figures else None,
            "is_cards": (query.view or _usual_view(category)) == "cards",
        }

    return await shared_page(
        request,
        "list.html",
        (query, view.data, live.version if live else None),
        make,
        for_seconds=LIVE_FOR_SECONDS if kind else None,
    )


def _usual_view(category: Category | None) -> str:
    return "cards" if category is Category.image_generation else "table"
