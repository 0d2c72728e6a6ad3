"""The part of people who signed in."""

from fastapi import APIRouter

from horde_model_reference.service.web.desk import (
    audit_pages,
    change_page,
    decisions,
    my_changes,
    queue_decisions,
    queue_page,
    sign_in,
)
from horde_model_reference.service.web.parts import NavigationLink, Part
from horde_model_reference.service.web.signed_in import KnownVisitors
from horde_model_reference.service.web.visitors import Visitor

router = APIRouter()
for pages in (
    sign_in,
    queue_page,
    queue_decisions,
    decisions,
    change_page,
    my_changes,
    audit_pages,
):
    router.include_router(pages.router)


def desk_part() -> Part:
    """Return the part."""
    return Part(
        router=router,
        links=(
            NavigationLink(label="Queue", path="/queue", is_for=_is_known),
            NavigationLink(label="My changes", path="/my-changes", is_for=_proposes),
            NavigationLink(label="Audit log", path="/audit", is_for=_is_known),
            NavigationLink(label="Sign in", path="/sign-in", is_for=_is_a_stranger),
        ),
        needs_primary=True,
        middleware=(KnownVisitors,),
    )


def _is_known(visitor: Visitor | None) -> bool:
    return visitor is not None


def _proposes(visitor: Visitor | None) -> bool:
    return visitor is not None and visitor.may_propose


def _is_a_stranger(visitor: Visitor | None) -> bool:
    return visitor is None
