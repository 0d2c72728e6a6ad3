"""Who looks at a page."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection

from horde_model_reference.domain.actors import Actor, Role

SESSION_COOKIE: Final = "hmr_session"
"""Whoever sends it gets pages of their own, which nobody remembers."""
SECURE_SESSION_COOKIE: Final = "__Host-hmr_session"
"""Its name over https: browsers take it from this very host only, so no other one can plant it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who signed in."""

    actor: Actor
    csrf_token: str
    """What forms send along, so that no other site can send them."""

    @property
    def may_propose(self) -> bool:
        """Tell whether the person may propose changes."""
        return self.actor.has(Role.requestor)

    @property
    def may_review(self) -> bool:
        """Tell whether the person may decide on changes."""
        return self.actor.has(Role.approver)


def current_visitor(request: HTTPConnection) -> Visitor | None:
    """Return who signed in, None for everybody else; a middleware of the desk finds that out."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    return visitor


def is_personal(request: HTTPConnection) -> bool:
    """Tell whether a page may say something of the visitor, so that nobody else may get it."""
    return SESSION_COOKIE in request.cookies or SECURE_SESSION_COOKIE in request.cookies
