"""Licences: definitions, what is under them, and their editors (spec 24)."""

from http import HTTPStatus
from typing import Annotated, Final, cast
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.asset_views import model_view
from horde_model_reference.catalog.body import Body
from horde_model_reference.catalog.licensed_assets import AssetFilters, sorted_definitions
from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.categories import Category, lookup_order
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.errors import RecordNotFoundError, ResourceNotFoundError
from horde_model_reference.domain.licensing import (
    LicensedAsset,
    LicensedAssetKind,
    LicenseDefinition,
    PermissionStatus,
)
from horde_model_reference.domain.resources import CatalogName, Resource, ResourceType
from horde_model_reference.review import licensing as plans
from horde_model_reference.review.licensing import Precondition
from horde_model_reference.review.resources import Plan
from horde_model_reference.service.auth import Caller, CurrentCaller
from horde_model_reference.service.dependencies import CurrentRegistry, dated_answer
from horde_model_reference.service.errors import UnsupportedRequestError
from horde_model_reference.service.licensing_answers import LicensingAnswers
from horde_model_reference.service.licensing_schemas import (
    LicensedAssetPage,
    LicensedAssetView,
    LicenseDefinitionPage,
    LicensingExport,
    LicensingSummary,
)
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.preconditions import IfMatch, still_matches
from horde_model_reference.service.ready_answer import JSON_TYPE
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.strict_json import StrictJsonRoute

_PREFIX: Final = "/model_references/v2/licensing"
_EDIT_ERRORS: Final = errors(400, 401, 403, 404, 409, 412, 413, 422, 503)

LicenseIdPath = Annotated[str, Path(alias="license_id")]
AssetKindPath = Annotated[LicensedAssetKind, Path(alias="asset_kind")]
AssetIdentifierPath = Annotated[str, Path(alias="asset_identifier", description="It may contain slashes.")]


class Paging(BaseModel):
    """Which part of a list is wanted."""

    offset: int = Field(0, ge=0, le=2**53)
    limit: int = Field(100, ge=1, le=1000)


class LicensesQuery(Paging):
    """The parameters of the list of licences."""

    include_deprecated: bool = True


class AssetsQuery(Paging):
    """The parameters of the list of assets."""

    asset_kind: str | None = Field(None, description="`model`, or the kind of an asset.")
    category: Category | None = None
    license_id: str | None = Field(None, description="Named for the whole asset, not only for a file of it.")
    commercial_use: PermissionStatus | None = None
    redistribution: PermissionStatus | None = None
    name_contains: str | None = Field(None, description="A part of the name, in any case.")

    def filters(self) -> AssetFilters:
        """Return the filters that these parameters ask for."""
        return AssetFilters(
            asset_kind=self.asset_kind,
            category=self.category,
            license_id=self.license_id,
            commercial_use=self.commercial_use,
            redistribution=self.redistribution,
            name_contains=self.name_contains,
        )


router = APIRouter(prefix=_PREFIX, tags=["v2", "licensing"], responses=errors(422))
_reads = APIRouter()
_edits = APIRouter(route_class=StrictJsonRoute, responses=_EDIT_ERRORS)


async def _answers(request: Request) -> LicensingAnswers:
    return cast(LicensingAnswers, request.app.state.licensing_answers)


CurrentAnswers = Annotated[LicensingAnswers, Depends(_answers)]


@_reads.get("/assets", responses={200: {"model": LicensedAssetPage}})
async def list_licensed_assets(
    request: Request, answers: CurrentAnswers, query: Annotated[AssetsQuery, Query()]
) -> Response:
    """List what is under a licence, models included, sorted by kind and identifier."""
    body = await answers.page(query.filters(), offset=query.offset, limit=query.limit)
    return await dated_answer(request, body, modified_at=answers.modified_at)


@_reads.get("/summary", responses={200: {"model": LicensingSummary}})
async def get_licensing_summary(request: Request, answers: CurrentAnswers) -> Response:
    """Count everything under a licence, models included."""
    return await dated_answer(request, await answers.summary(), modified_at=answers.modified_at)


@_reads.get("/export", responses={200: {"model": LicensingExport}})
async def export_licensing(request: Request, answers: CurrentAnswers) -> Response:
    """Return everything about licences, as REPLICAs take it."""
    return await dated_answer(request, await answers.export(), modified_at=answers.modified_at)


@_reads.get("/licenses", responses={200: {"model": LicenseDefinitionPage}})
async def list_license_definitions(
    request: Request, registry: CurrentRegistry, query: Annotated[LicensesQuery, Query()]
) -> Response:
    """List the licences, sorted by id without regard to case."""
    licensing = registry.catalog.resources(CatalogName.licensing)
    found = [
        document
        for document in licensing.made(sorted_definitions)
        if query.include_deprecated or not document["deprecated"]
    ]
    page = {
        "items": found[query.offset : query.offset + query.limit],
        "total": len(found),
        "offset": query.offset,
        "limit": query.limit,
        "metadata": licensing.metadata.document(),
    }
    return await _answer(request, registry, page)


@_reads.get("/licenses/{license_id}", responses={200: {"model": LicenseDefinition}, **errors(404)})
async def get_license_definition(
    request: Request, registry: CurrentRegistry, license_id: LicenseIdPath
) -> Response:
    """Return one licence; its `ETag` is what `If-Match` takes."""
    found = _find(registry, ResourceType.license_definition, license_id)
    return await _answer(request, registry, found.document)


@_reads.get(
    "/assets/{asset_kind}/{asset_identifier:path}", responses={200: {"model": LicensedAsset}, **errors(404)}
)
async def get_licensed_asset(
    request: Request,
    registry: CurrentRegistry,
    asset_kind: AssetKindPath,
    asset_identifier: AssetIdentifierPath,
) -> Response:
    """Return one asset that is no model, as it is stored; its `ETag` is what `If-Match` takes."""
    found = _find(registry, ResourceType.licensed_asset, f"{asset_kind}:{asset_identifier}")
    return await _answer(request, registry, found.document)


@_reads.get(
    "/models/{category}/{model_name:path}", responses={200: {"model": LicensedAssetView}, **errors(404)}
)
async def get_model_licensing(
    request: Request, registry: CurrentRegistry, category: Category, model_name: str
) -> Response:
    """Return what is concluded about a model and its files; its name may contain slashes."""
    snapshot = registry.catalog.snapshot(category)
    for key in lookup_order(category, model_name):
        record = None if snapshot is None else snapshot.record(key)
        if snapshot is not None and record is not None:
            body = Body(orjson.dumps(model_view(category, key, orjson.loads(record))))
            return await dated_answer(request, body, modified_at=snapshot.modified_at, is_shared=False)
    raise RecordNotFoundError(f"There is no model {model_name!a} in the category '{category}'.")


@_edits.post("/licenses", status_code=201, responses={201: {"model": LicenseDefinition}})
async def create_license_definition(
    caller: CurrentCaller, desk: CurrentDesk, definition: LicenseDefinition
) -> Response:
    """Bring a new licence in."""
    actor = await _editor(caller, desk)
    written = await _edit(desk, plans.create_definition(definition), actor)
    return _written(written, HTTPStatus.CREATED, location=f"/licenses/{quote(definition.license_id)}")


@_edits.put("/licenses/{license_id}", responses={200: {"model": LicenseDefinition}})
async def replace_license_definition(
    caller: CurrentCaller,
    desk: CurrentDesk,
    license_id: LicenseIdPath,
    definition: LicenseDefinition,
    if_match: IfMatch = None,
) -> Response:
    """Replace a licence; where it is deprecated, models that name it stay as they are."""
    actor = await _editor(caller, desk)
    _check_identity(license_id, definition.license_id)
    plan = plans.replace_definition(definition, condition=_condition(if_match))
    return _written(await _edit(desk, plan, actor), HTTPStatus.OK)


@_edits.delete("/licenses/{license_id}", status_code=204)
async def delete_license_definition(
    caller: CurrentCaller, desk: CurrentDesk, license_id: LicenseIdPath, if_match: IfMatch = None
) -> None:
    """Delete a licence that no model, file of a model, asset or open change names."""
    actor = await _editor(caller, desk)
    await _edit(desk, plans.delete_definition(license_id, condition=_condition(if_match)), actor)


@_edits.post("/assets", status_code=201, responses={201: {"model": LicensedAsset}})
async def create_licensed_asset(caller: CurrentCaller, desk: CurrentDesk, asset: LicensedAsset) -> Response:
    """Bring a new asset in; its licences must be known, and not deprecated."""
    actor = await _editor(caller, desk)
    written = await _edit(desk, plans.create_asset(asset), actor)
    location = f"/assets/{asset.asset_kind}/{quote(asset.asset_identifier)}"
    return _written(written, HTTPStatus.CREATED, location=location)


@_edits.put("/assets/{asset_kind}/{asset_identifier:path}", responses={200: {"model": LicensedAsset}})
async def replace_licensed_asset(
    caller: CurrentCaller,
    desk: CurrentDesk,
    asset_kind: AssetKindPath,
    asset_identifier: AssetIdentifierPath,
    asset: LicensedAsset,
    if_match: IfMatch = None,
) -> Response:
    """Replace an asset; a conclusion that stays as it is may name a deprecated licence."""
    actor = await _editor(caller, desk)
    _check_identity(f"{asset_kind}:{asset_identifier}", asset.key)
    plan = plans.replace_asset(asset, condition=_condition(if_match))
    return _written(await _edit(desk, plan, actor), HTTPStatus.OK)


@_edits.delete("/assets/{asset_kind}/{asset_identifier:path}", status_code=204)
async def delete_licensed_asset(
    caller: CurrentCaller,
    desk: CurrentDesk,
    asset_kind: AssetKindPath,
    asset_identifier: AssetIdentifierPath,
    if_match: IfMatch = None,
) -> None:
    """Delete an asset that is no model."""
    actor = await _editor(caller, desk)
    key = f"{asset_kind}:{asset_identifier}"
    await _edit(desk, plans.delete_asset(key, condition=_condition(if_match)), actor)


async def _editor(caller: Caller, desk: ReviewDesk) -> Actor:
    _ = desk.store  # the mode comes before the key (spec 20, Which guard where)
    return await caller.license_editor()


async def _edit(desk: ReviewDesk, plan: Plan, actor: Actor) -> Document:
    (written,) = await desk.edit(plan, actor, role=Role.license_editor)
    return {} if written.after is None else written.after.document


def _condition(if_match: list[str] | None) -> Precondition:
    return lambda resource: still_matches(if_match, _body(resource.document))


def _check_identity(of_path: str, of_body: str) -> None:
    if of_path != of_body:
        raise UnsupportedRequestError(f"The body is about {of_body!a}, but the path says {of_path!a}.")


def _find(registry: Registry, resource_type: ResourceType, key: str) -> Resource:
    found = registry.catalog.resources(CatalogName.licensing).all(resource_type).get(key)
    if found is None:
        raise ResourceNotFoundError(f"There is no {key!a}.")
    return found


def _written(document: Document, status: HTTPStatus, *, location: str | None = None) -> Response:
    body = _body(document)
    headers = {"etag": body.etag()} | ({} if location is None else {"location": f"{_PREFIX}{location}"})
    return Response(body.content, status_code=status, headers=headers, media_type=JSON_TYPE)


def _body(document: Document) -> Body:
    return Body(orjson.dumps(document))


async def _answer(request: Request, registry: Registry, content: Document) -> Response:
    modified_at = registry.catalog.resources(CatalogName.licensing).metadata.updated_at or 0
    return await dated_answer(request, _body(content), modified_at=modified_at, is_shared=False)


router.include_router(_reads)
router.include_router(_edits)
