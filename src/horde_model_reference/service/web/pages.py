"""All pages as one application beside the API."""

from collections.abc import Iterable
from functools import cache

from fastapi import Depends, FastAPI
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Scope

from horde_model_reference.bootstrap import Registry
from horde_model_reference.service.body_limit import BodyLimit
from horde_model_reference.service.derived_answers import DerivedAnswers
from horde_model_reference.service.errors import UnhandledErrors
from horde_model_reference.service.http_edges import HeadAndOptions, allowed_methods
from horde_model_reference.service.reading_routes import routes_of
from horde_model_reference.service.web import static_files
from horde_model_reference.service.web.browse.part import browse_part
from horde_model_reference.service.web.charts.part import charts_part
from horde_model_reference.service.web.desk.part import desk_part
from horde_model_reference.service.web.error_pages import add_error_pages, error_page
from horde_model_reference.service.web.forms import check_form
from horde_model_reference.service.web.parts import Part
from horde_model_reference.service.web.propose.part import propose_part
from horde_model_reference.service.web.rendering import Templates
from horde_model_reference.service.web.sign_in_pages import add_sign_in_pages


def parts() -> tuple[Part, ...]:
    """Return the parts in the order of the navigation; a new part is one more line here."""
    return (browse_part(), charts_part(), propose_part(), desk_part())


def create_pages(api: FastAPI) -> ASGIApp:
    """Return the application of the pages, which shares all that lives long with the API."""
    registry: Registry = api.state.registry
    here = _parts_of(is_primary=registry.store is not None)
    pages = FastAPI(title="Horde Model Reference", openapi_url=None, docs_url=None, redoc_url=None)
    pages.state = api.state
    pages.state.page_bodies = DerivedAnswers(max_bytes=8 * 1024 * 1024, max_entries=512)
    pages.state.templates = Templates(links=[link for part in here for link in part.links])
    add_error_pages(pages)
    add_sign_in_pages(pages)
    pages.router.routes.extend(_routes(is_primary=registry.store is not None))
    _add_middleware(pages, registry, here)
    return pages


def _parts_of(*, is_primary: bool) -> list[Part]:
    return [part for part in parts() if is_primary or not part.needs_primary]


@cache
def _routes(*, is_primary: bool) -> tuple[BaseRoute, ...]:
    routers = [part.router for part in _parts_of(is_primary=is_primary)]
    return routes_of(*routers, static_files.router, dependencies=[Depends(check_form)])


def _add_middleware(pages: FastAPI, registry: Registry, here: Iterable[Part]) -> None:
    def answer(scope: Scope, status: int, text: str) -> Response:
        return error_page({**scope, "app": pages}, status, text)

    # The last one added is the first to see a request.
    for middleware in reversed([each for part in here for each in part.middleware]):
        pages.add_middleware(middleware)
    pages.add_middleware(BodyLimit, max_bytes=registry.settings.max_body_bytes, answer=answer)
    pages.add_middleware(UnhandledErrors, answer=answer)
    pages.add_middleware(HeadAndOptions, allowed_methods=allowed_methods(pages))
