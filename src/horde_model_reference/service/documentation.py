"""The description of the API, and two pages that show it with scripts that come from here."""

import asyncio
from functools import cached_property
from typing import Final

import orjson
from fastapi import APIRouter, FastAPI, HTTPException, Request
from starlette.responses import HTMLResponse, Response

from horde_model_reference.catalog.body import Body
from horde_model_reference.service.documentation_files import MEDIA_TYPES, documentation_file
from horde_model_reference.service.http_edges import PREFIX
from horde_model_reference.service.ready_answer import Freshness, ready_answer

_CACHE_CONTROL: Final = "public, max-age=300"
_SWAGGER: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{prefix}/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui" data-description="{prefix}/openapi.json">
<noscript>It needs scripts; <a href="{prefix}/openapi.json">the description</a> does not.</noscript>
</div>
<script src="{prefix}/docs/swagger-ui-bundle.js"></script>
<script src="{prefix}/docs/start.js"></script>
</body>
</html>
"""
_REDOC: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
</head>
<body>
<noscript>It needs scripts; <a href="{prefix}/openapi.json">the description</a> does not.</noscript>
<redoc spec-url="{prefix}/openapi.json"></redoc>
<script src="{prefix}/docs/redoc.standalone.js"></script>
</body>
</html>
"""


class Description:
    """What an application says of its routes; it is made at the first request for it."""

    def __init__(self, app: FastAPI, *, started_at: int) -> None:
        self._app = app
        self.started_at = started_at
        """The Unix second since which it holds."""

    @cached_property
    def body(self) -> Body:
        """The description, which is made once."""
        return Body(orjson.dumps(self._app.openapi()))


router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def _openapi(request: Request) -> Response:
    description: Description = request.app.state.description
    body = await asyncio.to_thread(lambda: description.body)
    freshness = Freshness(modified_at=description.started_at, serial=None, cache_control=_CACHE_CONTROL)
    return await ready_answer(request, body, freshness)


@router.get("/docs")
async def _docs(request: Request) -> HTMLResponse:
    return _page(request, _SWAGGER)


@router.get("/redoc")
async def _redoc(request: Request) -> HTMLResponse:
    return _page(request, _REDOC)


@router.get("/docs/{name}")
async def _file(request: Request, name: str) -> Response:
    body = await asyncio.to_thread(documentation_file, name)
    if body is None:
        raise HTTPException(404, f"The documentation has no file '{name}'.")
    freshness = Freshness(modified_at=None, serial=None, cache_control=_CACHE_CONTROL)
    return await ready_answer(request, body, freshness, media_type=MEDIA_TYPES[name.rpartition(".")[2]])


def _page(request: Request, text: str) -> HTMLResponse:
    headers = {"content-security-policy": _policy(request.app)}
    return HTMLResponse(text.format(title=request.app.title, prefix=_prefix(request)), headers=headers)


def _policy(app: FastAPI) -> str:
    """Return what the two pages may load: what is here, and answers of the servers that they can try."""
    servers = " ".join(server["url"].removesuffix(PREFIX) for server in app.servers if "://" in server["url"])
    return (
        # Both programs write style sheets while they run.
        "default-src 'none'; script-src 'self'; worker-src blob:; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data:; connect-src 'self' {servers}; base-uri 'none'; frame-ancestors 'none'"
    )


def _prefix(request: Request) -> str:
    return PREFIX if request.scope.get("root_path") == PREFIX else ""
