"""The part that draws."""

from fastapi import APIRouter

from horde_model_reference.service.web.parts import Part

router = APIRouter()


def charts_part() -> Part:
    """Return the part."""
    return Part(router=router)
