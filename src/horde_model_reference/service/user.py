"""What the caller may do (spec 20, me/roles)."""

from fastapi import APIRouter
from pydantic import BaseModel

from horde_model_reference.domain.actors import Role
from horde_model_reference.service.auth import CurrentCaller
from horde_model_reference.service.schemas import ErrorResponse

router = APIRouter(prefix="/model_references/v2/me", tags=["v2", "user"])


class UserRolesResponse(BaseModel):
    """Who a key belongs to, and what they are trusted with."""

    user_id: str
    username: str
    roles: list[str]
    """Sorted."""
    is_approver: bool
    is_requestor: bool
    is_license_editor: bool


@router.get(
    "/roles",
    operation_id="get_current_user_roles_model_references_v2_me_roles_get",
    responses={status: {"model": ErrorResponse} for status in (401, 503)},
)
async def my_roles(caller: CurrentCaller) -> UserRolesResponse:
    """Return who the key belongs to, and their roles here."""
    actor = await caller.reader()
    return UserRolesResponse(
        user_id=actor.user_id,
        username=actor.username,
        roles=sorted(role for role in Role if actor.has(role)),
        is_approver=actor.has(Role.approver),
        is_requestor=actor.has(Role.requestor),
        is_license_editor=actor.has(Role.license_editor),
    )
