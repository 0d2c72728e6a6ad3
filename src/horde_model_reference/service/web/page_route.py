"""What the routes of all pages that take forms have in common."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from horde_model_reference.service.web.strict_form import StrictFormRequest


class PageRoute(APIRoute):
    """A route that reads forms strictly, and has no address with a number that can't be read."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether an address is that of the route."""
        try:
            return super().matches(scope)
        except ValueError:  # more digits than Python makes a number of
            return Match.NONE, {}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the route."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictFormRequest(request.scope, request.receive))

        return handle_strictly
