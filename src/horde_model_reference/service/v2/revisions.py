"""What has changed in any category, in one small answer for those who keep copies."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.derived_answers import DerivedAnswers
from horde_model_reference.service.ready_answer import Freshness, ready_answer
from horde_model_reference.settings import ReplicateMode

router = APIRouter(prefix="/model_references/v2", tags=["v2"])


class CategoryRevision(BaseModel):
    """Which state of a category is served."""

    revision: Annotated[
        int | None, Field(description="Serial of the last change; null where this is no PRIMARY.")
    ]
    etag: Annotated[
        str,
        Field(
            description="Entity tag of the plain form of v2/{category}; `-zstd` and `-gzip` end the others."
        ),
    ]


@router.get(
    "/revisions",
    operation_id="read_v2_revisions",
    responses={200: {"model": dict[str, CategoryRevision]}},
)
async def revisions(request: Request) -> Response:
    """Return the revision and entity tag of every category that has data.

    Whoever keeps copies asks this with `If-None-Match` instead of asking for each category.
    """
    registry: Registry = request.app.state.registry
    answers: DerivedAnswers = request.app.state.derived_answers
    found = (registry.catalog.snapshot(category) for category in Category)
    snapshots = [snapshot for snapshot in found if snapshot is not None]
    is_primary = registry.settings.replicate_mode is ReplicateMode.PRIMARY
    key = ("revisions", *((snapshot.category, snapshot.revision) for snapshot in snapshots))
    body = answers.find(key)
    if body is None:  # entity tags of large categories take a while, once
        body = await asyncio.to_thread(
            answers.body, key, lambda: _described(snapshots, is_primary=is_primary)
        )
    freshness = Freshness(
        modified_at=max((snapshot.modified_at for snapshot in snapshots), default=0),
        serial=registry.catalog.serial if is_primary else None,
        cache_control=(
            f"public, max-age={registry.settings.http_max_age_seconds}, "
            f"stale-while-revalidate={registry.settings.http_stale_while_revalidate_seconds}"
        ),
    )
    return await ready_answer(request, body, freshness)


def _described(
    snapshots: list[CategorySnapshot], *, is_primary: bool
) -> dict[str, dict[str, int | str | None]]:
    return {
        snapshot.category.value: {
            "revision": snapshot.revision if is_primary else None,
            "etag": snapshot.v2.etag(),
        }
        for snapshot in snapshots
    }
