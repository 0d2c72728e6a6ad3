"""Answers to searches: each made once for a state of the data, away from the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from orjson import Fragment

from horde_model_reference.catalog.body import Body
from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.catalog.cursor import SearchCursor, read_cursor
from horde_model_reference.catalog.search import SearchRequest, search
from horde_model_reference.catalog.search_errors import InvalidSearchError, SearchCursorGoneError
from horde_model_reference.catalog.search_views import SearchView, SearchViews
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.derived_answers import DerivedAnswers

_BEGIN = frozenset({"", "*"})


class SearchAnswers:
    """Answers searches over a catalog, and keeps the answers.

    The key holds the content that was searched, so a change needs no forgetting.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._views = SearchViews(catalog)
        self._answers = DerivedAnswers(max_bytes=16 * 1024 * 1024)
        # One thread: searching is work for the processor, and two would build the same index twice.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search")

    def current(self, category: Category | None) -> SearchView:
        """Return what is searched now; None: the records of all categories."""
        return self._views.current(category)

    async def answer(
        self, request: SearchRequest, *, cursor: str | None = None
    ) -> tuple[CategorySnapshot, Body]:
        """Return the answer to a search, and the newest snapshot that it is from.

        ``cursor`` is None for an answer without one, empty or ``*`` for the first page, else a token.

        Raises:
            InvalidSearchError: The search can't be answered, or the cursor is of another one.
            SearchCursorGoneError: The state of the data that the cursor names is not at hand any more.
        """
        view, request = self._placed(request, cursor)
        key = (view.data, request)
        body = self._answers.find(key)
        if body is None:
            loop = asyncio.get_running_loop()
            body = await loop.run_in_executor(
                self._worker, self._answers.body, key, lambda: Fragment(search(view.table, request))
            )
        return view.newest, body

    def _placed(self, request: SearchRequest, token: str | None) -> tuple[SearchView, SearchRequest]:
        if token is None:
            return self._views.current(request.category), request
        asked = request.fingerprint()
        if token in _BEGIN:
            view = self._views.current(request.category)
            cursor = SearchCursor(data=view.data, revision=view.newest.revision, asked=asked)
        else:
            cursor = read_cursor(token)
            if cursor.asked != asked:
                raise InvalidSearchError("The cursor is of another search; only the limit may change.")
            view = self._old_view(request, cursor)
        return view, replace(request, offset=0, cursor=cursor)

    def _old_view(self, request: SearchRequest, cursor: SearchCursor) -> SearchView:
        view = self._views.find(request.category, cursor.data)
        if view is None:
            raise SearchCursorGoneError(
                f"Revision {cursor.revision} is not at hand any more; begin again with cursor=*."
            )
        return view
