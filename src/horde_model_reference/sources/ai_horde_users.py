"""Who an API key belongs to, as the AI-Horde says (spec 20, Upstream lookup)."""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import orjson

from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.sources.ai_horde_http import AIHordeHttp, AIHordeTimeoutError

TIMED_OUT = "The authentication service timed out; try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of the AI-Horde."""

    user_id: str
    """What follows the last ``#`` of the username."""
    username: str


class IdentityUnavailableError(SourceUnavailableError):
    """The AI-Horde can't say at the moment who a key belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How a look-up ended: with a person, with the word that the key is nobody's, or with trouble."""

    person: Person | None = None
    trouble: str | None = None

    def outcome(self) -> Person | None:
        """Return the person, None for an unknown key; raise IdentityUnavailableError for trouble."""
        if self.trouble is not None:
            raise IdentityUnavailableError(self.trouble)
        return self.person


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityTimes:
    """How long identities are remembered and look-ups may take; seconds."""

    known_seconds: float = 60
    unknown_seconds: float = 3
    """How long a key counts as nobody's."""
    timeout_seconds: float = 10


class UserDirectory:
    """Looks keys up and remembers the answers for a short time; safe to use from several threads.

    Nothing here holds a key for longer than its look-up takes: what is remembered goes by a hash that is
    keyed with a secret of this process.
    """

    def __init__(
        self,
        http: AIHordeHttp,
        *,
        times: IdentityTimes | None = None,
        max_remembered: int = 4096,
        max_lookups: int = 64,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._times = times or IdentityTimes()
        self._max_remembered = max_remembered
        self._free_lookups = threading.BoundedSemaphore(max_lookups)
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._remembered: dict[bytes, tuple[float, Finding]] = {}
        self._under_way: dict[bytes, Future[Finding]] = {}

    def person(self, key: str) -> Person | None:
        """Return whose key it is, None for nobody's; wait for the AI-Horde where that is not known.

        Raises:
            IdentityUnavailableError: It doesn't answer, or not with anything usable.
        """
        try:
            return self.look_up(key).result(timeout=self.timeout_seconds).outcome()
        except TimeoutError:
            raise IdentityUnavailableError(TIMED_OUT) from None

    @property
    def timeout_seconds(self) -> float:
        """Return how long a look-up may be waited for."""
        return self._times.timeout_seconds

    def look_up(self, key: str) -> "Future[Finding]":
        """Return what becomes the finding; it is done already where the key was seen a moment ago."""
        tag = hmac.digest(self._secret, key.encode("utf-8", "surrogatepass"), hashlib.sha256)
        with self._lock:
            remembered = self._remembered.get(tag)
            if remembered is not None and self._clock() < remembered[0]:
                return _done(remembered[1])
            if tag in self._under_way:
                return self._under_way[tag]
            if not self._free_lookups.acquire(blocking=False):
                return _done(Finding(trouble="Too many API keys are being checked; try again in a moment."))
            future = self._under_way[tag] = Future()
            future.set_running_or_notify_cancel()  # nobody who waits can cancel it for the others
        # A daemon: a look-up that hangs must not keep the program from ending.
        threading.Thread(target=self._run, args=(tag, key, future), name="find-user", daemon=True).start()
        return future

    def _run(self, tag: bytes, key: str, future: "Future[Finding]") -> None:
        finding = Finding(trouble="The authentication service could not be asked.")
        try:
            finding = self._ask(key)
        finally:
            self._free_lookups.release()
            with self._lock:
                del self._under_way[tag]
                self._remember(tag, finding)
            future.set_result(finding)

    def _remember(self, tag: bytes, finding: Finding) -> None:
        self._remembered.pop(tag, None)
        if finding.trouble is not None:
            return
        times = self._times
        seconds = times.unknown_seconds if finding.person is None else times.known_seconds
        self._remembered[tag] = (self._clock() + seconds, finding)
        while len(self._remembered) > self._max_remembered:
            del self._remembered[next(iter(self._remembered))]

    def _ask(self, key: str) -> Finding:
        if not (key.isascii() and key.isprintable()):
            return Finding()  # no key that was ever given out, and no header that could be sent
        try:
            answer = self._http.get(
                "find_user", timeout_seconds=self._times.timeout_seconds, headers={"apikey": key}
            )
        except AIHordeTimeoutError:
            return Finding(trouble=TIMED_OUT)
        except SourceUnavailableError:
            # Not the error's own words: they might repeat the request.
            return Finding(trouble="Auth service unavailable")
        if answer.status == 429 or answer.status >= 500:
            return Finding(trouble=f"The authentication service answers {answer.status}; try again.")
        if answer.status != 200:
            return Finding()
        return _finding(answer.content)


def _finding(content: bytes) -> Finding:
    try:
        document: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    if not is_document(document):
        return Finding(trouble="The authentication service gave an answer that makes no sense; try again.")
    username = document.get("username")
    if not isinstance(username, str) or "#" not in username:
        return Finding()
    user_id = username.rpartition("#")[2].strip()
    return Finding(person=Person(user_id=user_id, username=username)) if user_id else Finding()


def _done(finding: Finding) -> "Future[Finding]":
    future: Future[Finding] = Future()
    future.set_result(finding)
    return future
