"""Finding out who a request for a page comes from, and asking those who have to sign in to do so."""

from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL
from starlette.types import ASGIApp, Receive, Scope, Send

from horde_model_reference.bootstrap import Registry
from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.errors import RegistryError
from horde_model_reference.service.auth import roles_of
from horde_model_reference.service.web.kept_forms import KeptForm, kept_form
from horde_model_reference.service.web.local_path import address_of, local_path
from horde_model_reference.service.web.sessions import WebSessions, web_sessions
from horde_model_reference.service.web.visitors import Visitor, current_visitor, is_personal


class SignInNeededError(RegistryError):
    """The page is for people who are signed in.

    ``return_to`` is where they wanted to go, ``kept`` what they filled in; None where they sent no form.
    """

    def __init__(self, return_to: str, kept: KeptForm | None = None) -> None:
        super().__init__("Sign in to see this page.")
        self.return_to = return_to
        self.kept = kept


class KnownVisitors:
    """Notes for every request for a page who is signed in; that page may be anybody's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look the cookie up where there is one, and pass the request on."""
        if scope["type"] == "http" and not scope["path"].startswith("/static/"):
            request = Request(scope)
            registry = cast(Registry, request.app.state.registry)
            if registry.store is not None and is_personal(request):
                await _note_visitor(request, registry)
        await self._app(scope, receive, send)


async def _note_visitor(request: Request, registry: Registry) -> None:
    try:
        request.state.visitor = await run_in_threadpool(
            _visitor, request, web_sessions(request.app, registry), registry
        )
    except RegistryError as error:  # pages that are for everybody go on without it
        request.state.visitor_trouble = error


def _visitor(request: Request, sessions: WebSessions, registry: Registry) -> Visitor | None:
    session_id = sessions.id_in(request)
    session = None if session_id is None else sessions.stored.find(session_id)
    if session_id is None or session is None:
        return None
    roles = roles_of(session.user_id, registry.settings)
    actor = Actor(user_id=session.user_id, username=session.username, roles=roles)
    return Visitor(actor=actor, csrf_token=sessions.csrf_token(session_id, actor.user_id))


async def signed_in(request: Request) -> Actor:
    """Return who is signed in, with the roles that they have now.

    Raises:
        SignInNeededError: nobody is.
        StoreError: the database can't be asked.
    """
    trouble: RegistryError | None = getattr(request.state, "visitor_trouble", None)
    if trouble is not None:
        raise trouble
    visitor = current_visitor(request)
    if visitor is None:
        raise SignInNeededError(_page_of(request), await kept_form(request))
    return visitor.actor


SignedIn = Annotated[Actor, Depends(signed_in)]
"""For pages and forms of people who are signed in; which role they need, the steps of the review check."""


def _page_of(request: Request) -> str:
    """Return the local address that a request is for; that of the page with the form, where it sends one."""
    if request.method in {"GET", "HEAD"}:
        return local_path(address_of(request))
    url = URL(request.headers.get("referer", "/"))
    try:
        return local_path(f"{url.path}?{url.query}" if url.query else url.path)
    except ValueError:  # it is no address
        return "/"
