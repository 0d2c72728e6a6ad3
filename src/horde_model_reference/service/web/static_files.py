"""Style sheet, script and icon, under addresses that change with their content."""

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from horde_model_reference.catalog.body import Body
from horde_model_reference.service.ready_answer import Freshness, ready_answer

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_FOREVER: Final = "public, max-age=31536000, immutable"


class StaticFiles:
    """The files of the folder ``static``, read and hashed."""

    def __init__(self) -> None:
        self._bodies: dict[str, Body] = {}
        self._addresses: dict[str, str] = {}
        for file in files("horde_model_reference.service.web").joinpath("static").iterdir():
            body = Body(file.read_bytes())
            stem, _, ending = file.name.rpartition(".")
            hashed = f"{stem}.{body.tag[:12]}.{ending}"
            self._bodies[hashed] = body
            self._addresses[file.name] = f"/static/{hashed}"

    def address(self, name: str) -> str:
        """Return the path of a file; raise KeyError where there is none of that name."""
        return self._addresses[name]

    def body(self, hashed_name: str) -> Body | None:
        """Return the content at an address; None where it never was, or is another one now."""
        return self._bodies.get(hashed_name)


@cache
def static_files() -> StaticFiles:
    """Return the files, which are the same for every application of a process."""
    return StaticFiles()


router = APIRouter(prefix="/static")


@router.get("/{name}")
async def _static(request: Request, name: str) -> Response:
    body = static_files().body(name)
    if body is None:
        raise HTTPException(404)
    freshness = Freshness(modified_at=None, serial=None, cache_control=_FOREVER)
    return await ready_answer(request, body, freshness, media_type=_TYPES[name.rpartition(".")[2]])
