"""Proposing changes to the models of a group, and to single fields of text records (spec 23)."""

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request

from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Change
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.review.steps import propose_together
from horde_model_reference.review.text_edits import (
    Edit,
    edits_of_text_records,
    rename_metadata,
    with_fields,
    with_group,
    with_name_exception,
)
from horde_model_reference.service.auth import CurrentCaller
from horde_model_reference.service.errors import UnavailableError, UnsupportedRequestError
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.strict_json import StrictJsonRoute
from horde_model_reference.service.v2.text_bodies import (
    BatchUpdateResponse,
    CommonFieldsUpdateRequest,
    NameExceptionRequest,
    NameExceptionResponse,
    RenameGroupRequest,
)
from horde_model_reference.service.v2.text_groups import (
    GroupQuery,
    canonical_names,
    current_groups,
    directory_of,
    found_group,
)
from horde_model_reference.settings import CanonicalFormat

router = APIRouter(
    prefix="/model_references/v2/text_generation",
    tags=["v2", "text_utils"],
    route_class=StrictJsonRoute,
    responses=errors(400, 401, 403, 404, 409, 413, 422, 503),
)


async def _propose(
    desk: ReviewDesk, actor: Actor, names: list[str], edit: Edit, metadata: dict[str, Any]
) -> tuple[Change, ...]:
    desk.require_queue()
    return await desk.take(
        lambda uow, rules, now: propose_together(
            uow,
            lambda looking: edits_of_text_records(looking, names, edit, metadata),
            actor=actor,
            now=now,
            rules=rules,
        )
    )


async def _propose_for_group(
    desk: ReviewDesk, actor: Actor, names: list[str], edit: Edit, metadata: dict[str, Any]
) -> BatchUpdateResponse:
    batch_id = str(uuid4())
    changes = await _propose(desk, actor, names, edit, {**metadata, "batch_id": batch_id})
    return BatchUpdateResponse(
        updated_count=len(changes),
        batch_id=batch_id,
        pending_change_ids=[change.change_id for change in changes],
    )


@router.put("/group/common_fields", name="update_group_common_fields", status_code=202)
async def update_group_common_fields(
    request: Request,
    caller: CurrentCaller,
    desk: CurrentDesk,
    name: GroupQuery,
    body: CommonFieldsUpdateRequest,
) -> BatchUpdateResponse:
    """Propose to make fields the same in all models of a group."""
    actor = await caller.requestor()
    _ = desk.store
    names = canonical_names(await current_groups(request), directory_of(desk.registry), name)
    fields = body.fields()
    if not fields:
        raise UnsupportedRequestError("Nothing is to be changed: every field is missing or null.")
    metadata = {"route": "update_group_common_fields"}
    return await _propose_for_group(desk, actor, names, with_fields(fields), metadata)


@router.put("/group/rename", name="rename_group", status_code=202)
async def rename_group(
    request: Request, caller: CurrentCaller, desk: CurrentDesk, name: GroupQuery, body: RenameGroupRequest
) -> BatchUpdateResponse:
    """Propose a new name for a group.

    With the first change that is applied the old name becomes an alias, and family and saved schema go over.
    """
    actor = await caller.requestor()
    _ = desk.store
    if desk.registry.settings.canonical_format is CanonicalFormat.legacy:
        raise UnavailableError("The legacy format has no groups: there they follow from the names.")
    directory, groups = directory_of(desk.registry), await current_groups(request)
    names = canonical_names(groups, directory, name)
    old = found_group(groups, directory, name).name
    if old == body.new_name:
        raise UnsupportedRequestError(f"The group is called {old!a} already.")
    directory.aliases.renamed(old, body.new_name)
    metadata = {"route": "rename_group", **rename_metadata(old, body.new_name)}
    return await _propose_for_group(desk, actor, names, with_group(body.new_name), metadata)


@router.put("/{model_name:path}/name_exception", name="set_name_exception", status_code=202)
async def set_name_exception(
    caller: CurrentCaller, desk: CurrentDesk, model_name: str, body: NameExceptionRequest
) -> NameExceptionResponse:
    """Propose to say why the name of a model may differ from the format of its group."""
    actor = await caller.requestor()
    _ = desk.store
    snapshot = desk.registry.catalog.snapshot(Category.text_generation)
    if snapshot is None or snapshot.record(model_name) is None:
        raise RecordNotFoundError(f"There is no text model {model_name!a}.")
    metadata = {"route": "set_name_exception"}
    edit = with_name_exception(body.reason)
    (change,) = await _propose(desk, actor, [model_name], edit, metadata)
    return NameExceptionResponse(pending_change_id=change.change_id)
