"""The pages of text models by family and group."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.live import WorkKind
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import CategoryNotFoundError, RecordNotFoundError
from horde_model_reference.service.web.browse.text_groups import text_families, text_groups
from horde_model_reference.service.web.live_figures import LIVE_FOR_SECONDS, figures_by_name, live_or_none
from horde_model_reference.service.web.page_answers import shared_page

router = APIRouter(prefix="/text")


@router.get("/families")
async def families(request: Request) -> Response:
    """Show the families of text models with their groups."""
    snapshot = _snapshot(request)

    def make() -> dict[str, object]:
        return {"families": text_families(text_groups(snapshot).values()), "total": len(snapshot)}

    return await shared_page(request, "text_families.html", snapshot.v2.tag, make)


@router.get("/groups/{name:path}")
async def group(request: Request, name: str) -> Response:
    """Show the models of one group."""
    snapshot = _snapshot(request)
    live = await live_or_none(request, WorkKind.text)

    def make() -> dict[str, object]:
        found = text_groups(snapshot).get(name)
        if found is None:
            raise RecordNotFoundError(f"There is no group '{name}' of text models.")
        return {
            "group": found,
            "figures": figures_by_name(request, snapshot, live),
            "figures_at": live.fetched_at if live else None,
        }

    made_of = (snapshot.v2.tag, live.version if live else None)
    return await shared_page(request, "text_group.html", made_of, make, for_seconds=LIVE_FOR_SECONDS)


def _snapshot(request: Request) -> CategorySnapshot:
    registry: Registry = request.app.state.registry
    snapshot = registry.catalog.snapshot(Category.text_generation)
    if snapshot is None:
        raise CategoryNotFoundError("There are no text models here.")
    return snapshot
