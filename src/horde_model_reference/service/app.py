"""The ASGI application."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from horde_model_reference.bootstrap import Registry
from horde_model_reference.service.access_log import AccessLog
from horde_model_reference.service.answer_memory import AnswerMemory, RememberedAnswers
from horde_model_reference.service.body_limit import BodyLimit
from horde_model_reference.service.derived_answers import LIVE_AGE_HEADER, DerivedAnswers
from horde_model_reference.service.errors import UnhandledErrors, add_error_handlers
from horde_model_reference.service.http_edges import (
    PREFIX,
    EveryAnswer,
    HeadAndOptions,
    OptionalPrefix,
    allowed_methods,
)
from horde_model_reference.service.public_address import PublicAddress
from horde_model_reference.service.reading_routes import include_reading_routes
from horde_model_reference.service.request_log import RequestLog
from horde_model_reference.service.routes_on_demand import RoutesOnDemand
from horde_model_reference.service.search_answers import SearchAnswers
from horde_model_reference.service.web.beside_api import PagesBesideApi
from horde_model_reference.service.well_addressed import WellAddressed
from horde_model_reference.settings import PUBLIC_API_URL

_KNOWN_SERVERS = (PUBLIC_API_URL, "http://localhost:19800/api")
"""Where the description says that the API is, for a deployment that has not said it (spec 10)."""


def create_app(registry: Registry, *, memory: AnswerMemory, access_log: AccessLog) -> ASGIApp:
    """Return the application that serves a registry, closing it when the server ends.

    Equal reads are answered from ``memory``, which forgets everything when the data changes.
    """
    app = _empty_api(registry)
    include_reading_routes(app)

    def make_pages() -> ASGIApp:
        from horde_model_reference.service.web.pages import create_pages

        return create_pages(app)

    # The last one added is the first to see a request.
    app.add_middleware(BodyLimit, max_bytes=registry.settings.max_body_bytes)
    app.add_middleware(UnhandledErrors)
    app.add_middleware(HeadAndOptions, allowed_methods=allowed_methods(app))
    app.add_middleware(
        CORSMiddleware,
        allow_origins=registry.settings.cors_allowed_origins,
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["ETag", "X-Registry-Serial", "X-Request-ID", LIVE_AGE_HEADER],
    )
    app.add_middleware(RoutesOnDemand, api=app, load=_all_routes)
    # Outside CORS: no other site reads pages, which may be of somebody who signed in.
    app.add_middleware(PagesBesideApi, make_pages=make_pages)
    app.add_middleware(PublicAddress, url=registry.settings.public_url)
    app.add_middleware(WellAddressed)
    app.add_middleware(EveryAnswer)
    app.add_middleware(RequestLog, access_log=access_log)
    return OptionalPrefix(RememberedAnswers(app, memory=memory))


def create_api(registry: Registry) -> FastAPI:
    """Return all routes without what surrounds them."""
    app = _empty_api(registry)
    _all_routes()(app)
    return app


def _all_routes() -> Callable[[FastAPI], None]:
    from horde_model_reference.service.all_routes import include_all_routes

    return include_all_routes


def _empty_api(registry: Registry) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        yield
        registry.close()

    app = FastAPI(
        title="Horde Model Reference API",
        summary="The registry of AI models for the AI-Horde.",
        version=version("horde-model-reference"),
        servers=_servers(registry.settings.public_url),
        root_path_in_servers=False,
        openapi_url=None,
        lifespan=lifespan,
    )
    app.state.registry = registry
    app.state.derived_answers = DerivedAnswers()
    app.state.search_answers = SearchAnswers(registry.catalog)
    add_error_handlers(app)
    return app


def _servers(public_url: str | None) -> list[dict[str, str]]:
    """Return what the description names as addresses of the API, this very server first."""
    others = _KNOWN_SERVERS if public_url is None else (f"{public_url}{PREFIX}",)
    return [{"url": url} for url in (PREFIX, *others)]
