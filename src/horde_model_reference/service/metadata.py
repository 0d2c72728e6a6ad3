"""Bookkeeping of each category, the same under v1 and v2 (spec 11, Metadata)."""

from dataclasses import asdict
from typing import Literal

from fastapi import APIRouter

from horde_model_reference.domain.categories import Category
from horde_model_reference.service.dependencies import ERRORS, CategoryPath, CurrentRegistry
from horde_model_reference.service.errors import UnavailableError
from horde_model_reference.service.schemas import (
    CategoryLastUpdatedResponse,
    CategoryMetadata,
    LastUpdatedResponse,
)
from horde_model_reference.settings import CanonicalFormat
from horde_model_reference.store.counters import CategoryCounters


def metadata_router(version: Literal["v1", "v2"], format_name: Literal["legacy", "v2"]) -> APIRouter:
    """Return the metadata routes of one API version."""
    router = APIRouter(
        prefix=f"/model_references/{version}/metadata", tags=[version, "metadata"], responses=ERRORS
    )

    def counters(registry: CurrentRegistry) -> dict[Category, CategoryCounters]:
        if registry.store is None:
            raise UnavailableError("A REPLICA keeps no metadata; ask the PRIMARY.")
        return registry.store.counters(version)

    @router.get("/last_updated", operation_id=f"read_{format_name}_last_updated")
    def last_updated(registry: CurrentRegistry) -> LastUpdatedResponse:
        """Return when any category was last changed, where this is the canonical format."""
        found = counters(registry)
        if registry.settings.canonical_format is not CanonicalFormat(format_name):
            raise UnavailableError(
                f"The canonical format here is {registry.settings.canonical_format}; "
                f"ask that version's metadata."
            )
        return LastUpdatedResponse(last_updated=max(entry.last_updated for entry in found.values()))

    @router.get("/metadata", operation_id=f"read_all_{format_name}_metadata")
    def all_metadata(registry: CurrentRegistry) -> dict[Category, CategoryMetadata]:
        """Return the bookkeeping of all categories."""
        return {category: _wire(entry) for category, entry in counters(registry).items()}

    @router.get(
        "/{model_category_name}/last_updated", operation_id=f"read_{format_name}_category_last_updated"
    )
    def category_last_updated(
        registry: CurrentRegistry, model_category_name: CategoryPath
    ) -> CategoryLastUpdatedResponse:
        """Return when a category was last changed."""
        entry = counters(registry)[model_category_name]
        return CategoryLastUpdatedResponse(category=entry.category, last_updated=entry.last_updated)

    @router.get("/{model_category_name}", operation_id=f"read_{format_name}_category_metadata")
    def category_metadata(registry: CurrentRegistry, model_category_name: CategoryPath) -> CategoryMetadata:
        """Return the bookkeeping of a category."""
        return _wire(counters(registry)[model_category_name])

    return router


def _wire(counters: CategoryCounters) -> CategoryMetadata:
    return CategoryMetadata.model_validate(asdict(counters))
