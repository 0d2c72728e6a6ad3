"""Prompting guidance for text models, and proposing changes to it (spec 24, Text guidance)."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog import guidance
from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.categories import Category, lookup_order
from horde_model_reference.domain.changes import ResourceKind
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.domain.text_guidance import (
    GuidanceProfileKind,
    TextGuidanceAssignment,
    TextGuidanceCatalog,
    TextGuidanceCatalogMetadata,
    TextGuidanceChangeSet,
    TextProfile,
    TextPromptContract,
    TextUsageRecipe,
)
from horde_model_reference.domain.text_parts import TextGuidanceSummary
from horde_model_reference.service.auth import CurrentCaller
from horde_model_reference.service.change_set_proposals import propose_change_set
from horde_model_reference.service.dependencies import CurrentRegistry
from horde_model_reference.service.derived_answers import DerivedFrom, derived_answer
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.queue_schemas import PendingChangeRecord
from horde_model_reference.service.review_desk import CurrentDesk
from horde_model_reference.service.strict_json import StrictJsonRoute

_ID: Final = "model_references_v2_text_generation_guidance"

router = APIRouter(
    prefix="/model_references/v2/text_generation/guidance",
    tags=["v2", "text_guidance"],
    route_class=StrictJsonRoute,
    responses=errors(422),
)


class TextUsageProfileSummary(BaseModel):
    """A profile in short."""

    profile_id: str
    kind: GuidanceProfileKind
    display_name: str
    summary: str
    aliases: list[str]
    deprecated: bool
    assigned_model_count: int


class TextUsageProfilePage(BaseModel):
    """Profiles by id."""

    items: list[TextUsageProfileSummary]
    total: int
    metadata: TextGuidanceCatalogMetadata


class TextGuidanceAssignmentPage(BaseModel):
    """Assignments by model."""

    items: list[TextGuidanceAssignment]
    total: int
    metadata: TextGuidanceCatalogMetadata
    orphans: list[str]
    """Models that have an assignment, whether it is among the items or not, and don't exist any more."""


class ResolvedTextGuidance(BaseModel):
    """All guidance for one model."""

    model_name: str
    summary: TextGuidanceSummary
    primary_profile: TextPromptContract | None = None
    supplemental_profiles: list[TextUsageRecipe] = []
    legacy_instruct_format: str | None = None
    catalog_metadata: TextGuidanceCatalogMetadata


class GuidanceMigrationPreview(BaseModel):
    """The change set that would make profiles of the instruct formats; null where there is nothing to do."""

    change_set: TextGuidanceChangeSet | None
    source_model_count: int
    format_count: int


@router.get(
    "/profiles",
    operation_id=f"list_profiles_{_ID}_profiles_get",
    responses={200: {"model": TextUsageProfilePage}},
)
async def profiles(request: Request, registry: CurrentRegistry, include_deprecated: bool = False) -> Response:
    """List the profiles by id, in short."""
    return await _answer(
        request,
        registry,
        ("profiles", include_deprecated),
        lambda catalog: guidance.profile_page(catalog, include_deprecated=include_deprecated),
    )


@router.get(
    "/profiles/{profile_id}",
    operation_id=f"get_profile_{_ID}_profiles__profile_id__get",
    responses={200: {"model": TextProfile}, **errors(404)},
)
async def profile(request: Request, registry: CurrentRegistry, profile_id: str) -> Response:
    """Return one profile."""
    found = _catalog(registry).all(ResourceType.guidance_profile).get(profile_id)
    if found is None:
        raise RecordNotFoundError(f"There is no profile {profile_id!a}.")
    return await _answer(request, registry, ("profile", profile_id), lambda _catalog: found.document)


@router.get(
    "/assignments",
    operation_id=f"list_assignments_{_ID}_assignments_get",
    responses={200: {"model": TextGuidanceAssignmentPage}},
)
async def assignments(
    request: Request,
    registry: CurrentRegistry,
    model_name: str | None = None,
    profile_id: str | None = None,
) -> Response:
    """List assignments by model, of one model or of one profile; and those that are of no model any more."""
    models = registry.catalog.snapshot(Category.text_generation)
    return await _answer(
        request,
        registry,
        ("assignments", model_name, profile_id),
        lambda catalog: guidance.assignment_page(
            catalog, models, model_name=model_name, profile_id=profile_id
        ),
        with_models=True,
    )


@router.get(
    "/model",
    operation_id=f"resolve_model_guidance_{_ID}_model_get",
    responses={200: {"model": ResolvedTextGuidance}, **errors(404)},
)
async def model_guidance(
    request: Request, registry: CurrentRegistry, name: Annotated[str, Query(min_length=1)]
) -> Response:
    """Return all guidance for one model; its name may be a former one."""
    models = registry.catalog.snapshot(Category.text_generation)
    keys = lookup_order(Category.text_generation, name)
    key = next((key for key in keys if models is not None and models.record(key) is not None), name)
    record = None if models is None else models.record(key)
    if record is None:
        raise RecordNotFoundError(f"There is no text model {name!a}.")
    return await _answer(
        request,
        registry,
        ("model", key),
        lambda catalog: guidance.resolved(catalog, key, record),
        with_models=True,
    )


@router.get(
    "/export",
    operation_id=f"export_catalog_{_ID}_export_get",
    responses={200: {"model": TextGuidanceCatalog}},
)
async def export(request: Request, registry: CurrentRegistry) -> Response:
    """Return the whole catalogue, for a REPLICA."""
    return await _answer(request, registry, "export", guidance.exported)


@router.post(
    "/migration/preview",
    operation_id=f"preview_legacy_migration_{_ID}_migration_preview_post",
    responses=errors(401, 403, 503),
)
async def migration_preview(caller: CurrentCaller, desk: CurrentDesk) -> GuidanceMigrationPreview:
    """Return a change set that makes profiles of the instruct formats that models name; nothing is stored."""
    await caller.requestor()
    _ = desk.store
    registry = desk.registry
    models = registry.catalog.snapshot(Category.text_generation)
    found = await run_in_threadpool(guidance.migration, _catalog(registry), models)
    return GuidanceMigrationPreview.model_validate(found)


@router.post(
    "/change-sets",
    status_code=202,
    operation_id=f"submit_change_set_{_ID}_change_sets_post",
    responses=errors(401, 403, 409, 413, 503),
)
async def submit(
    caller: CurrentCaller, desk: CurrentDesk, body: TextGuidanceChangeSet
) -> PendingChangeRecord:
    """Propose changes to profiles and assignments, to be decided on and applied together."""
    models = [change.model_name for change in body.assignment_changes]
    return await propose_change_set(
        caller,
        desk,
        body,
        kind=ResourceKind.text_guidance,
        category=Category.text_generation,
        about={
            "route": "submit_text_guidance_change_set",
            "title": body.title,
            "affected_models": models,
        },
        related_models=tuple(models),
    )


def _catalog(registry: Registry) -> ResourceCatalog:
    return registry.catalog.resources(CatalogName.text_guidance)


async def _answer(
    request: Request,
    registry: Registry,
    query: object,
    make: Callable[[ResourceCatalog], Any],
    *,
    with_models: bool = False,
) -> Response:
    """Answer with the tag of the catalogue; what also depends on the models is always told in full."""
    catalog = _catalog(registry)
    source = DerivedFrom(
        snapshot=registry.catalog.snapshot(Category.text_generation) if with_models else None,
        resources=(catalog,),
        weak_tag=f"text-guidance-{catalog.metadata.revision}",
        is_conditional=not with_models,
    )
    return await derived_answer(request, source, ("guidance", query), lambda _answers: make(catalog))
