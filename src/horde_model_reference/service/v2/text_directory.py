"""Aliases, families and name schemas of groups of text models: stored at once, and audited (spec 23)."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Request

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.errors import NotFoundError
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_directory import TextDirectory
from horde_model_reference.domain.text_families import GroupFamilies
from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.formats.text_group_fields import (
    GroupName,
    GroupNameSchemaUpdateRequest,
    NewFamilyName,
)
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork
from horde_model_reference.review.text_directory import (
    NameSchemas,
    edited_aliases,
    edited_families,
    edited_schemas,
)
from horde_model_reference.service.auth import Caller, CurrentCaller
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.strict_json import StrictJsonRoute
from horde_model_reference.service.v2.text_bodies import (
    AddAliasRequest,
    AddFamilyMemberRequest,
    GroupAliasListResponse,
    GroupAliasResponse,
    GroupFamilyListResponse,
    GroupFamilyResponse,
    GroupNameSchemaResponse,
    RemoveAliasRequest,
    RemoveFamilyMemberRequest,
    SetAliasesRequest,
    SetFamilyRequest,
)
from horde_model_reference.service.v2.text_groups import (
    GroupQuery,
    current_groups,
    directory_of,
    known_group_name,
)

router = APIRouter(
    prefix="/model_references/v2/text_generation",
    tags=["v2", "text_utils"],
    route_class=StrictJsonRoute,
    responses=errors(422, 503),
)

Canonical = Annotated[GroupName, Path(description="Canonical name of a group.")]
FamilyName = Annotated[NewFamilyName, Path(description="Name of a family.")]

_T = TypeVar("_T")
_Edited = Callable[[UnitOfWork, Callable[[_T], _T]], tuple[_T, list[ResourceWrite]]]

_REFUSALS: dict[int | str, dict[str, Any]] = errors(401, 403, 404, 409)


async def _editor(caller: Caller, desk: ReviewDesk) -> Actor:
    actor = await caller.requestor()
    _ = desk.store
    return actor


async def _edit(desk: ReviewDesk, editor: Actor, edited: _Edited[_T], edit: Callable[[_T], _T]) -> _T:
    """Make an edit in one transaction, and return what there is after it."""
    after: list[_T] = []

    def plan(uow: UnitOfWork) -> Iterable[ResourceWrite]:
        made, writes = edited(uow, edit)
        after.append(made)
        return writes

    await desk.edit(plan, editor, role=Role.requestor)
    return after[-1]


async def _edit_aliases(
    caller: Caller, desk: ReviewDesk, edit: Callable[[GroupAliases], GroupAliases]
) -> GroupAliases:
    return await _edit(desk, await _editor(caller, desk), edited_aliases, edit)


async def _edit_families(
    caller: Caller, desk: ReviewDesk, edit: Callable[[GroupFamilies], GroupFamilies]
) -> GroupFamilies:
    return await _edit(desk, await _editor(caller, desk), edited_families, edit)


def _aliases(canonical: str, aliases: GroupAliases) -> GroupAliasResponse:
    return GroupAliasResponse(canonical=canonical, aliases=list(aliases.aliases_of(canonical)))


def _family(name: str, families: GroupFamilies) -> GroupFamilyResponse:
    return GroupFamilyResponse(family_name=name, members=list(families.members.get(name, ())))


def _known_directory(desk: ReviewDesk) -> TextDirectory:
    """Return what is said about groups; raise UnavailableError on a REPLICA, which nobody tells."""
    _ = desk.store_of_primary("does not know the aliases and families of groups")
    return directory_of(desk.registry)


@router.get("/aliases", name="list_aliases")
async def list_aliases(desk: CurrentDesk) -> GroupAliasListResponse:
    """List the aliases of all groups; a REPLICA knows none (503)."""
    aliases = _known_directory(desk).aliases
    return GroupAliasListResponse(entries=[_aliases(canonical, aliases) for canonical in aliases])


@router.get("/aliases/{canonical:path}", name="get_alias", responses=errors(404))
async def get_alias(desk: CurrentDesk, canonical: str) -> GroupAliasResponse:
    """Return the aliases of a group."""
    aliases = _known_directory(desk).aliases
    return GroupAliasResponse(canonical=canonical, aliases=list(aliases.entry(canonical)))


@router.put("/aliases/{canonical:path}", name="set_aliases", responses=_REFUSALS)
async def set_aliases(
    caller: CurrentCaller, desk: CurrentDesk, canonical: Canonical, body: SetAliasesRequest
) -> GroupAliasResponse:
    """Replace the aliases of a group."""
    after = await _edit_aliases(caller, desk, lambda aliases: aliases.with_entry(canonical, body.aliases))
    return _aliases(canonical, after)


@router.delete("/aliases/{canonical:path}", name="delete_aliases", status_code=204, responses=_REFUSALS)
async def delete_aliases(caller: CurrentCaller, desk: CurrentDesk, canonical: str) -> None:
    """Take all aliases from a group."""
    await _edit_aliases(caller, desk, lambda aliases: aliases.without_entry(canonical))


@router.post("/aliases/{canonical:path}/add", name="add_alias", responses=_REFUSALS)
async def add_alias(
    caller: CurrentCaller, desk: CurrentDesk, canonical: Canonical, body: AddAliasRequest
) -> GroupAliasResponse:
    """Add an alias to a group."""
    after = await _edit_aliases(caller, desk, lambda aliases: aliases.with_alias(canonical, body.alias))
    return _aliases(canonical, after)


@router.post("/aliases/{canonical:path}/remove", name="remove_alias", responses=_REFUSALS)
async def remove_alias(
    caller: CurrentCaller, desk: CurrentDesk, canonical: str, body: RemoveAliasRequest
) -> GroupAliasResponse:
    """Take an alias from a group; with the last one its entry ends."""
    after = await _edit_aliases(caller, desk, lambda aliases: aliases.without_alias(canonical, body.alias))
    return _aliases(canonical, after)


@router.get("/families", name="list_families")
async def list_families(desk: CurrentDesk) -> GroupFamilyListResponse:
    """List the families; a REPLICA knows none (503)."""
    families = _known_directory(desk).families
    return GroupFamilyListResponse(families=[_family(name, families) for name in families])


@router.get("/families/{family_name:path}", name="get_family", responses=errors(404))
async def get_family(desk: CurrentDesk, family_name: str) -> GroupFamilyResponse:
    """Return the groups of a family."""
    families = _known_directory(desk).families
    return GroupFamilyResponse(family_name=family_name, members=list(families.family(family_name)))


@router.put("/families/{family_name:path}", name="set_family", responses=_REFUSALS)
async def set_family(
    caller: CurrentCaller, desk: CurrentDesk, family_name: FamilyName, body: SetFamilyRequest
) -> GroupFamilyResponse:
    """Make or replace a family."""
    after = await _edit_families(
        caller, desk, lambda families: families.with_family(family_name, body.members)
    )
    return _family(family_name, after)


@router.delete("/families/{family_name:path}", name="delete_family", status_code=204, responses=_REFUSALS)
async def delete_family(caller: CurrentCaller, desk: CurrentDesk, family_name: str) -> None:
    """Dissolve a family."""
    await _edit_families(
        caller,
        desk,
        lambda families: families.without_family(family_name),
    )


@router.post("/families/{family_name:path}/add", name="add_family_member", responses=_REFUSALS)
async def add_family_member(
    caller: CurrentCaller, desk: CurrentDesk, family_name: str, body: AddFamilyMemberRequest
) -> GroupFamilyResponse:
    """Add a group to a family."""
    after = await _edit_families(
        caller, desk, lambda families: families.with_group(family_name, body.group_name)
    )
    return _family(family_name, after)


@router.post("/families/{family_name:path}/remove", name="remove_family_member", responses=_REFUSALS)
async def remove_family_member(
    caller: CurrentCaller, desk: CurrentDesk, family_name: str, body: RemoveFamilyMemberRequest
) -> GroupFamilyResponse:
    """Take a group from a family, which ends with its last one."""
    after = await _edit_families(
        caller, desk, lambda families: families.without_group(family_name, body.group_name)
    )
    return _family(family_name, after)


@router.put("/group/name_schema", name="update_group_name_schema", responses=_REFUSALS)
async def update_group_name_schema(
    request: Request,
    caller: CurrentCaller,
    desk: CurrentDesk,
    name: GroupQuery,
    body: GroupNameSchemaUpdateRequest,
) -> GroupNameSchemaResponse:
    """Save how the names of a group are built: over what is saved, or the defaults."""
    editor = await _editor(caller, desk)
    group = known_group_name(await current_groups(request), directory_of(desk.registry).aliases, name)

    def edit(schemas: NameSchemas) -> NameSchemas:
        known = schemas.get(group) or TextModelGroupNameSchema()
        return {**schemas, group: body.applied_to(known)}

    after = await _edit(desk, editor, edited_schemas, edit)
    return GroupNameSchemaResponse(group_name=group, name_schema=after[group], is_custom=True)


@router.delete("/group/name_schema", name="delete_group_name_schema", status_code=204, responses=_REFUSALS)
async def delete_group_name_schema(caller: CurrentCaller, desk: CurrentDesk, name: GroupQuery) -> None:
    """Forget the saved schema of a group; an alias will not do here."""

    def edit(schemas: NameSchemas) -> NameSchemas:
        if name not in schemas:
            raise NotFoundError(f"Nobody saved a name schema for the group {name!a}.")
        return {group: schema for group, schema in schemas.items() if group != name}

    await _edit(desk, await _editor(caller, desk), edited_schemas, edit)
