"""The scripts and the style sheet of the documentation pages, from the package that brings them."""

from functools import cache
from importlib.resources import files
from typing import Final

from horde_model_reference.catalog.body import Body

MEDIA_TYPES: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
"""By the endings of the names."""
_START: Final = b"""SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.description,
  dom_id: "#swagger-ui",
  deepLinking: true,
  filter: true,
});
"""
_LOGO_FROM_ELSEWHERE: Final = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
"""Redoc would load it on every page."""
_NAMES: Final = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "redoc.standalone.js"})


def documentation_file(name: str) -> Body | None:
    """Return a file of the documentation pages, read when it is first wanted; None where there is none."""
    if name == "start.js":
        return Body(_START)
    return _packaged(name) if name in _NAMES else None


@cache
def _packaged(name: str) -> Body:
    content = files("fastapi_offline").joinpath("static", name).read_bytes()
    return Body(content.replace(_LOGO_FROM_ELSEWHERE, b"data:,"))
