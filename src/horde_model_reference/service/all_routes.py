"""All routes of the API."""

import time
from functools import cache
from typing import Literal

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from horde_model_reference.bootstrap import Registry
from horde_model_reference.service import (
    applying_routes,
    audit_views,
    documentation,
    pending_queue,
    popular,
    statistics,
    usage_history,
    user,
)
from horde_model_reference.service.licensing_answers import LicensingAnswers
from horde_model_reference.service.reading_routes import reading_routes, routes_of
from horde_model_reference.service.v2 import baselines as v2_baselines
from horde_model_reference.service.v2 import guidance as v2_guidance
from horde_model_reference.service.v2 import licensing as v2_licensing
from horde_model_reference.service.v2 import pending as v2_pending
from horde_model_reference.service.v2 import text_directory, text_edits, text_groups
from horde_model_reference.service.v2 import writes as v2_writes
from horde_model_reference.settings import CanonicalFormat, ReplicateMode, Settings


def include_all_routes(app: FastAPI) -> None:
    """Give an application all routes, in place of those that it has."""
    registry: Registry = app.state.registry
    app.state.licensing_answers = LicensingAnswers(registry.catalog)
    app.state.recent_usage = usage_history.RecentUsage()
    app.state.queue_histories = audit_views.QueueHistories()
    app.state.description = documentation.Description(app, started_at=int(time.time()))
    app.router.routes[:] = _routes(takes_v1_writes=takes_v1_writes(registry.settings))


@cache
def _routes(*, takes_v1_writes: bool) -> tuple[BaseRoute, ...]:
    """Return the routes; they hold nothing of an application, since a process may have several."""
    return (
        *routes_of(
            documentation.router,
            v2_licensing.router,
            v2_baselines.router,
            v2_guidance.router,
            queue_router("v2"),
            text_groups.router,
            text_directory.router,
            v2_pending.router,
        ),
        *reading_routes(),
        *routes_of(
            v2_writes.router,
            text_edits.router,
            queue_router("v1"),
            *(_v1_write_routers() if takes_v1_writes else ()),
            statistics.router,
            usage_history.router,
            popular.router,
            user.router,
        ),
    )


def queue_router(version: Literal["v1", "v2"]) -> APIRouter:
    """Return the routes of the queue for one API version; both show the same queue."""
    router = APIRouter(prefix=f"/model_references/{version}/pending_queue", tags=[version, "pending_queue"])
    for part in (pending_queue.router, applying_routes.router, audit_views.router):
        router.include_router(part)
    return router


def takes_v1_writes(settings: Settings) -> bool:
    """Tell whether records are changed in the legacy format here (spec 21, Canonical format gate)."""
    return (
        settings.replicate_mode is ReplicateMode.PRIMARY
        and settings.canonical_format is CanonicalFormat.legacy
    )


def _v1_write_routers() -> tuple[APIRouter, ...]:
    from horde_model_reference.service.v1 import writes

    return (writes.router,)
