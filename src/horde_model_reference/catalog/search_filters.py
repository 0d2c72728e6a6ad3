"""The filters of a search, as conditions of a query (spec 12)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from horde_model_reference.catalog.category_queries import TextModelQuery
from horde_model_reference.catalog.predicates import (
    DerivedIs,
    FieldEquals,
    FieldPredicate,
    HasTags,
    LacksTags,
    Predicate,
)
from horde_model_reference.catalog.query import ModelQuery
from horde_model_reference.catalog.record_table import RecordTable
from horde_model_reference.catalog.size_buckets import field_and_bucket, is_in_bucket
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.licensing import PermissionStatus
from horde_model_reference.domain.record_types import get_record_type_for_category
from horde_model_reference.domain.records import GenericModelRecord, TextGenerationModelRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilters:
    """What the records of an answer have in common; None leaves a filter out."""

    nsfw: bool | None = None
    baseline: str | None = None
    inpainting: bool | None = None
    tags_any: tuple[str, ...] | None = None
    tags_all: tuple[str, ...] | None = None
    tags_none: tuple[str, ...] | None = None
    name_contains: str | None = None
    license_id: str | None = None
    commercial_use: PermissionStatus | None = None
    redistribution: PermissionStatus | None = None
    backend: str | None = None
    exclude_backend_variations: bool = False
    quantized: bool | None = None
    style: str | None = None
    size: str | None = None
    """The label of a bucket of sizes; records whose size isn't known are in none."""


def filtered_category(table: RecordTable, category: Category, filters: SearchFilters) -> ModelQuery[Any]:
    """Return the query for a category's records; raise ValueError where they lack the field of a filter."""
    if category is Category.text_generation:
        query: ModelQuery[Any] = _text_query(table, filters)
    else:
        query = ModelQuery(table, get_record_type_for_category(category))
    given = {"nsfw": filters.nsfw, "baseline": filters.baseline, "style": filters.style}
    query = query.where(**{field: value for field, value in given.items() if value is not None})
    if filters.inpainting is not None:
        query = query.where(inpainting=True if filters.inpainting else (False, None))
    if filters.tags_any is not None:
        query = query.tags_any(filters.tags_any)
    if filters.tags_all is not None:
        query = query.tags_all(filters.tags_all)
    if filters.tags_none is not None:
        query = query.tags_none(filters.tags_none)
    return query.where(*_common_conditions(filters))


def filtered_all(table: RecordTable, filters: SearchFilters) -> ModelQuery[GenericModelRecord]:
    """Return the query for the records of all categories; those without a field have no value there."""
    query = ModelQuery(table, GenericModelRecord)
    if filters.nsfw is not None:
        query = query.filter(FieldEquals("nsfw", filters.nsfw))
    return query.where(*_tag_conditions(filters), *_common_conditions(filters))


def _text_query(table: RecordTable, filters: SearchFilters) -> TextModelQuery:
    query = TextModelQuery(table, TextGenerationModelRecord)
    if filters.backend is not None:
        query = query.for_backend(filters.backend)
    if filters.exclude_backend_variations:
        query = query.exclude_backend_variations()
    if filters.quantized is not None:
        query = query.only_quantized() if filters.quantized else query.exclude_quantized()
    return query


def _tag_conditions(filters: SearchFilters) -> Iterator[Predicate]:
    if filters.tags_any is not None:
        yield HasTags(filters.tags_any, every=False)
    if filters.tags_all is not None:
        yield HasTags(filters.tags_all, every=True)
    if filters.tags_none is not None:
        yield LacksTags(filters.tags_none)


def _common_conditions(filters: SearchFilters) -> Iterator[Predicate]:
    if filters.size is not None:
        field, bucket = field_and_bucket(filters.size)
        yield FieldPredicate(field, lambda size: is_in_bucket(size, bucket))
    if filters.name_contains is not None:
        part = filters.name_contains.lower()
        yield DerivedIs("name", str.lower, lambda name: part in name)
    if filters.license_id is not None:
        license_id = filters.license_id
        yield FieldPredicate("licensing", lambda found: found is not None and license_id in found.license_ids)
    if filters.commercial_use is not None:
        yield _permission("commercial_use", filters.commercial_use)
    if filters.redistribution is not None:
        yield _permission("redistribution", filters.redistribution)


def _permission(use: str, status: PermissionStatus) -> Predicate:
    without_licensing = status is PermissionStatus.unknown
    return FieldPredicate(
        "licensing", lambda found: without_licensing if found is None else getattr(found, use) == status
    )
