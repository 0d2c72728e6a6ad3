"""Whether the service is there, and what it may do (spec 10, Small endpoints)."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.service.answer_memory import remember_answer
from horde_model_reference.service.dependencies import CurrentRegistry
from horde_model_reference.service.schemas import (
    AIHordeStatus,
    BackendInfo,
    ContainsMessage,
    HeartbeatResponse,
    StoreStatus,
)
from horde_model_reference.settings import ReplicateMode

router = APIRouter()

# Anybody may ask; where the database lies is for the log alone.
_NO_DATABASE: Final = "The registry can't use its database now and answers from memory. Its log says why."


@router.get("/", operation_id="read_root__get")
async def root() -> ContainsMessage:
    """Greet, and say where the documentation is."""
    return ContainsMessage(
        message="This is the Horde Model Reference API; its documentation is at /api/docs."
    )


@router.get(
    "/heartbeat", operation_id="heartbeat_heartbeat_get", responses={200: {"model": HeartbeatResponse}}
)
async def heartbeat(request: Request, registry: CurrentRegistry) -> Response:
    """Say whether the service is well; always 200, and `status` is `ok` only where nothing is wrong."""
    trouble = _store_trouble(registry)
    ai_horde = _ai_horde_status(registry)
    answer = HeartbeatResponse(
        status="ok" if trouble is None else "degraded",
        ai_horde=ai_horde,
        store=trouble,
    )
    content = answer.model_dump_json(exclude=None if trouble else {"store"})
    # In trouble the answer changes with time; that trouble began is told to whoever remembers.
    if trouble is None and ai_horde.consecutive_failures == 0:
        remember_answer(request.scope)
    return Response(content, media_type="application/json", headers={"cache-control": "no-store"})


@router.get("/replicate_mode", operation_id="replicate_mode_replicate_mode_get")
async def replicate_mode(registry: CurrentRegistry) -> BackendInfo:
    """Say whether this deployment takes writes, and in which format."""
    settings = registry.settings
    return BackendInfo(
        replicate_mode=settings.replicate_mode,
        canonical_format=settings.canonical_format,
        writable=settings.replicate_mode is ReplicateMode.PRIMARY,
    )


def _store_trouble(registry: Registry) -> StoreStatus | None:
    watcher = registry.watcher
    if watcher is None or watcher.trouble is None:
        return None
    return StoreStatus(status="unavailable", detail=_NO_DATABASE, data_age_seconds=watcher.data_age_seconds())


def _ai_horde_status(registry: Registry) -> AIHordeStatus:
    if registry.ai_horde is None:
        return AIHordeStatus(degraded=False, consecutive_failures=0, seconds_until_retry=None)
    state = registry.ai_horde.live.state
    return AIHordeStatus(
        degraded=state.is_open,
        consecutive_failures=state.consecutive_failures,
        seconds_until_retry=state.seconds_until_retry and round(state.seconds_until_retry, 1),
    )
