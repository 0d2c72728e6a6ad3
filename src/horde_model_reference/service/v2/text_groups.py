"""Looking at names and groups of text models (spec 23)."""

from collections.abc import Callable, Hashable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.text_directory import DIRECTORY_CATALOGS, text_directory
from horde_model_reference.catalog.text_families import SuggestedFamilies, suggest_families
from horde_model_reference.catalog.text_group_detail import GroupDetail, group_detail, name_parts
from horde_model_reference.catalog.text_groups import (
    TextGroup,
    TextGroups,
    distinct_baselines,
    read_member_documents,
    resolved_group_names,
)
from horde_model_reference.catalog.text_health import GroupHealth, groups_health
from horde_model_reference.catalog.text_summary import GroupsSummary, groups_summary
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import NotFoundError
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_directory import TextDirectory
from horde_model_reference.formats.text_compose import compose_text_name, format_schema
from horde_model_reference.formats.text_groups import infer_name_format
from horde_model_reference.formats.text_name_parser import parse_text_name
from horde_model_reference.formats.text_names import suggested_group
from horde_model_reference.service.dependencies import CurrentRegistry
from horde_model_reference.service.derived_answers import DerivedAnswers, DerivedFrom, derived_answer
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.strict_json import StrictJsonRoute
from horde_model_reference.service.v2.text_bodies import (
    ComposeNameRequest,
    ComposeNameResponse,
    DistinctBaselinesResponse,
    GroupListResponse,
    GroupNameSchemaResponse,
    ParsedNameResponse,
)

router = APIRouter(
    prefix="/model_references/v2/text_generation",
    tags=["v2", "text_utils"],
    route_class=StrictJsonRoute,
    responses=errors(422),
)

GroupQuery = Annotated[str, Query(alias="name", description="Name of a group; an alias will do.")]

_Make = Callable[[TextGroups, TextDirectory], Any]


def directory_of(registry: Registry) -> TextDirectory:
    """Return what is said about the groups at the moment."""
    return text_directory(registry.catalog.resources)


def found_group(groups: TextGroups, directory: TextDirectory, name: str) -> TextGroup:
    """Return a group by its name or an alias; raise NotFoundError where no model is in it."""
    group = groups.find(name, directory.aliases)
    if group is None:
        raise NotFoundError(f"No text model is in a group {name!a}.")
    return group


def known_group_name(groups: TextGroups, aliases: GroupAliases, name: str) -> str:
    """Return under which name things are said about a group; it has to have models or aliases.

    Raises:
        NotFoundError: it has neither.
    """
    group = groups.find(name, aliases)
    if group is not None:
        return name if name in group.spellings else group.name
    canonical = aliases.resolve(name)
    if not aliases.aliases_of(canonical):
        raise NotFoundError(f"No text model is in a group {name!a}, and it has no aliases.")
    return canonical


def _snapshot(registry: Registry) -> CategorySnapshot | None:
    return registry.catalog.snapshot(Category.text_generation)


async def current_groups(request: Request) -> TextGroups:
    """Return the groups as readers see them."""
    answers: DerivedAnswers = request.app.state.derived_answers
    return await run_in_threadpool(answers.current_text_groups, _snapshot(request.app.state.registry))


async def _answer(request: Request, query: Hashable, make: _Make) -> Response:
    registry: Registry = request.app.state.registry
    snapshot = _snapshot(registry)
    catalogs = {name: registry.catalog.resources(name) for name in DIRECTORY_CATALOGS}
    source = DerivedFrom(snapshot=snapshot, resources=tuple(catalogs.values()))

    def made(answers: DerivedAnswers) -> Any:
        return make(answers.text_groups(snapshot), text_directory(catalogs.__getitem__))

    return await derived_answer(request, source, query, made)


@router.get("/parse_name", name="parse_name", responses={200: {"model": ParsedNameResponse}})
async def parse_name(request: Request, name: str) -> Response:
    """Take a name apart as it is given, and tell the group that it belongs to."""

    def make(_groups: TextGroups, directory: TextDirectory) -> dict[str, Any]:
        parts = name_parts(parse_text_name(name))
        return {
            "original_name": name,
            "base_name": parts.base_name,
            "size": parts.size,
            "variant": parts.variant,
            "quant": parts.quant,
            "version": parts.version,
            "suggested_group": directory.aliases.resolve(suggested_group(name)),
            "extras": parts.extras,
        }

    return await _answer(request, ("text_parse_name", name), make)


@router.post("/compose_name", name="compose_name")
async def compose_name(registry: CurrentRegistry, body: ComposeNameRequest) -> ComposeNameResponse:
    """Put a name together, as the saved schema of its group says where the request doesn't."""
    schema = directory_of(registry).schema_of(body.base_name)
    author, separator, order = body.author, body.separator, body.part_order
    if schema is not None:
        separator = separator or schema.separator
        order = order or schema.part_order
        if author is None and schema.author_included:
            author = schema.common_author
    name = compose_text_name(body.parts(), author=author, separator=separator, part_order=order)
    snapshot = _snapshot(registry)
    return ComposeNameResponse(
        composed_name=name,
        already_exists=snapshot is not None and snapshot.record(name) is not None,
        suggested_group=suggested_group(name),
    )


@router.get("/groups", name="list_groups", responses={200: {"model": GroupListResponse}})
async def list_groups(request: Request) -> Response:
    """List the groups."""
    return await _answer(
        request, "text_groups", lambda groups, _: {"groups": [group.name for group in groups]}
    )


@router.get(
    "/distinct_baselines",
    name="get_distinct_baselines",
    responses={200: {"model": DistinctBaselinesResponse}},
)
async def get_distinct_baselines(request: Request) -> Response:
    """List the baselines that text models have."""
    return await _answer(
        request, "text_baselines", lambda groups, _: {"baselines": distinct_baselines(groups)}
    )


@router.get("/groups/summary", name="list_groups_summary", responses={200: {"model": GroupsSummary}})
async def list_groups_summary(request: Request) -> Response:
    """Return all groups with their counts, sizes, aliases, families and what is odd about them."""
    return await _answer(request, "text_groups_summary", groups_summary)


@router.get("/groups/health", name="check_groups_health", responses={200: {"model": GroupHealth}})
async def check_groups_health(request: Request) -> Response:
    """Return everything that is odd about the groups."""
    return await _answer(request, "text_groups_health", lambda groups, _: groups_health(groups))


@router.get("/group", name="get_group", responses={200: {"model": GroupDetail}, **errors(404)})
async def get_group(request: Request, name: GroupQuery) -> Response:
    """Return a group with its models."""
    snapshot = _snapshot(request.app.state.registry)

    def make(groups: TextGroups, directory: TextDirectory) -> GroupDetail:
        group = found_group(groups, directory, name)
        records = [] if snapshot is None else read_member_documents(snapshot, group)
        return group_detail(group, records, directory)

    return await _answer(request, ("text_group", name), make)


@router.get(
    "/group/name_schema",
    name="get_group_name_schema",
    responses={200: {"model": GroupNameSchemaResponse}, **errors(404)},
)
async def get_group_name_schema(request: Request, name: GroupQuery) -> Response:
    """Return how the names of a group are built, as somebody saved it or as the names show it."""

    def make(groups: TextGroups, directory: TextDirectory) -> dict[str, Any]:
        group = groups.find(name, directory.aliases)
        spellings = () if group is None else group.spellings
        saved = next(filter(None, map(directory.schema_of, (name, *spellings))), None)
        schema = saved or format_schema(infer_name_format(canonical_names(groups, directory, name)))
        return {"group_name": name, "name_schema": schema.model_dump(), "is_custom": saved is not None}

    return await _answer(request, ("text_name_schema", name), make)


def canonical_names(groups: TextGroups, directory: TextDirectory, name: str) -> list[str]:
    """Return the models of a group without duplicates; raise NotFoundError where there is none."""
    names = [member.name for member in found_group(groups, directory, name).canonical]
    if not names:
        raise NotFoundError(f"The group {name!a} has only duplicates under the names of backends.")
    return names


@router.get(
    "/families/detect",
    name="detect_family_suggestions",
    responses={200: {"model": SuggestedFamilies}},
)
async def detect_family_suggestions(
    request: Request,
    min_prefix_length: Annotated[int, Query(ge=2, le=20)] = 3,
    min_family_size: Annotated[int, Query(ge=2, le=50)] = 2,
) -> Response:
    """Suggest families out of groups whose names begin alike; nothing is stored."""

    def make(groups: TextGroups, directory: TextDirectory) -> SuggestedFamilies:
        return suggest_families(
            resolved_group_names(groups, directory.aliases),
            min_prefix_length=min_prefix_length,
            min_family_size=min_family_size,
        )

    return await _answer(request, ("text_families", min_prefix_length, min_family_size), make)
