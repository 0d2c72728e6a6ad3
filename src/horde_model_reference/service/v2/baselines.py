"""The catalogue of image baselines, and proposing changes to it (spec 24, Image baselines)."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from horde_model_reference.catalog.exported_catalogs import exported_baselines
from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.baseline_catalog import (
    ImageBaselineCatalog,
    ImageBaselineCatalogMetadata,
    ImageBaselineChangeSet,
    ImageBaselineRecord,
)
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import ResourceKind
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.service.auth import CurrentCaller
from horde_model_reference.service.change_set_proposals import propose_change_set
from horde_model_reference.service.dependencies import CurrentRegistry
from horde_model_reference.service.derived_answers import DerivedFrom, derived_answer
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.queue_schemas import PendingChangeRecord
from horde_model_reference.service.review_desk import CurrentDesk
from horde_model_reference.service.strict_json import StrictJsonRoute

_PATH: Final = "/model_references/v2/image_generation/baselines"
_ID: Final = "model_references_v2_image_generation_baselines"

router = APIRouter(
    prefix=_PATH, tags=["v2", "image_baselines"], route_class=StrictJsonRoute, responses=errors(422)
)


class ImageBaselinePage(BaseModel):
    """All baselines by name."""

    items: list[ImageBaselineRecord]
    total: int
    metadata: ImageBaselineCatalogMetadata


@router.get("/", operation_id=f"list_baselines_{_ID}__get", responses={200: {"model": ImageBaselinePage}})
async def list_baselines(request: Request, registry: CurrentRegistry) -> Response:
    """List the image baselines by name."""
    return await _answer(request, registry.catalog.resources(CatalogName.image_baselines), "list", _page)


@router.get(
    "/export",
    operation_id=f"export_catalog_{_ID}_export_get",
    responses={200: {"model": ImageBaselineCatalog}},
)
async def export(request: Request, registry: CurrentRegistry) -> Response:
    """Return the whole catalogue, for a REPLICA."""
    catalog = registry.catalog.resources(CatalogName.image_baselines)
    return await _answer(request, catalog, "export", exported_baselines)


@router.get(
    "/{baseline_name}",
    operation_id=f"get_baseline_{_ID}__baseline_name__get",
    responses={200: {"model": ImageBaselineRecord}, **errors(404)},
)
async def baseline(request: Request, registry: CurrentRegistry, baseline_name: str) -> Response:
    """Return one baseline by its main name."""
    catalog = registry.catalog.resources(CatalogName.image_baselines)
    found = catalog.all(ResourceType.image_baseline).get(baseline_name)
    if found is None:
        raise RecordNotFoundError(f"There is no image baseline {baseline_name!a}.")
    return await _answer(request, catalog, ("one", baseline_name), lambda _catalog: found.document)


@router.post(
    "/change-sets",
    status_code=202,
    operation_id=f"submit_change_set_{_ID}_change_sets_post",
    responses=errors(401, 403, 409, 413, 503),
)
async def submit(
    caller: CurrentCaller, desk: CurrentDesk, body: ImageBaselineChangeSet
) -> PendingChangeRecord:
    """Propose changes to baselines, to be decided on and applied together."""
    return await propose_change_set(
        caller,
        desk,
        body,
        kind=ResourceKind.image_baseline,
        category=Category.image_generation,
        about={
            "route": "submit_image_baseline_change_set",
            "title": body.title,
            "affected_baselines": [change.name for change in body.changes],
        },
    )


async def _answer(
    request: Request, catalog: ResourceCatalog, query: object, make: Callable[[ResourceCatalog], Any]
) -> Response:
    tag = f"image-baselines-{catalog.metadata.revision}"
    source = DerivedFrom(resources=(catalog,), weak_tag=tag)
    return await derived_answer(request, source, ("baselines", query), lambda _answers: make(catalog))


def _page(catalog: ResourceCatalog) -> dict[str, Any]:
    items = [resource.document for resource in catalog.all(ResourceType.image_baseline).values()]
    return {"items": items, "total": len(items), "metadata": catalog.metadata.document()}
