"""Refusing forms that no page of ours gave to the browser that sends them."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from horde_model_reference.domain.errors import NotPermittedError
from horde_model_reference.service.dependencies import CurrentRegistry
from horde_model_reference.service.public_address import hosts_of
from horde_model_reference.service.web.kept_forms import KeptForm, kept_form
from horde_model_reference.service.web.sessions import CSRF_FIELD, WebSessions, web_sessions

CSRF_HEADER: Final = "x-csrf-token"
"""Where scripts put the token."""
_READING_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class ForeignFormError(NotPermittedError):
    """A form was sent that no page of ours gave to this browser, or too long ago."""

    def __init__(self) -> None:
        super().__init__(
            "This form was not made for your present session: you signed in or out since, or another site "
            "sent it. Nothing was done. Go back, load the page again and send the form once more."
        )


class StaleFormError(ForeignFormError):
    """A form that a page of ours gave to this browser, for a session that is over.

    ``kept`` is what was filled in; None where it is nothing to keep.
    """

    def __init__(self, kept: KeptForm | None) -> None:
        super().__init__()
        self.kept = kept


async def check_form(request: Request, registry: CurrentRegistry) -> None:
    """Refuse a form that the page of another site may have sent; a dependency of all pages.

    Raises:
        ForeignFormError: it has not the token of the session, or comes from elsewhere.
        StaleFormError: it has not the token of the session, but the browser vouches that it is from here.
        UnavailableError: this is a REPLICA, which takes no forms.
    """
    if request.method in _READING_METHODS:
        return
    sessions = web_sessions(request.app, registry)
    token = request.headers.get(CSRF_HEADER) or (await request.form()).get(CSRF_FIELD)
    if not _is_from_here(request) or not isinstance(token, str):
        raise ForeignFormError
    if not await run_in_threadpool(_is_of_session, request, sessions, token):
        raise StaleFormError(await kept_form(request)) if _is_vouched_for(request) else ForeignFormError()


def _is_of_session(request: Request, sessions: WebSessions, token: str) -> bool:
    session_id = sessions.id_in(request)
    return session_id is not None and sessions.is_csrf_token(session_id, token)


def _is_from_here(request: Request) -> bool:
    """Tell whether a browser says that the form comes from a page of ours; other programs say nothing."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or _host_in(origin) in hosts_of(request)


def _is_vouched_for(request: Request) -> bool:
    """Tell the same where the browser has to say so."""
    return request.headers.get("sec-fetch-site") == "same-origin" or "origin" in request.headers


def _host_in(origin: str) -> str | None:
    """Return the host of an origin, None for what is none.

    Only the host counts: whether a proxy in front of us speaks https can't be seen from here.
    """
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None
