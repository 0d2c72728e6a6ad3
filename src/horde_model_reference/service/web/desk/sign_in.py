"""Signing in with a key of the AI-Horde, and out again."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.service.auth import Caller
from horde_model_reference.service.dependencies import CurrentRegistry
from horde_model_reference.service.errors import InvalidKeyError
from horde_model_reference.service.web.kept_forms import KeptForm
from horde_model_reference.service.web.local_path import local_path
from horde_model_reference.service.web.page_route import PageRoute
from horde_model_reference.service.web.rendering import render
from horde_model_reference.service.web.request_source import source_of
from horde_model_reference.service.web.sessions import CurrentSessions, WebSessions
from horde_model_reference.service.web.sign_in_pages import SignInView, go_on_page, sign_in_form
from horde_model_reference.service.web.signed_in import SignedIn
from horde_model_reference.service.web.visitors import Visitor, current_visitor
from horde_model_reference.sources.ai_horde_users import IdentityUnavailableError
from horde_model_reference.store.sign_in_tries import SignInTries, TooManyTriesError

_LONGEST_KEY: Final = 200
_NOBODYS_KEY: Final = "The AI-Horde knows no user with this key. Check that you pasted all of it."

router = APIRouter(route_class=PageRoute)


@router.get("/sign-in")
def sign_in_page(request: Request, sessions: CurrentSessions, return_to: str = "/") -> Response:
    """Show the form, or to those who are signed in their account."""
    visitor = current_visitor(request)
    if visitor is not None:
        return render(
            request,
            "desk/account.html",
            sessions=sessions.stored.of_user(visitor.actor.user_id, here=sessions.id_in(request) or ""),
            rights=_rights(visitor.actor),
            return_to=local_path(return_to),
        )
    return sign_in_form(request, sessions, SignInView(return_to=return_to))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    registry: CurrentRegistry,
    sessions: CurrentSessions,
    key: Annotated[str, Form()] = "",
    return_to: Annotated[str, Form()] = "/",
    kept: Annotated[str, Form()] = "",
) -> Response:
    """Ask the AI-Horde whose key it is and begin a session; the key is forgotten with the request."""
    view = SignInView(return_to=return_to, kept=KeptForm.read(kept) if kept else None)
    caller = Caller(key=key.strip(), registry=registry)
    try:
        actor = await _owner(caller, sessions.tries, source_of(request))
    except TooManyTriesError as error:
        view = replace(view, problem=str(error), wait_seconds=error.wait_seconds)
        status = HTTPStatus.TOO_MANY_REQUESTS
    except InvalidKeyError:
        view, status = replace(view, key_problem=_NOBODYS_KEY), HTTPStatus.FORBIDDEN
    except IdentityUnavailableError as error:
        problem = f"The AI-Horde can not be asked whose key this is. {error}"
        view, status = replace(view, problem=problem), HTTPStatus.SERVICE_UNAVAILABLE
    else:
        return await run_in_threadpool(_begin, request, sessions, actor, view)
    return await run_in_threadpool(sign_in_form, request, sessions, view, status=status)


@router.post("/sign-out")
def sign_out(request: Request, sessions: CurrentSessions) -> Response:
    """End this session."""
    session_id = sessions.id_in(request)
    if session_id is not None:
        sessions.stored.end(session_id)
    return _signed_out(request, sessions)


@router.post("/sign-out/everywhere")
def sign_out_everywhere(request: Request, sessions: CurrentSessions, actor: SignedIn) -> Response:
    """End every session of the person."""
    sessions.stored.end_all(actor.user_id)
    return _signed_out(request, sessions)


async def _owner(caller: Caller, tries: SignInTries, source: str) -> Actor:
    """Return whose key it is; only a key that is nobody's counts as a try that failed."""
    try_id = await run_in_threadpool(tries.begin, source)
    key = caller.key
    try:
        if not key or len(key) > _LONGEST_KEY:
            raise InvalidKeyError("Invalid API key")
        actor = await caller.reader()
    except IdentityUnavailableError:
        await run_in_threadpool(tries.forget, try_id)
        raise
    await run_in_threadpool(tries.forget, try_id)
    return actor


def _begin(request: Request, sessions: WebSessions, actor: Actor, view: SignInView) -> Response:
    """Begin a session under a new id: whoever knew the one before learns nothing of this one."""
    before = sessions.id_in(request)
    if before is not None:
        sessions.stored.end(before)
    session_id = sessions.stored.start(actor.user_id, actor.username)
    if view.kept is None:
        answer: Response = RedirectResponse(local_path(view.return_to), HTTPStatus.SEE_OTHER)
    else:
        visitor = Visitor(actor=actor, csrf_token=sessions.csrf_token(session_id, actor.user_id))
        request.state.visitor = visitor
        answer = go_on_page(request, visitor, view.kept)
    sessions.put_cookie(request, answer, session_id)
    return answer


def _rights(actor: Actor) -> list[str]:
    """Return what somebody may do at the moment, in words."""
    if actor.has(Role.approver):
        found = ["You may propose changes, and decide on those of others."]
    elif actor.has(Role.requestor):
        found = ["You may propose changes; others decide on them."]
    else:
        found = ["You may look at the queue. To propose changes, ask the people who run this registry."]
    if actor.has(Role.license_editor):
        found.append("You may edit licence definitions.")
    return found


def _signed_out(request: Request, sessions: WebSessions) -> Response:
    answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    sessions.drop_cookie(request, answer)
    return answer
