"""The routes that nearly all requests are for: reading records.

A registry that only workers ask has no others in memory; see `routes_on_demand`.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.params import Depends
from starlette.routing import BaseRoute
from starlette.types import Scope

from horde_model_reference.service import status
from horde_model_reference.service.metadata import metadata_router
from horde_model_reference.service.v1 import records as v1_records
from horde_model_reference.service.v2 import records as v2_records
from horde_model_reference.service.v2 import revisions as v2_revisions
from horde_model_reference.service.v2 import search as v2_search

_METHODS: Final = frozenset({"GET", "HEAD"})
_PATHS: Final = re.compile(
    r"(?:/api)?/(?:heartbeat|replicate_mode|model_references/(?:"
    r"v[12]/[^/]+"  # a category, info, model_categories, revisions, search in all categories
    r"|v2/[^/]+/(?:search|model/.+)"
    r"|v[12]/metadata/.+"
    r"))?"
)
"""Paths that no route but these answers GET for."""


def is_reading(scope: Scope) -> bool:
    """Tell whether a request is for one of these routes, whatever it will be answered."""
    return scope["method"] in _METHODS and _PATHS.fullmatch(scope["path"]) is not None


def include_reading_routes(app: FastAPI) -> None:
    """Give an application without routes these ones."""
    app.router.routes.extend(reading_routes())


@cache
def reading_routes() -> tuple[BaseRoute, ...]:
    """Return the routes, the more special paths before the more general ones.

    They hold nothing of an application, since a process may have several.
    """
    return routes_of(
        metadata_router("v2", "v2"),
        v2_search.router,
        v2_revisions.router,
        v2_records.router,
        metadata_router("v1", "legacy"),
        v1_records.router,
        status.router,
    )


def routes_of(*routers: APIRouter, dependencies: Sequence[Depends] = ()) -> tuple[BaseRoute, ...]:
    """Return the routes of routers, ready to be given to several applications."""
    whole = APIRouter(dependencies=dependencies)
    for router in routers:
        whole.include_router(router)
    return tuple(whole.routes)
