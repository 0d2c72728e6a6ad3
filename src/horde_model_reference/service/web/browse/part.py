"""The part to find and read."""

from fastapi import APIRouter

from horde_model_reference.service.web.browse import (
    change_routes,
    feed,
    home,
    list_routes,
    model_routes,
    text_routes,
)
from horde_model_reference.service.web.parts import NavigationLink, Part


def browse_part() -> Part:
    """Return the part."""
    router = APIRouter()
    for each in (home, list_routes, model_routes, text_routes, change_routes, feed):
        router.include_router(each.router)
    places = ("/models", "/text", "/changes")
    return Part(router=router, links=(NavigationLink(label="Models", path="/", places=places),))
