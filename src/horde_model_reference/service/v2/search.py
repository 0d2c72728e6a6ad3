"""Searching a category, or all of them (spec 12)."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from horde_model_reference.catalog.facets import FACET_NAMES
from horde_model_reference.catalog.search import SearchRequest
from horde_model_reference.catalog.search_filters import SearchFilters
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.licensing import PermissionStatus
from horde_model_reference.service.dependencies import body_answer
from horde_model_reference.service.errors import UnknownCategoryError
from horde_model_reference.service.schemas import ErrorResponse
from horde_model_reference.service.search_answers import SearchAnswers

_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorResponse} for status in (400, 410, 422)}


class FacetCount(BaseModel):
    """How many of the records found have a value."""

    value: str
    count: int


class SearchResponse(BaseModel):
    """One page of what was found; the last three are there only where they were asked for."""

    results: list[dict[str, Any]]
    total: int
    offset: int
    limit: int
    has_more: bool
    facets: dict[str, list[FacetCount]] | None = None
    next_cursor: str | None = None
    revision: int | None = None


class SearchParameters(BaseModel):
    """The parameters of every search."""

    nsfw: bool | None = None
    tags_any: list[str] | None = Field(None, description="Has one of these tags.")
    tags_all: list[str] | None = Field(None, description="Has all these tags.")
    tags_none: list[str] | None = Field(None, description="Has none of these tags.")
    name_contains: str | None = Field(None, description="A part of the name, in any case.")
    license_id: str | None = None
    commercial_use: PermissionStatus | None = None
    redistribution: PermissionStatus | None = None
    size: str | None = Field(
        None, description="A step of sizes, as `facets=size` names them: `2GB-4GB` of files, `3B-6B` weights."
    )
    sort_by: str | None = Field(None, description="A field, or a path such as metadata__created_at.")
    sort_desc: bool = False
    limit: int = Field(50, ge=1, le=500)
    offset: int = Field(0, ge=0)
    q: str | None = Field(
        None, max_length=200, description="Words in names, tags, triggers and descriptions; the best first."
    )
    facets: list[str] | None = Field(
        None, description=f"Values to count, repeated or with commas: {', '.join(FACET_NAMES)}."
    )
    fields: list[str] | None = Field(
        None, description="The fields that results show, repeated or with commas; none: all."
    )
    cursor: str | None = Field(
        None,
        max_length=400,
        description="`*` to begin, then `next_cursor`: pages of one revision, whatever changes meanwhile.",
    )

    def filters(self) -> SearchFilters:
        """Return the filters that these parameters ask for."""
        return SearchFilters(
            nsfw=self.nsfw,
            tags_any=_given(self.tags_any),
            tags_all=_given(self.tags_all),
            tags_none=_given(self.tags_none),
            name_contains=self.name_contains,
            license_id=self.license_id,
            commercial_use=self.commercial_use,
            redistribution=self.redistribution,
            size=self.size,
        )

    def request(self, category: Category | None) -> SearchRequest:
        """Return the search that these parameters ask for."""
        return SearchRequest(
            category=category,
            filters=self.filters(),
            words=self.q or "",
            sort_by=self.sort_by,
            sort_descending=self.sort_desc,
            offset=self.offset,
            limit=self.limit,
            facets=_listed(self.facets),
            fields=_listed(self.fields),
        )


class CategorySearchParameters(SearchParameters):
    """The parameters of a search in one category."""

    baseline: str | None = Field(None, description="Exactly as the records spell it.")
    style: str | None = Field(None, description="Exactly as the records spell it; image and text models.")
    inpainting: bool | None = Field(None, description="Image models only.")
    backend: str | None = Field(None, description="Text models only: aphrodite or koboldcpp.")
    exclude_backend_variations: bool = Field(False, description="Text models only.")
    quantized: bool | None = Field(None, description="Text models only: whether the name says so.")
    source: str = Field("horde", description="`horde` or `any`.")

    def filters(self) -> SearchFilters:
        """Return the filters that these parameters ask for."""
        common = super().filters()
        return replace(
            common,
            baseline=self.baseline,
            style=self.style,
            inpainting=self.inpainting,
            backend=self.backend,
            exclude_backend_variations=self.exclude_backend_variations,
            quantized=self.quantized,
        )

    def request(self, category: Category | None) -> SearchRequest:
        """Return the search that these parameters ask for."""
        return replace(super().request(category), source=self.source)


router = APIRouter(prefix="/model_references/v2", tags=["v2", "search"], responses=_ERRORS)
"""The search routes; they must stand before the routes of single categories."""


@router.get(
    "/search",
    operation_id="search_all_model_references_v2_search_get",
    responses={200: {"model": SearchResponse}},
)
async def search_all(request: Request, parameters: Annotated[SearchParameters, Query()]) -> Response:
    """Search all categories; of equal names the first in the order of categories is found."""
    return await _answer(request, None, parameters)


@router.get(
    "/{model_category_name}/search",
    operation_id="search_category_model_references_v2__model_category_name__search_get",
    responses={200: {"model": SearchResponse}},
)
async def search_category(
    request: Request,
    model_category_name: Annotated[str, Path(description="One of the 15 categories, lower case.")],
    parameters: Annotated[CategorySearchParameters, Query()],
) -> Response:
    """Search one category; filters for fields that its records lack are refused."""
    return await _answer(request, _category(model_category_name), parameters)


async def _answer(request: Request, category: Category | None, parameters: SearchParameters) -> Response:
    answers: SearchAnswers = request.app.state.search_answers
    snapshot, body = await answers.answer(parameters.request(category), cursor=parameters.cursor)
    return await body_answer(request, snapshot, body, is_shared=False)


def _category(name: str) -> Category:
    try:
        return Category(name)
    except ValueError:
        known = ", ".join(Category)
        raise UnknownCategoryError(f"There is no category {name!r}; there are {known}.") from None


def _given(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _listed(values: list[str] | None) -> tuple[str, ...]:
    parts = (part.strip() for value in values or () for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))
