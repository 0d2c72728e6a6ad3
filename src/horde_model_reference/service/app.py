"""The ASGI application."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from horde_model_reference.bootstrap import Registry
from horde_model_reference.service import (
    applying_routes,
    audit_views,
    pending_queue,
    popular,
    statistics,
    status,
    usage_history,
    user,
)
from horde_model_reference.service.access_log import AccessLog
from horde_model_reference.service.answer_memory import AnswerMemory, RememberedAnswers
from horde_model_reference.service.body_limit import BodyLimit
from horde_model_reference.service.derived_answers import LIVE_AGE_HEADER, DerivedAnswers
from horde_model_reference.service.documentation import documentation_router
from horde_model_reference.service.errors import UnhandledErrors, add_error_handlers
from horde_model_reference.service.http_edges import (
    EveryAnswer,
    HeadAndOptions,
    OptionalPrefix,
    allowed_methods,
)
from horde_model_reference.service.licensing_answers import LicensingAnswers
from horde_model_reference.service.metadata import metadata_router
from horde_model_reference.service.request_log import RequestLog
from horde_model_reference.service.search_answers import SearchAnswers
from horde_model_reference.service.v1 import records as v1_records
from horde_model_reference.service.v1 import writes as v1_writes
from horde_model_reference.service.v2 import baselines as v2_baselines
from horde_model_reference.service.v2 import guidance as v2_guidance
from horde_model_reference.service.v2 import licensing as v2_licensing
from horde_model_reference.service.v2 import pending as v2_pending
from horde_model_reference.service.v2 import records as v2_records
from horde_model_reference.service.v2 import revisions as v2_revisions
from horde_model_reference.service.v2 import text_directory, text_edits, text_groups
from horde_model_reference.service.v2 import writes as v2_writes
from horde_model_reference.service.v2.search import search_router
from horde_model_reference.service.web.beside_api import PagesBesideApi
from horde_model_reference.settings import CanonicalFormat, ReplicateMode, Settings

_SERVERS = [
    {"url": "/api"},
    {"url": "https://models.aihorde.net/api"},
    {"url": "http://localhost:19800/api"},
]


def create_app(registry: Registry, *, memory: AnswerMemory, access_log: AccessLog) -> ASGIApp:
    """Return the application that serves a registry, closing it when the server ends.

    Equal reads are answered from ``memory``, which forgets everything when the data changes.
    """
    app = create_api(registry)

    def make_pages() -> ASGIApp:
        from horde_model_reference.service.web.pages import create_pages

        return create_pages(app)

    # The last one added is the first to see a request.
    app.add_middleware(UnhandledErrors)
    app.add_middleware(BodyLimit, max_bytes=registry.settings.max_body_bytes)
    app.add_middleware(HeadAndOptions, allowed_methods=allowed_methods(app))
    app.add_middleware(
        CORSMiddleware,
        allow_origins=registry.settings.cors_allowed_origins,
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["ETag", "X-Registry-Serial", "X-Request-ID", LIVE_AGE_HEADER],
    )
    # Outside CORS: no other site reads pages, which may be of somebody who signed in.
    app.add_middleware(PagesBesideApi, make_pages=make_pages)
    app.add_middleware(EveryAnswer)
    app.add_middleware(RequestLog, access_log=access_log)
    return OptionalPrefix(RememberedAnswers(app, memory=memory))


def create_api(registry: Registry) -> FastAPI:
    """Return the routes without what surrounds them."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        yield
        registry.close()

    app = FastAPI(
        title="Horde Model Reference API",
        summary="The registry of AI models for the AI-Horde.",
        version=version("horde-model-reference"),
        servers=_SERVERS,
        root_path_in_servers=False,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.registry = registry
    app.state.derived_answers = DerivedAnswers()
    app.state.search_answers = SearchAnswers(registry.catalog)
    app.state.licensing_answers = LicensingAnswers(registry.catalog)
    app.state.recent_usage = usage_history.RecentUsage()
    app.state.queue_histories = audit_views.QueueHistories()
    add_error_handlers(app)
    for router in (
        documentation_router(app, started_at=int(time.time())),
        metadata_router("v2", "v2"),
        search_router(app.state.search_answers),
        v2_licensing.router,
        v2_baselines.router,
        v2_guidance.router,
        queue_router("v2"),
        text_groups.router,
        text_directory.router,
        v2_pending.router,
        v2_revisions.router,
        v2_records.router,
        v2_writes.router,
        text_edits.router,
        metadata_router("v1", "legacy"),
        queue_router("v1"),
        v1_records.router,
        *([v1_writes.router] if takes_v1_writes(registry.settings) else []),
        statistics.router,
        usage_history.router,
        popular.router,
        user.router,
        status.router,
    ):
        app.include_router(router)
    return app


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
