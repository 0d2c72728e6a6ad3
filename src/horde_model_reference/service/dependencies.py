"""What routes are given: the parts of the registry that serves them."""

from typing import Annotated, Any, cast

from fastapi import Depends, Path, Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.body import Body
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.ready_answer import Freshness, ready_answer
from horde_model_reference.service.schemas import ErrorResponse
from horde_model_reference.settings import ReplicateMode


async def current_registry(request: Request) -> Registry:
    """Return the registry that the application was made with."""
    return _registry_of(request)


def _registry_of(request: Request) -> Registry:
    return cast(Registry, request.app.state.registry)


CurrentRegistry = Annotated[Registry, Depends(current_registry)]
CategoryPath = Annotated[
    Category, Path(alias="model_category_name", description="One of the 15 categories, lower case.")
]

ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorResponse} for status in (404, 422, 503)}
"""For the documentation: the errors that a read of records may answer with."""


async def body_answer(
    request: Request, snapshot: CategorySnapshot, body: Body, *, is_shared: bool = True
) -> Response:
    """Return an answer with a ready body of a snapshot, or with one made of it for this answer."""
    return await dated_answer(request, body, modified_at=snapshot.modified_at, is_shared=is_shared)


async def dated_answer(request: Request, body: Body, *, modified_at: int, is_shared: bool = True) -> Response:
    """Return an answer with a body that holds until the data changes; last that was in a Unix second."""
    registry = _registry_of(request)
    settings = registry.settings
    freshness = Freshness(
        modified_at=modified_at,
        serial=registry.catalog.serial if settings.replicate_mode is ReplicateMode.PRIMARY else None,
        cache_control=(
            f"public, max-age={settings.http_max_age_seconds}, "
            f"stale-while-revalidate={settings.http_stale_while_revalidate_seconds}"
        ),
    )
    return await ready_answer(request, body, freshness, is_shared=is_shared)
