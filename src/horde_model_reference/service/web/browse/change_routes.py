"""The page of everything that changed."""

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.errors import UnavailableError
from horde_model_reference.service.web.browse.changes import change_views
from horde_model_reference.service.web.browse.list_routes import known_category
from horde_model_reference.service.web.labels import CATEGORY_LABELS
from horde_model_reference.service.web.page_answers import shared_page

router = APIRouter()

_PAGE_LENGTH: Final = 40
_MOST_NAMES: Final = 12


@router.get("/changes")
async def changes(
    request: Request,
    category: Annotated[str, Query(max_length=100)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """Tell what changed, newest first; those made at once are one."""
    registry: Registry = request.app.state.registry
    chosen = known_category(category) if category else None
    store = registry.store
    if store is None:
        return at_primary(request, registry)

    def make() -> dict[str, object]:
        groups = store.change_groups(limit=_PAGE_LENGTH + 1, before=before, category=chosen)
        shown = groups[:_PAGE_LENGTH]
        return {
            "changes": change_views(store, shown, most_names=_MOST_NAMES),
            "chosen": chosen,
            "categories": _choices(registry),
            "newest": _address(chosen) if before else None,
            "older": _address(chosen, before=shown[-1].first_serial) if len(groups) > len(shown) else None,
        }

    return await shared_page(request, "changes.html", (registry.catalog.serial, chosen, before), make)


def at_primary(request: Request, registry: Registry) -> Response:
    """Lead from a REPLICA, which knows no history, to the same address of its PRIMARY.

    Raises:
        UnavailableError: it has none.
    """
    settings = registry.settings
    if settings.offline or not settings.primary_api_url:
        raise UnavailableError("A REPLICA does not know what changed; look at the PRIMARY.")
    base = settings.primary_api_url.rstrip("/").removesuffix("/api")
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{base}{request.url.path}{query}", 307)


def _choices(registry: Registry) -> list[tuple[str, str]]:
    found = [
        (str(each), CATEGORY_LABELS[each].title)
        for each in CATEGORY_LABELS
        if registry.catalog.snapshot(each)
    ]
    return [("", "All categories"), *found]


def _address(category: Category | None, **parameters: int) -> str:
    pairs = ({"category": category.value} if category else {}) | parameters
    return f"/changes?{urlencode(pairs)}" if pairs else "/changes"
