"""All routes of the API, once somebody wants more than to read records."""

import asyncio
from collections.abc import Callable

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from horde_model_reference.service.reading_routes import is_reading


class RoutesOnDemand:
    """Gives the API its other routes before the first request that may be for one of them.

    They, and what stands behind them, take about a tenth of a worker's memory, and most workers of a
    registry never need them.
    """

    def __init__(self, app: ASGIApp, *, api: FastAPI, load: Callable[[], Callable[[FastAPI], None]]) -> None:
        """Take the application to complete, and what imports the function that completes it."""
        self._app = app
        self._api = api
        self._load = load
        self._is_whole = False
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, when there is a route for it if there ever is one."""
        if not self._is_whole and scope["type"] == "http" and not is_reading(scope):
            await self._complete()
        await self._app(scope, receive, send)

    async def _complete(self) -> None:
        async with self._loading:
            if not self._is_whole:
                include_all = await asyncio.to_thread(self._load)
                # On the event loop, so that no request sees a part of the routes.
                include_all(self._api)
                self._is_whole = True
