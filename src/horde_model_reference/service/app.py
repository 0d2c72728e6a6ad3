"""The ASGI application."""

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match
from starlette.types import ASGIApp, Scope

from horde_model_reference.bootstrap import Registry
from horde_model_reference.service import popular, statistics, status, user
from horde_model_reference.service.access_log import AccessLog
from horde_model_reference.service.answer_memory import AnswerMemory, RememberedAnswers
from horde_model_reference.service.derived_answers import LIVE_AGE_HEADER, DerivedAnswers
from horde_model_reference.service.documentation import documentation_router
from horde_model_reference.service.errors import UnhandledErrors, add_error_handlers
from horde_model_reference.service.http_edges import EveryAnswer, HeadAndOptions, OptionalPrefix
from horde_model_reference.service.metadata import metadata_router
from horde_model_reference.service.request_log import RequestLog
from horde_model_reference.service.v1 import records as v1_records
from horde_model_reference.service.v2 import records as v2_records
from horde_model_reference.service.v2.search import search_router

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

    def allowed_methods(scope: Scope) -> Iterable[str]:
        methods = ("GET", "POST", "PUT", "DELETE", "PATCH")
        return [
            method
            for method in methods
            if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in app.router.routes)
        ]

    # The last one added is the first to see a request.
    app.add_middleware(UnhandledErrors)
    app.add_middleware(HeadAndOptions, allowed_methods=allowed_methods)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=registry.settings.cors_allowed_origins,
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["ETag", "X-Registry-Serial", "X-Request-ID", LIVE_AGE_HEADER],
    )
    app.add_middleware(EveryAnswer)
    app.add_middleware(RequestLog, access_log=access_log)
    return OptionalPrefix(RememberedAnswers(app, memory=memory))


def create_api(registry: Registry) -> FastAPI:
    """Return the routes without what surrounds them."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
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
    add_error_handlers(app)
    for router in (
        documentation_router(app, started_at=int(time.time())),
        metadata_router("v2", "v2"),
        search_router(registry.catalog),
        v2_records.router,
        metadata_router("v1", "legacy"),
        v1_records.router,
        statistics.router,
        popular.router,
        user.router,
        status.router,
    ):
        app.include_router(router)
    return app
