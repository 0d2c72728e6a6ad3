"""Reading records in the legacy format (spec 02 §9)."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import CategoryNotFoundError
from horde_model_reference.service.dependencies import ERRORS, body_answer
from horde_model_reference.service.errors import UnknownCategoryError
from horde_model_reference.service.schemas import ContainsMessage

router = APIRouter(prefix="/model_references/v1", tags=["v1"])

_FILE_NAMES = {
    "stable_diffusion": Category.image_generation,
    "stable_diffusion.json": Category.image_generation,
    "db.json": Category.text_generation,
}
_CATEGORIES = {category.value: category for category in Category}


@router.get("/info", operation_id="read_legacy_reference_api_info")
async def info() -> ContainsMessage:
    """Say what this part of the API is."""
    return ContainsMessage(
        message="The v1 API serves model records in the legacy format, for programs that read the JSON files "
        "of the AI-Horde model reference repositories; see /api/docs."
    )


@router.get("/model_categories", operation_id="read_legacy_references_names")
async def model_categories() -> list[Category]:
    """List all categories, also those without a legacy format."""
    return list(Category)


@router.get("/text_generation", operation_id="read_legacy_text_generation_reference", responses=ERRORS)
async def text_generation(
    request: Request,
    include_group: Annotated[
        bool, Query(description="Add the group of each model and a summary of the group.")
    ] = False,
) -> Response:
    """Return the text models, each also under its backend names."""
    snapshot = _snapshot(request, Category.text_generation)
    body = snapshot.v1
    if include_group:
        body = await asyncio.to_thread(snapshot.v1_with_groups)
    if body is None:
        raise _nothing(Category.text_generation)
    return await body_answer(request, snapshot, body)


@router.get("/{model_category_name}", operation_id="read_legacy_reference", responses=ERRORS)
async def category(request: Request, model_category_name: str) -> Response:
    """Return all records of a category; `stable_diffusion`, `db.json`, and `.json` after a name are fine."""
    known = _category(model_category_name)
    snapshot = _snapshot(request, known)
    if snapshot.v1 is None:
        raise _nothing(known)
    return await body_answer(request, snapshot, snapshot.v1)


def _category(text: str) -> Category:
    found = _FILE_NAMES.get(text) or _CATEGORIES.get(text.removesuffix(".json"))
    if found is None:
        raise UnknownCategoryError(
            f"'{text}' is not a model category; see /api/model_references/v1/model_categories."
        )
    return found


def _snapshot(request: Request, category: Category) -> CategorySnapshot:
    snapshot: CategorySnapshot | None = request.app.state.registry.catalog.snapshot(category)
    if snapshot is None:
        raise _nothing(category)
    return snapshot


def _nothing(category: Category) -> CategoryNotFoundError:
    return CategoryNotFoundError(f"The category '{category}' has no legacy data here.")
