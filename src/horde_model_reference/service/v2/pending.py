"""What a category would be like if the open changes were applied (spec 22, Beta view)."""

from typing import Any

import orjson
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.catalog.snapshot import published_guidance, served_document
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Change
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review.beta import beta_view, open_changes_of
from horde_model_reference.service.auth import CurrentCaller
from horde_model_reference.service.dependencies import CategoryPath
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.review_desk import CurrentDesk

router = APIRouter(prefix="/model_references/v2", tags=["v2"], responses=errors(401, 422, 503))

_RECORDS: Any = {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": True}}


@router.get(
    "/{model_category_name}/pending",
    operation_id="read_v2_reference_pending",
    responses={200: {"content": {"application/json": {"schema": _RECORDS}}}},
)
async def pending(caller: CurrentCaller, desk: CurrentDesk, model_category_name: CategoryPath) -> Response:
    """Return the records that open changes would create or replace, by name; deletions don't show."""
    await caller.reader()
    desk.require_queue()
    wanted = open_changes_of(model_category_name)
    changes = await desk.look(lambda view: list(view.changes.find(wanted).items))
    guidance = desk.registry.catalog.resources(CatalogName.text_guidance)
    content = await run_in_threadpool(_encoded, model_category_name, changes, guidance)
    return Response(content, media_type="application/json")


def _encoded(category: Category, changes: list[Change], guidance: ResourceCatalog) -> bytes:
    assignments = guidance.all(ResourceType.guidance_assignment)
    shown: dict[str, orjson.Fragment] = {}
    for name, document in beta_view(changes).items():
        assignment = assignments.get(name)
        published = None if assignment is None else published_guidance(assignment.document)
        shown[name] = orjson.Fragment(served_document(category, orjson.dumps(document), published))
    return orjson.dumps(shown)
