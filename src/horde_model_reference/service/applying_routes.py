"""Applying approved changes over HTTP (spec 22, Apply one, many and batch)."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter
from starlette.responses import JSONResponse

from horde_model_reference.domain.changes import BatchNotFoundError
from horde_model_reference.review.applying import Applied, Selection, apply_batch, apply_many, apply_one
from horde_model_reference.review.ports import FailureKind
from horde_model_reference.service.auth import CurrentCaller
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.queue_schemas import (
    MAX_STORED_INTEGER,
    ApplyPendingChangeRequest,
    ApplyPendingChangesRequest,
    ApplyPendingChangesResponse,
    ApplySingleChangeResponse,
    JobId,
)
from horde_model_reference.service.review_desk import CurrentDesk
from horde_model_reference.service.strict_json import StrictJsonRoute

_FAILURES: Final[Mapping[FailureKind, tuple[str, HTTPStatus]]] = MappingProxyType(
    {
        FailureKind.not_found: ("PendingChangeNotFoundError", HTTPStatus.NOT_FOUND),
        FailureKind.state: ("PendingChangeStateError", HTTPStatus.BAD_REQUEST),
        FailureKind.payload: ("PendingChangePayloadError", HTTPStatus.BAD_REQUEST),
        FailureKind.conflict: ("PendingChangeConflictError", HTTPStatus.CONFLICT),
        FailureKind.permission: ("PendingChangePermissionError", HTTPStatus.FORBIDDEN),
    }
)
"""What is said of the change at which applying several came to a stop: a word, and the status."""

router = APIRouter(route_class=StrictJsonRoute, responses=errors(400, 401, 403, 404, 409, 503))
"""Included once for each API version."""


@router.post(
    "/changes/{change_id}/apply",
    name="apply_pending_change_endpoint",
    response_model_exclude_none=True,
)
async def apply_change(
    caller: CurrentCaller, desk: CurrentDesk, change_id: int, body: ApplyPendingChangeRequest
) -> ApplySingleChangeResponse:
    """Apply one approved change; the same `job_id` again gets the same answer again."""
    actor = await caller.approver()
    desk.require_queue()
    job = desk.job(body.job_id)
    done = await desk.write(
        lambda uow, rules, now: apply_one(uow, change_id, actor=actor, now=now, job=job, rules=rules),
        _categories,
    )
    return ApplySingleChangeResponse.of(done)


@router.post(
    "/apply", name="apply_pending_changes_endpoint", responses={200: {"model": ApplyPendingChangesResponse}}
)
async def apply_changes(
    caller: CurrentCaller, desk: CurrentDesk, body: ApplyPendingChangesRequest
) -> JSONResponse:
    """Apply approved changes in the given order, up to the first that can't be; what was applied stays."""
    actor = await caller.approver()
    desk.require_queue()
    job = desk.job(body.job_id)
    wanted = Selection(change_ids=tuple(body.change_ids), allow_mixed_batch=body.allow_mixed_batch)
    done = await desk.write(
        lambda uow, rules, now: apply_many(uow, wanted, actor=actor, now=now, job=job, rules=rules),
        _categories,
    )
    return _answer(done)


@router.post(
    "/apply_batch/{batch_id}",
    name="apply_batch_endpoint",
    responses={200: {"model": ApplyPendingChangesResponse}},
)
async def apply_whole_batch(
    caller: CurrentCaller, desk: CurrentDesk, batch_id: int, job_id: JobId = None
) -> JSONResponse:
    """Apply the approved changes of a batch by rising number, up to the first that can't be."""
    actor = await caller.approver()
    desk.require_queue()
    job = desk.job(job_id)
    if not 0 < batch_id <= MAX_STORED_INTEGER:
        raise BatchNotFoundError(f"There is no batch {batch_id}.")
    done = await desk.write(
        lambda uow, rules, now: apply_batch(uow, batch_id, actor=actor, now=now, job=job, rules=rules),
        _categories,
    )
    return _answer(done)


def _categories(done: Applied) -> Iterable[str]:
    return [change.category for change in done.applied]


def _answer(done: Applied) -> JSONResponse:
    word, status = (None, HTTPStatus.OK) if done.failure is None else _FAILURES[done.failure.kind]
    body = ApplyPendingChangesResponse.of(done, failed_error_type=word)
    return JSONResponse(body.model_dump(mode="json", exclude_none=True), status)
