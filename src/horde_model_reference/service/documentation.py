"""The description of the API, and two pages that show it."""

import asyncio
from functools import cache

import orjson
from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from starlette.responses import HTMLResponse, Response

from horde_model_reference.catalog.body import Body
from horde_model_reference.service.http_edges import PREFIX
from horde_model_reference.service.ready_answer import Freshness, ready_answer

_CACHE_CONTROL = "public, max-age=300"


def documentation_router(app: FastAPI, *, started_at: int) -> APIRouter:
    """Return the routes that describe an application; the description is made at the first request for it."""
    router = APIRouter(include_in_schema=False)

    @cache
    def description() -> Body:
        return Body(orjson.dumps(app.openapi()))

    @router.get("/openapi.json")
    async def openapi(request: Request) -> Response:
        body = await asyncio.to_thread(description)
        freshness = Freshness(modified_at=started_at, serial=None, cache_control=_CACHE_CONTROL)
        return await ready_answer(request, body, freshness)

    @router.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        return get_swagger_ui_html(openapi_url=_description_url(request), title=app.title)

    @router.get("/redoc")
    async def redoc(request: Request) -> HTMLResponse:
        return get_redoc_html(openapi_url=_description_url(request), title=app.title)

    return router


def _description_url(request: Request) -> str:
    has_prefix = request.scope.get("root_path") == PREFIX
    return f"{PREFIX if has_prefix else ''}/openapi.json"
