"""The part of people who signed in."""

from fastapi import APIRouter

from horde_model_reference.service.web.desk import sign_in
from horde_model_reference.service.web.parts import NavigationLink, Part
from horde_model_reference.service.web.signed_in import KnownVisitors
from horde_model_reference.service.web.visitors import Visitor

router = APIRouter()
for routes in (sign_in.router,):
    router.include_router(routes)


def desk_part() -> Part:
    """Return the part."""
    return Part(
        router=router,
        links=(NavigationLink(label="Sign in", path="/sign-in", is_for=_is_a_stranger),),
        needs_primary=True,
        middleware=(KnownVisitors,),
    )


def _is_a_stranger(visitor: Visitor | None) -> bool:
    return visitor is None
