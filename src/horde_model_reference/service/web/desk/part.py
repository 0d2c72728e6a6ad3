"""The part of people who signed in."""

from fastapi import APIRouter

from horde_model_reference.service.web.parts import Part

router = APIRouter()


def desk_part() -> Part:
    """Return the part."""
    return Part(router=router, needs_primary=True)
