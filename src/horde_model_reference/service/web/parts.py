"""What the pages are made of: each part brings its routes and its places in the navigation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from horde_model_reference.service.web.visitors import Visitor


def _everybody(_visitor: Visitor | None) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationLink:
    """A place in the navigation of every page."""

    label: str
    path: str
    places: tuple[str, ...] = ()
    """Where else a visitor is at this place of the navigation, and at all addresses below."""
    is_for: Callable[[Visitor | None], bool] = _everybody
    """Tells whether a visitor, None before signing in, is shown the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the pages."""

    router: APIRouter
    links: tuple[NavigationLink, ...] = ()
    needs_primary: bool = False
    """True where there is nothing to show on a REPLICA, which has no database."""
    middleware: tuple[Callable[..., Any], ...] = ()
    """ASGI middleware classes that see every request for a page, the first one first."""
