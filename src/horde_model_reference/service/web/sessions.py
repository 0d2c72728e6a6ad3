"""Staying signed in at the pages: a cookie with a signed random id, which the store knows by its hash.

The key of the AI-Horde is looked at once, at the sign-in, and kept nowhere.
"""

from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from secrets import token_urlsafe
from typing import Annotated, Final
from urllib.parse import quote, unquote

from fastapi import Depends, FastAPI, Request
from itsdangerous import BadData, Signer, TimestampSigner
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.service.dependencies import CurrentRegistry
from horde_model_reference.service.errors import UnavailableError
from horde_model_reference.service.web.visitors import SECURE_SESSION_COOKIE, SESSION_COOKIE
from horde_model_reference.settings import SessionSettings
from horde_model_reference.store.sign_in_tries import SignInTries
from horde_model_reference.store.web_sessions import SessionTimes, StoredSessions

CSRF_FIELD: Final = "csrf_token"
"""Where forms carry the token of their session."""
_COOKIE_SALT: Final = "session cookie"
_FORM_SALT: Final = "form token"


class WebSessions:
    """The sessions of one registry, and the cookies that carry them."""

    def __init__(self, stored: StoredSessions, tries: SignInTries, settings: SessionSettings) -> None:
        self.stored = stored
        self.tries = tries
        self._settings = settings

    @classmethod
    def of(cls, registry: Registry) -> "WebSessions":
        """Return the sessions of a registry; raise UnavailableError on a REPLICA, which has none."""
        if registry.store is None:
            raise UnavailableError("Nobody can sign in at a REPLICA; changes are made at the PRIMARY.")
        settings = registry.settings.sessions
        times = SessionTimes(idle_seconds=settings.idle_seconds, absolute_seconds=settings.absolute_seconds)
        engine = registry.store.engine
        tries = SignInTries(engine, most=settings.failed_tries_per_minute)
        return cls(StoredSessions(engine, times=times), tries, settings)

    def id_in(self, request: Request) -> str | None:
        """Return the id that a request brings, signed by us and not too old; whether it is known is open."""
        cookie = request.cookies.get(self._cookie_name(request))
        if cookie is None:
            return None
        try:
            signed, made_at = self._cookie_signer.unsign(cookie, return_timestamp=True)
        except BadData:
            return None
        # Not with `max_age`: that refuses what another machine signed whose clock is a second ahead.
        age_seconds = (datetime.now(UTC) - made_at).total_seconds()
        return None if age_seconds > self._settings.absolute_seconds else signed.decode()

    def put_cookie(self, request: Request, answer: Response, session_id: str) -> None:
        """Have the browser keep an id."""
        answer.set_cookie(
            self._cookie_name(request),
            self._cookie_signer.sign(session_id).decode(),
            max_age=self._settings.absolute_seconds,
            secure=self._is_secure(request),
            httponly=True,
            samesite="lax",
        )

    def drop_cookie(self, request: Request, answer: Response) -> None:
        """Have the browser forget its id."""
        answer.delete_cookie(
            self._cookie_name(request), secure=self._is_secure(request), httponly=True, samesite="lax"
        )

    def csrf_token(self, session_id: str, user_id: str = "") -> str:
        """Return what a form of a session carries, so that nobody else can send it; it says whose form it is.

        No two are the same: a secret that is the same on every page could be guessed bit by bit from how
        well the pages compress.
        """
        told = f"{token_urlsafe(9)}.{quote(user_id)}"
        return f"{told}.{self._form_signer.get_signature(f'{told}.{session_id}').decode()}"

    def is_csrf_token(self, session_id: str, token: str) -> bool:
        """Tell whether a token is that of the session."""
        told, _, signature = token.rpartition(".")
        return token.isascii() and self._form_signer.verify_signature(f"{told}.{session_id}", signature)

    @cached_property
    def _cookie_signer(self) -> TimestampSigner:
        return TimestampSigner(self._secret, salt=_COOKIE_SALT, digest_method=sha256)

    @cached_property
    def _form_signer(self) -> Signer:
        return Signer(self._secret, salt=_FORM_SALT, digest_method=sha256)

    @cached_property
    def _secret(self) -> str:
        return self._settings.secret or self.stored.secret()

    def _cookie_name(self, request: Request) -> str:
        return SECURE_SESSION_COOKIE if self._is_secure(request) else SESSION_COOKIE

    def _is_secure(self, request: Request) -> bool:
        wanted = self._settings.secure_cookie
        return request.url.scheme == "https" if wanted is None else wanted


def owner_in(token: str) -> str:
    """Return the user id that a form token tells, of which session ever; empty where it tells none."""
    return unquote(token.partition(".")[2].rpartition(".")[0])


def web_sessions(pages: FastAPI, registry: Registry) -> WebSessions:
    """Return the sessions that the pages share; raise UnavailableError on a REPLICA, which has none."""
    known: WebSessions | None = getattr(pages.state, "web_sessions", None)
    if known is None:
        known = pages.state.web_sessions = WebSessions.of(registry)
    return known


def _current_sessions(request: Request, registry: CurrentRegistry) -> WebSessions:
    return web_sessions(request.app, registry)


CurrentSessions = Annotated[WebSessions, Depends(_current_sessions)]
