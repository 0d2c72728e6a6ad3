"""Which requests are for pages, and the pages themselves once somebody wants one."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from horde_model_reference.service.encodings import weights

PAGE_PARTS: Final = frozenset(
    {
        "models",
        "text",
        "charts",
        "changes",
        "feed.atom",
        "static",
        "propose",
        "sign-in",
        "sign-out",
        "queue",
        "my-changes",
        "audit",
    }
)
"""What the paths of pages begin with."""

API_PARTS: Final = frozenset(
    {"model_references", "heartbeat", "replicate_mode", "openapi.json", "docs", "redoc"}
)
"""What the paths of the API begin with, where they are given without /api."""


class PagesBesideApi:
    """Passes requests for pages to the pages, and all others to the API.

    The API has the first word about addresses that it knows. The greeting at ``/`` and the answer to unknown
    addresses are for both, by Accept. The pages and what they need are loaded at the first request for one,
    since a registry that only programs ask should stay as small as it is.
    """

    def __init__(self, app: ASGIApp, *, make_pages: Callable[[], ASGIApp]) -> None:
        self._app = app
        self._make_pages = make_pages
        self._pages: ASGIApp | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to where it belongs."""
        if scope["type"] != "http" or scope.get("root_path"):
            await self._app(scope, receive, send)
            return
        part = scope["path"].removeprefix("/").partition("/")[0]
        if part in PAGE_PARTS or (part not in API_PARTS and accepts_html(scope)):
            await (await self._opened())(scope, receive, send)
        else:
            await self._app(scope, receive, send if part in API_PARTS else _varying_by_accept(send))

    async def _opened(self) -> ASGIApp:
        async with self._making:
            if self._pages is None:
                self._pages = await asyncio.to_thread(self._make_pages)
        return self._pages


def accepts_html(scope: Scope) -> bool:
    """Tell whether a client asks for pages by name, and likes JSON no better."""
    liked = dict(weights(Headers(scope=scope).get("accept", "")))
    return liked.get("text/html", 0.0) > 0 and liked["text/html"] >= liked.get("application/json", 0.0)


def _varying_by_accept(send: Send) -> Send:
    async def varying_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).add_vary_header("Accept")
        await send(message)

    return varying_send
