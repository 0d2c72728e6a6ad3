"""From templates and ready values to pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse

from horde_model_reference.service.encodings import CODINGS, chosen_coding
from horde_model_reference.service.web.parts import NavigationLink
from horde_model_reference.service.web.static_files import static_files
from horde_model_reference.service.web.text_filters import FILTERS
from horde_model_reference.service.web.visitors import Visitor, current_visitor

HTML_TYPE: Final = "text/html; charset=utf-8"

PAGE_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Forms have to tell where they are sent from; other sites learn nothing.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
"""What keeps foreign scripts and frames out of every page."""

_OF_ONE_PERSON: Final = {"cache-control": "private, no-store", "vary": "Cookie, Accept-Encoding"}

FILE_HEADERS: Final = PAGE_HEADERS | _OF_ONE_PERSON
"""The same for what one person takes away as a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A link of the navigation on one page."""

    label: str
    path: str
    is_current: bool


class Templates:
    """The templates of all pages; each is compiled when it is first used."""

    def __init__(self, *, links: Sequence[NavigationLink]) -> None:
        self._links = links
        self._environment = _environment()

    def html(self, request: Request, template: str, values: dict[str, Any]) -> str:
        """Return a page for whoever asks; every value is escaped.

        Templates are also given ``path``, ``visitor`` (None before signing in) and ``navigation``.
        """
        visitor = current_visitor(request)
        path = request.url.path
        return self._environment.get_template(template).render(
            path=path, visitor=visitor, navigation=self._navigation(visitor, path), **values
        )

    def _navigation(self, visitor: Visitor | None, path: str) -> list[_Place]:
        return [
            _Place(label=link.label, path=link.path, is_current=_is_within(path, link))
            for link in self._links
            if link.is_for(visitor)
        ]


@cache
def _environment() -> Environment:
    """Return what compiles templates, once a process: it holds nothing of an application."""
    environment = Environment(
        loader=PackageLoader("horde_model_reference.service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update({**FILTERS, "static": static_files().address})
    return environment


def templates_of(request: Request) -> Templates:
    """Return the templates of the application."""
    templates: Templates = request.app.state.templates
    return templates


def render(request: Request, template: str, /, *, status: int = HTTPStatus.OK, **values: Any) -> HTMLResponse:
    """Return a page for one person, which nobody keeps; `shared_page` is for what everybody may see."""
    content = templates_of(request).html(request, template, values).encode()
    headers = PAGE_HEADERS | _OF_ONE_PERSON
    coding = chosen_coding(request.headers.get("accept-encoding", ""), len(content))
    if coding is not None:
        content, headers = CODINGS[coding](content), headers | {"content-encoding": coding}
    return HTMLResponse(content, status, headers=headers)


async def render_in_thread(
    request: Request, template: str, /, *, status: int = HTTPStatus.OK, **values: Any
) -> HTMLResponse:
    """Return the same; others are answered while it is made, which takes seconds for a huge record."""
    return await run_in_threadpool(render, request, template, status=status, **values)


def _is_within(path: str, link: NavigationLink) -> bool:
    return path == link.path or any(
        path == place or path.startswith(f"{place}/") for place in (link.path, *link.places) if place != "/"
    )
