"""The pages on the way through the sign-in, also for those whose form came after their session was over."""

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from horde_model_reference.service.errors import error_answer
from horde_model_reference.service.web.beside_api import accepts_html
from horde_model_reference.service.web.error_pages import error_page
from horde_model_reference.service.web.forms import StaleFormError
from horde_model_reference.service.web.kept_forms import KeptForm
from horde_model_reference.service.web.local_path import local_path
from horde_model_reference.service.web.rendering import render
from horde_model_reference.service.web.sessions import WebSessions, web_sessions
from horde_model_reference.service.web.signed_in import SignInNeededError
from horde_model_reference.service.web.visitors import Visitor, current_visitor

_TOO_OLD = "This page was opened for a session that is over. Paste your key once more."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """What the page to sign in on shows."""

    return_to: str = "/"
    kept: KeptForm | None = None
    """What was filled in before, to go on with afterwards."""
    problem: str = ""
    """Trouble that no key is to blame for."""
    key_problem: str = ""
    """What is wrong with the key."""
    wait_seconds: int | None = None
    """How long to wait before another try; None: not at all."""


def sign_in_form(
    request: Request, sessions: WebSessions, view: SignInView, *, status: int = HTTPStatus.OK
) -> Response:
    """Return the form to sign in, with the token of an id that is not signed in yet."""
    known = sessions.id_in(request)
    session_id = known or secrets.token_urlsafe(32)
    answer = render(
        request,
        "desk/sign_in.html",
        status=status,
        csrf_token=sessions.csrf_token(session_id),
        return_to=local_path(view.return_to),
        kept=None if view.kept is None else view.kept.to_text(),
        problem=view.problem,
        key_problem=view.key_problem,
    )
    if known is None:
        sessions.put_cookie(request, answer, session_id)
    if view.wait_seconds is not None:
        answer.headers["retry-after"] = str(view.wait_seconds)
    return answer


def go_on_page(
    request: Request, visitor: Visitor, kept: KeptForm, *, status: int = HTTPStatus.OK
) -> Response:
    """Return a page with everything that was filled in, to be sent once more; only its owner sees it."""
    is_own = kept.owner == visitor.actor.user_id
    return render(request, "desk/go_on.html", status=status, kept=kept if is_own else None)


def add_sign_in_pages(pages: FastAPI) -> None:
    """Lead people who have to sign in there, and back to where they were afterwards, with what they typed."""

    def to_sign_in(request: Request, error: Exception) -> Response:
        needed = cast(SignInNeededError, error)
        if request.method != "POST":
            return RedirectResponse(f"/sign-in?return_to={quote(needed.return_to, safe='/')}", 303)
        if not accepts_html(request.scope):
            return error_answer(HTTPStatus.UNAUTHORIZED, str(error))
        view = SignInView(return_to=needed.return_to, kept=needed.kept)
        return sign_in_form(request, _sessions(request), view, status=HTTPStatus.FORBIDDEN)

    def once_more(request: Request, error: Exception) -> Response:
        kept, visitor = cast(StaleFormError, error).kept, current_visitor(request)
        status = HTTPStatus.FORBIDDEN
        is_sign_in = request.url.path == "/sign-in"
        if not accepts_html(request.scope) or (kept is None and not is_sign_in):
            return error_page(request.scope, status, str(error))
        if kept is not None and visitor is not None:
            return go_on_page(request, visitor, kept, status=status)
        view = SignInView(kept=kept, problem=_TOO_OLD if is_sign_in else "")
        return sign_in_form(request, _sessions(request), view, status=status)

    pages.add_exception_handler(SignInNeededError, to_sign_in)
    pages.add_exception_handler(StaleFormError, once_more)


def _sessions(request: Request) -> WebSessions:
    return web_sessions(request.app, request.app.state.registry)
