"""Proposing changes to records in the current format (spec 21)."""

from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter

from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category, normalise_model_name
from horde_model_reference.domain.changes import Operation
from horde_model_reference.domain.record_types import MODEL_RECORD_TYPE_LOOKUP
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.service.auth import Caller, CurrentCaller
from horde_model_reference.service.dependencies import CategoryPath
from horde_model_reference.service.errors import UnavailableError, UnsupportedRequestError
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.queue_schemas import PendingChangeRecord
from horde_model_reference.service.record_bodies import RecordBody, described_body, related_models, v2_payload
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.strict_json import StrictJsonRoute
from horde_model_reference.settings import CanonicalFormat

router = APIRouter(
    prefix="/model_references/v2",
    tags=["v2"],
    route_class=StrictJsonRoute,
    responses=errors(400, 401, 403, 404, 409, 413, 422, 503),
)

_ANY_RECORD: Final = {
    "anyOf": [{"$ref": f"#/components/schemas/{kind.__name__}"} for kind in MODEL_RECORD_TYPE_LOOKUP.values()]
}


async def _create(
    caller: Caller, desk: ReviewDesk, category: Category, body: dict[str, Any], route: str
) -> PendingChangeRecord:
    payload = v2_payload(category, body)
    actor = await caller.requestor()
    _require_v2_writes(desk, category)
    proposal = _proposal(category, Operation.create, payload["name"], route)
    return PendingChangeRecord.of(await desk.propose(replace(proposal, payload=payload), actor))


async def _update(
    caller: Caller, desk: ReviewDesk, record: tuple[Category, str], body: dict[str, Any], route: str
) -> PendingChangeRecord:
    category, name = record
    payload = v2_payload(category, body)
    # This comes before the key is looked up, as recorded (spec 21, order of checks 3).
    if normalise_model_name(category, payload["name"]) != normalise_model_name(category, name):
        raise UnsupportedRequestError(
            f"The record is called {payload['name']!a}, but the path says {name!a}."
        )
    actor = await caller.requestor()
    _require_v2_writes(desk, category)
    proposal = _proposal(category, Operation.update, desk.stored_key(category, name), route)
    return PendingChangeRecord.of(await desk.propose(replace(proposal, payload=payload), actor))


def _proposal(category: Category, operation: Operation, name: str, route: str) -> Proposal:
    return Proposal(
        category=category,
        model_name=name,
        operation=operation,
        request_metadata={"route": route},
        related_models=related_models(category, name),
    )


def _require_v2_writes(desk: ReviewDesk, category: Category) -> None:
    _ = desk.store
    if desk.registry.settings.canonical_format is CanonicalFormat.v2:
        return
    if BUILT_IN_CATEGORIES[category].has_legacy_format:
        raise UnavailableError(f"Changes to {category} are proposed under v1 here, in the legacy format.")


def _typed_routes(category: Category) -> None:
    """Add the routes whose documentation carries the category's record type."""
    create_route, update_route = f"create_v2_{category}", f"update_v2_{category}"
    described = described_body(
        {"$ref": f"#/components/schemas/{MODEL_RECORD_TYPE_LOOKUP[category].__name__}"}
    )

    async def create(caller: CurrentCaller, desk: CurrentDesk, body: RecordBody) -> PendingChangeRecord:
        return await _create(caller, desk, category, body, create_route)

    async def update(
        caller: CurrentCaller, desk: CurrentDesk, model_name: str, body: RecordBody
    ) -> PendingChangeRecord:
        return await _update(caller, desk, (category, model_name), body, update_route)

    router.add_api_route(
        f"/{category}",
        create,
        methods=["POST"],
        status_code=202,
        response_model_exclude_none=True,
        operation_id=create_route,
        summary=f"Propose a new record of {category}.",
        openapi_extra=described,
    )
    router.add_api_route(
        f"/{category}/model/{{model_name:path}}",
        update,
        methods=["PUT"],
        status_code=202,
        response_model_exclude_none=True,
        operation_id=update_route,
        summary=f"Propose to replace a record of {category}.",
        openapi_extra=described,
    )


for _category in Category:
    _typed_routes(_category)


@router.post(
    "/{model_category_name}/add",
    status_code=202,
    response_model_exclude_none=True,
    operation_id="create_v2_model",
    openapi_extra=described_body(_ANY_RECORD),
)
async def create_model(
    caller: CurrentCaller, desk: CurrentDesk, model_category_name: CategoryPath, body: RecordBody
) -> PendingChangeRecord:
    """Propose a new record, which has to be one of the category in the path."""
    return await _create(caller, desk, model_category_name, body, "create_v2_model")


@router.put(
    "/{model_category_name}/model/{model_name:path}",
    status_code=202,
    response_model_exclude_none=True,
    operation_id="update_v2_model",
    openapi_extra=described_body(_ANY_RECORD),
)
async def update_model(
    caller: CurrentCaller,
    desk: CurrentDesk,
    model_category_name: CategoryPath,
    model_name: str,
    body: RecordBody,
) -> PendingChangeRecord:
    """Propose to replace a record; its name may contain slashes, plain or percent-encoded."""
    record = (model_category_name, model_name)
    return await _update(caller, desk, record, body, "update_v2_model")


@router.delete(
    "/{model_category_name}/model/{model_name:path}",
    status_code=202,
    response_model_exclude_none=True,
    operation_id="delete_v2_model",
)
async def delete_model(
    caller: CurrentCaller, desk: CurrentDesk, model_category_name: CategoryPath, model_name: str
) -> PendingChangeRecord:
    """Propose to delete a record; its name may contain slashes, plain or percent-encoded."""
    actor = await caller.requestor()
    _require_v2_writes(desk, model_category_name)
    name = desk.stored_key(model_category_name, model_name)
    proposal = _proposal(model_category_name, Operation.delete, name, "delete_v2_model")
    return PendingChangeRecord.of(await desk.propose(proposal, actor))
