"""Pages that are the same for everybody: made once for a state of the data, then handed out like records."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from horde_model_reference.catalog.body import Body
from horde_model_reference.domain.errors import StoreError
from horde_model_reference.service.derived_answers import DerivedAnswers
from horde_model_reference.service.ready_answer import Freshness, ready_answer
from horde_model_reference.service.web.rendering import HTML_TYPE, PAGE_HEADERS, render, templates_of
from horde_model_reference.service.web.visitors import is_personal

_ASK_EACH_TIME: Final = "public, no-cache"
"""Browsers may keep a page, but ask whether it still holds: it may be different after signing in."""


async def shared_page(
    request: Request,
    template: str,
    made_of: Hashable,
    make: Callable[[], dict[str, Any]],
    *,
    for_seconds: float | None = None,
    make_without_store: Callable[[], dict[str, Any]] | None = None,
) -> Response:
    """Return a page that everybody who isn't signed in gets alike.

    ``made_of`` names the data and the query that the page is made of: equal values have equal pages.
    ``make`` returns what the template shows; it runs in a thread and may take its time or raise.
    ``for_seconds`` says how long the answer may be given again without a look at ``made_of``; None: until
    records change. Whoever is signed in gets a page of their own, with their name in it.
    ``make_without_store`` makes what is shown where ``make`` can't ask the database; nobody keeps that.
    """
    try:
        return await _page(request, template, made_of, make, for_seconds=for_seconds)
    except StoreError:
        if make_without_store is None:
            raise
        values = await asyncio.to_thread(make_without_store)
        return await asyncio.to_thread(render, request, template, **values)


async def _page(
    request: Request,
    template: str,
    made_of: Hashable,
    make: Callable[[], dict[str, Any]],
    *,
    for_seconds: float | None,
) -> Response:
    if is_personal(request):
        values = await asyncio.to_thread(make)
        return await asyncio.to_thread(render, request, template, **values)
    bodies: DerivedAnswers = request.app.state.page_bodies
    key = (template, request.url.path, made_of)
    body = bodies.find(key)
    if body is None:

        def made() -> Body:
            # Not within `ready`, which makes one at a time: some pages wait for the database.
            html = templates_of(request).html(request, template, make())
            return bodies.ready(key, lambda: Body(html.encode()))

        body = await asyncio.to_thread(made)
    freshness = Freshness(modified_at=None, serial=None, cache_control=_ASK_EACH_TIME)
    response = await ready_answer(request, body, freshness, for_seconds=for_seconds, media_type=HTML_TYPE)
    response.headers.update(PAGE_HEADERS)
    response.headers.add_vary_header("Cookie")
    response.headers.add_vary_header("Accept")
    return response
