"""Reading records in the current format (spec 11)."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from horde_model_reference.catalog.body import Body
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category, lookup_order
from horde_model_reference.domain.errors import CategoryNotFoundError, RecordNotFoundError
from horde_model_reference.domain.record_types import MODEL_RECORD_TYPE_LOOKUP
from horde_model_reference.service.dependencies import (
    ERRORS,
    CategoryPath,
    CurrentRegistry,
    body_answer,
)
from horde_model_reference.service.schemas import ContainsMessage

router = APIRouter(prefix="/model_references/v2", tags=["v2"], responses=ERRORS)

_MANAGED_ELSEWHERE = (Category.lora, Category.ti)
_ANY_RECORD: Any = {"type": "object", "additionalProperties": True}


@router.get("/info", operation_id="read_v2_reference_api_info")
async def info() -> ContainsMessage:
    """Say what this part of the API is."""
    return ContainsMessage(message="The v2 API serves model records in the current format; see /api/docs.")


@router.get("/model_categories", operation_id="read_v2_references_names")
async def model_categories(registry: CurrentRegistry) -> list[Category]:
    """List the categories; those that another program keeps only where they have records here."""
    catalog = registry.catalog
    return [
        category
        for category in Category
        if category not in _MANAGED_ELSEWHERE or (catalog.snapshot(category) or ())
    ]


@router.get(
    "/{model_category_name}",
    operation_id="read_v2_reference",
    responses={200: {"content": {"application/json": {"schema": _ANY_RECORD}}}},
)
async def category(request: Request, model_category_name: CategoryPath) -> Response:
    """Return all records of a category by name, in storage order."""
    return await _category_answer(request, model_category_name)


@router.get(
    "/{model_category_name}/model/{model_name:path}",
    operation_id="read_v2_single_model",
    responses={200: {"content": {"application/json": {"schema": _ANY_RECORD}}}},
)
async def model(request: Request, model_category_name: CategoryPath, model_name: str) -> Response:
    """Return one record; its name may contain slashes, plain or percent-encoded."""
    return await _model_answer(request, model_category_name, model_name)


async def _category_answer(request: Request, category: Category) -> Response:
    snapshot = _snapshot(request, category)
    return await body_answer(request, snapshot, snapshot.v2)


async def _model_answer(request: Request, category: Category, name: str) -> Response:
    snapshot = _snapshot(request, category)
    for key in lookup_order(category, name):
        record = snapshot.record(key)
        if record is not None:
            return await body_answer(request, snapshot, Body(record), is_shared=False)
    raise RecordNotFoundError(f"There is no model '{name}' in the category '{category}'.")


def _snapshot(request: Request, category: Category) -> CategorySnapshot:
    snapshot: CategorySnapshot | None = request.app.state.registry.catalog.snapshot(category)
    if snapshot is None:
        raise CategoryNotFoundError(f"The category '{category}' has no data here.")
    return snapshot


def _typed_routes(category: Category) -> None:
    """Add the routes that exist so that the documentation carries the category's record type."""
    record_type = MODEL_RECORD_TYPE_LOOKUP[category]

    async def read_all(request: Request) -> Response:
        return await _category_answer(request, category)

    async def read_one(request: Request, model_name: str) -> Response:
        return await _model_answer(request, category, model_name)

    typed: tuple[tuple[str, str, str, Callable[..., Awaitable[Response]], Any], ...] = (
        ("", "all", f"Return all records of {category} by name.", read_all, dict[str, record_type]),  # type: ignore[valid-type] # made at run time for the documentation
        ("/model/{model_name:path}", "one", f"Return one record of {category}.", read_one, record_type),
    )
    for path, suffix, summary, endpoint, model in typed:
        router.add_api_route(
            f"/{category}{path}",
            endpoint,
            methods=["GET"],
            operation_id=f"read_v2_{category}_{suffix}",
            summary=summary,
            responses={200: {"model": model}},
        )


for _category in Category:
    _typed_routes(_category)
