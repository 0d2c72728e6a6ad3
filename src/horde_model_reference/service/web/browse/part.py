"""The part to find and read."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from horde_model_reference.service.web.page_answers import shared_page
from horde_model_reference.service.web.parts import NavigationLink, Part

router = APIRouter()


@router.get("/")
async def home(request: Request) -> Response:
    """Show what there is."""
    return await shared_page(request, "home.html", None, dict[str, object])


def browse_part() -> Part:
    """Return the part."""
    return Part(router=router, links=(NavigationLink(label="Models", path="/"),))
