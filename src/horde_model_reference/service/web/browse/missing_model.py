"""The page of a model that there isn't: whether there was one, and which may have been meant."""

from typing import Any, Final

import orjson
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.search import SearchRequest, search
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.service.search_answers import SearchAnswers
from horde_model_reference.service.web.beside_api import accepts_html
from horde_model_reference.service.web.labels import CATEGORY_LABELS
from horde_model_reference.service.web.rendering import render
from horde_model_reference.store.store import RecordVersion

_MOST_SIMILAR: Final = 6
LONGEST_SEARCH: Final = 200
"""How many characters of a name are searched for."""


async def missing_model(request: Request, category: Category, name: str) -> Response:
    """Say that there is no model of a name; raise RecordNotFoundError where no page was asked for."""
    title = CATEGORY_LABELS[category].title
    if not accepts_html(request.scope):
        raise RecordNotFoundError(f"There is no model '{name}' in {title}.")
    registry: Registry = request.app.state.registry
    answers: SearchAnswers = request.app.state.search_answers
    words = name[:LONGEST_SEARCH]

    def made() -> Response:
        return render(
            request,
            "missing_model.html",
            status=404,
            category=category.value,
            category_title=title,
            name=name,
            words=words,
            removal=_removal(registry, category, name),
            similar=_similar(answers, category, words),
        )

    return await run_in_threadpool(made)


def _similar(answers: SearchAnswers, category: Category, words: str) -> list[str]:
    table = answers.current(category).table
    wanted = SearchRequest(category=category, words=words, limit=_MOST_SIMILAR, fields=("name",))
    found: dict[str, Any] = orjson.loads(search(table, wanted))
    # A name without any word finds everything, and nothing that is like it.
    return [each["name"] for each in found["results"]] if found["total"] < len(table) else []


def _removal(registry: Registry, category: Category, name: str) -> RecordVersion | None:
    """Return what took the model away; None where there never was one, or nobody here would know."""
    if registry.store is None or "\0" in name:
        return None
    last = registry.store.history(category, name)[-1:]
    return last[0] if last and last[0].operation == "delete" else None
