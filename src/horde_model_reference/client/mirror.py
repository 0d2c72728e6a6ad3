"""A mirror that has files by their sum: what it holds, and how to show it one's key (spec 30 §10)."""

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Final, cast
from urllib.parse import urlsplit

from horde_model_reference.client.http_client import HttpClient, TransferError
from horde_model_reference.domain.checksums import canonical_sha256, is_sha256
from horde_model_reference.formats.json_text import FormatError, read_json_object

R2_BY_HASH_PREFIX: Final = "by-hash"
"""Path of the files below the address of a mirror."""

MANIFEST_SCHEMA_VERSION: Final = 1
SESSION_TOKEN_PREFIX: Final = "hmr1."  # noqa: S105 - the marker of tokens, not one
FALLBACK_SECONDS: Final = 60.0
"""How long the key itself is sent after a refused session, and a mirror without manifest is left alone."""

_GATEWAY_URL_VARIABLE = "HORDE_MODEL_REFERENCE_R2__GATEWAY_URL"
_MANIFEST_TTL_VARIABLE = "HORDE_MODEL_REFERENCE_R2__MANIFEST_TTL_SECONDS"
_RENEW_EARLY_SECONDS = 30.0
_LONGEST_MANIFEST_BYTES = 64 << 20
_LONGEST_SESSION_BYTES = 1 << 16
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_MISLEADING = re.compile(r"[\s\\?#@\x00-\x1f\x7f]")
_TOKEN = re.compile(re.escape(SESSION_TOKEN_PREFIX) + r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSettings:
    """Which mirror to ask (spec 30 §8, ``R2__``)."""

    gateway_url: str | None = None
    """None: no mirror."""
    manifest_ttl_seconds: float = 300
    """How long the list of what the mirror holds is good."""


def configured_mirror() -> MirrorSettings:
    """Return the mirror that the environment names now.

    Raises:
        ValueError: A variable has a value that can't be used; the text names it.
    """
    ttl = os.environ.get(_MANIFEST_TTL_VARIABLE) or "300"
    if not ttl.isdecimal():
        raise ValueError(f"{_MANIFEST_TTL_VARIABLE} is {ttl!r}, not a number of seconds")
    return MirrorSettings(
        gateway_url=os.environ.get(_GATEWAY_URL_VARIABLE) or None, manifest_ttl_seconds=int(ttl)
    )


def gateway_accepts_key(url: str) -> bool:
    """Return whether a key may be sent to an address: by TLS or to this machine, nothing hidden in it."""
    if _MISLEADING.search(url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL_HOSTS))


def gateway_url_for(base_url: str, sha256: str) -> str:
    """Return the address of a file on a mirror."""
    return f"{base_url.rstrip('/')}/{R2_BY_HASH_PREFIX}/{canonical_sha256(sha256)}"


def parse_manifest(body: bytes) -> frozenset[str]:
    """Return the sums, in lower case, that a manifest lists.

    Raises:
        FormatError: It is of another version, or any key in it is no sum: then none of it counts.
    """
    manifest = read_json_object(body)
    objects = manifest.get("objects")
    if manifest.get("schema_version") != MANIFEST_SCHEMA_VERSION or not isinstance(objects, dict):
        raise FormatError(f"this is not a manifest of version {MANIFEST_SCHEMA_VERSION}")
    sums = cast("dict[str, object]", objects)
    wrong = [key for key in sums if not is_sha256(key)]
    if wrong:
        raise FormatError(f"{len(wrong)} keys of the manifest are not SHA-256 sums")
    return frozenset(map(canonical_sha256, sums))


class MirrorInventory:
    """The list of what a mirror holds, asked for when it is needed and kept for a while."""

    def __init__(self, base_url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = f"{base_url.rstrip('/')}/v1/manifest"
        self._clock = clock
        self._lock = Lock()
        self._sums: frozenset[str] = frozenset()
        self._asked_at: float | None = None
        self._failed = False

    def holds(self, sha256: str, *, ttl_seconds: float) -> bool:
        """Return whether the mirror has a file of this sum; a mirror that can't be asked has nothing.

        Args:
            sha256: The sum in either case.
            ttl_seconds: How old the list may be.
        """
        with self._lock:
            good_for = min(ttl_seconds, FALLBACK_SECONDS) if self._failed else ttl_seconds
            if self._asked_at is None or self._clock() - self._asked_at >= good_for:
                self._ask()
            return canonical_sha256(sha256) in self._sums

    def _ask(self) -> None:
        try:
            status, body = _answer_to("GET", self._url, {}, at_most_bytes=_LONGEST_MANIFEST_BYTES)
            self._sums = parse_manifest(body) if status == 200 else frozenset()
            self._failed = status != 200
        except (TransferError, FormatError):
            self._sums, self._failed = frozenset(), True
        self._asked_at = self._clock()


class GatewaySession:
    """Short-lived tokens that stand for a key, so that the key is rarely sent."""

    def __init__(self, base_url: str, apikey: str, *, clock: Callable[[], float] = time.time) -> None:
        self._url = f"{base_url.rstrip('/')}/v1/session"
        self._apikey = apikey
        self._clock = clock
        self._lock = Lock()
        self._headers: dict[str, str] = {}
        self._good_until = 0.0

    def headers(self) -> dict[str, str]:
        """Return what to send along with a request: a token, or the key while the mirror gives no tokens."""
        with self._lock:
            if self._clock() >= self._good_until:
                self._renew()
            return dict(self._headers)

    def forget(self) -> None:
        """Ask for a new token next time; a refusal is remembered for its while nevertheless."""
        with self._lock:
            if "Authorization" in self._headers:
                self._good_until = 0.0

    def _renew(self) -> None:
        now = self._clock()
        try:
            status, body = _answer_to(
                "POST", self._url, {"apikey": self._apikey}, at_most_bytes=_LONGEST_SESSION_BYTES
            )
            token, expires_at = _session_in(body) if status == 200 else (None, 0.0)
        except (TransferError, FormatError):
            token, expires_at = None, 0.0
        if token is not None and expires_at > now:
            self._headers = {"Authorization": f"Bearer {token}"}
            self._good_until = max(expires_at - _RENEW_EARLY_SECONDS, now)
        else:
            self._headers = {"apikey": self._apikey}
            self._good_until = now + FALLBACK_SECONDS


def _session_in(body: bytes) -> tuple[str, float]:
    session = read_json_object(body)
    token, expires_at = session.get("token"), session.get("expires_at")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token) or not isinstance(expires_at, int | float):
        raise FormatError("the answer is not a session")
    return token, float(expires_at)


def _answer_to(method: str, url: str, headers: Mapping[str, str], *, at_most_bytes: int) -> tuple[int, bytes]:
    with HttpClient() as client, client.send(method, url, headers=headers) as answer:
        return answer.status, answer.read(at_most_bytes=at_most_bytes)


class Gateway:
    """A mirror as this process knows it."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._inventory = MirrorInventory(base_url)
        self._sessions: dict[str, GatewaySession] = {}
        self._lock = Lock()

    def holds(self, sha256: str, *, ttl_seconds: float) -> bool:
        """Return whether the mirror has a file of this sum."""
        return self._inventory.holds(sha256, ttl_seconds=ttl_seconds)

    def session(self, apikey: str) -> GatewaySession:
        """Return the session of a key."""
        with self._lock:
            return self._sessions.setdefault(apikey, GatewaySession(self._base_url, apikey))


@lru_cache(maxsize=16)
def shared_gateway(base_url: str) -> Gateway:
    """Return what this process knows of a mirror, so that a list and a token serve many files."""
    return Gateway(base_url)
