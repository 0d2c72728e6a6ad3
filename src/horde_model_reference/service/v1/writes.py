"""Changing records in the legacy format, where that is the canonical one (spec 21, v1 writes).

With a queue every change is a proposal; without one, approvers change records at once.
"""

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document, Operation, RecordForm
from horde_model_reference.domain.errors import RecordExistsError, RecordNotFoundError
from horde_model_reference.formats.legacy_records import (
    LEGACY_RECORD_TYPES,
    LegacyRecord,
    stored_from_v1_body,
)
from horde_model_reference.review.direct import correct_metadata, write_directly
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import check_name
from horde_model_reference.service.auth import Caller, CurrentCaller
from horde_model_reference.service.dependencies import CategoryPath
from horde_model_reference.service.errors import UnsupportedRequestError
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.queue_schemas import PendingChangeRecord
from horde_model_reference.service.record_bodies import related_models
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.strict_json import StrictJsonRoute

_PREFIX = "/model_references/v1"
_ROUTE_OF_IMAGE_UPDATES = "update_legacy_model"

router = APIRouter(
    prefix=_PREFIX,
    tags=["v1_create_update"],
    route_class=StrictJsonRoute,
    responses=errors(400, 401, 403, 404, 409, 413, 422, 503),
)
"""Included only where the legacy format is canonical; elsewhere these paths are 405 and 404."""


class ModelMetadataCorrectionRequest(BaseModel):
    """Who made a record, and when (Unix seconds); what is not named stays, null removes."""

    created_at: int | None = None
    updated_at: int | None = None
    created_by: str | None = None
    updated_by: str | None = None


class CorrectedMetadata(BaseModel):
    """All that is known of who made a record, and when."""

    model_name: str
    category: Category
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Write:
    """What is asked for, before anybody knows who asks."""

    category: Category
    operation: Operation
    name: str
    route: str
    payload: Document | None = None


async def _written(caller: Caller, desk: ReviewDesk, write: _Write) -> Response:
    """Answer a write; names and records are looked at before the key, as recorded (spec 21)."""
    check_name(write.category, write.name)
    key = await desk.key_of_record(write.category, write.name)
    if write.operation is Operation.create and key is not None:
        raise RecordExistsError(f"{write.name!a} is in {write.category} already.")
    if write.operation is not Operation.create and key is None:
        raise RecordNotFoundError(f"{write.name!a} is not in {write.category}.")
    proposal = Proposal(
        category=write.category,
        model_name=key or write.name,
        operation=write.operation,
        payload=write.payload,
        form=RecordForm.legacy,
        request_metadata={"route": write.route},
        related_models=related_models(write.category, write.name),
    )
    if desk.registry.settings.pending_queue.enabled:
        change = await desk.propose(proposal, await caller.requestor())
        body = PendingChangeRecord.of(change).model_dump(mode="json", exclude_none=True)
        return JSONResponse(body, HTTPStatus.ACCEPTED)
    return await _written_at_once(caller, desk, proposal)


async def _written_at_once(caller: Caller, desk: ReviewDesk, proposal: Proposal) -> Response:
    actor = await caller.direct_writer()
    request_id = f"direct-{secrets.token_hex(16)}"
    record = await desk.write(
        lambda uow, rules, now: write_directly(
            uow, proposal, actor=actor, now=now, request_id=request_id, rules=rules
        ),
        lambda _record: (proposal.category,),
    )
    if record is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    body = LEGACY_RECORD_TYPES[proposal.category].model_validate(record).model_dump(mode="json")
    if proposal.operation is Operation.update:
        return JSONResponse(body)
    location = f"{_PREFIX}/{proposal.category}/model/{quote(proposal.model_name, safe='/')}"
    return JSONResponse(body, HTTPStatus.CREATED, headers={"location": location})


def _typed_routes(category: Category) -> None:
    """Add the routes of one category that has a legacy form."""
    create_route = f"create_legacy_{category}_model"
    is_image = category is Category.image_generation
    update_route = _ROUTE_OF_IMAGE_UPDATES if is_image else f"update_legacy_{category}_model"

    async def create(caller: CurrentCaller, desk: CurrentDesk, body: LegacyRecord) -> Response:
        payload = stored_from_v1_body(category, body, with_defaults=True)
        return await _written(
            caller, desk, _Write(category, Operation.create, body.name, create_route, payload)
        )

    async def update(caller: CurrentCaller, desk: CurrentDesk, body: LegacyRecord) -> Response:
        payload = stored_from_v1_body(category, body, with_defaults=True)
        return await _written(
            caller, desk, _Write(category, Operation.update, body.name, update_route, payload)
        )

    for method, endpoint, operation_id, status, verb in (
        ("POST", create, create_route, HTTPStatus.CREATED, "Add"),
        ("PUT", update, update_route, HTTPStatus.OK, "Replace"),
    ):
        # The framework reads the type of the body from here, and checks and documents it by that.
        endpoint.__annotations__["body"] = LEGACY_RECORD_TYPES[category]
        router.add_api_route(
            f"/{category}",
            endpoint,
            methods=[method],
            operation_id=operation_id,
            summary=f"{verb} a legacy record of {category}, or propose that.",
            status_code=status,
            response_model=None,
            responses={HTTPStatus.ACCEPTED: {"model": PendingChangeRecord}},
        )


for _category in LEGACY_RECORD_TYPES:
    _typed_routes(Category(_category))


@router.delete(
    "/{model_category_name}/model/{model_name:path}",
    status_code=HTTPStatus.ACCEPTED,
    operation_id="delete_legacy_model",
    responses={
        HTTPStatus.ACCEPTED: {"model": PendingChangeRecord},
        HTTPStatus.NO_CONTENT: {"description": "Done"},
    },
)
async def delete_model(
    caller: CurrentCaller, desk: CurrentDesk, model_category_name: CategoryPath, model_name: str
) -> Response:
    """Delete a legacy record, or propose that; its name may contain slashes."""
    write = _Write(model_category_name, Operation.delete, model_name, "delete_legacy_model")
    return await _written(caller, desk, write)


@router.put(
    "/{model_category_name}/model/{model_name:path}/metadata", operation_id="set_legacy_model_metadata"
)
async def set_metadata(
    caller: CurrentCaller,
    desk: CurrentDesk,
    model_category_name: CategoryPath,
    model_name: str,
    body: ModelMetadataCorrectionRequest,
) -> CorrectedMetadata:
    """Correct who made a record and when, at once; the audit trail notes it."""
    actor = await caller.approver()
    check_name(model_category_name, model_name)
    if model_category_name is Category.text_generation:
        raise UnsupportedRequestError("The table of text models has no column for who made them.")
    corrections = body.model_dump(exclude_unset=True)
    if not corrections:
        raise UnsupportedRequestError("Nothing is to be corrected; name at least one entry.")
    key = await desk.key_of_record(model_category_name, model_name) or model_name
    record, request_id = (model_category_name, key), f"metadata-{secrets.token_hex(16)}"
    metadata = await desk.write(
        lambda uow, _rules, now: correct_metadata(
            uow, record, corrections, actor=actor, now=now, request_id=request_id
        ),
        lambda _metadata: (model_category_name,),
    )
    return CorrectedMetadata(model_name=key, category=model_category_name, metadata=dict(metadata))
