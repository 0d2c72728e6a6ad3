"""A PRIMARY and a GitHub on this machine, in every state that a replica can meet them in."""

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from file_server import Asked, FileServer, Reply

from horde_model_reference.sources.chain import ChainTimes, CopySource, ReplicaChain
from horde_model_reference.sources.copy_folder import CopyFolder
from horde_model_reference.sources.http import PrimarySource
from horde_model_reference.sources.legacy_files import GitHubSource

SOON = ChainTimes(patience_seconds=0.5)
LONG_SECONDS = 30.0
"""What a source that answers never takes, on the slowest machine; one that doesn't is waited for as long."""


def blip_document(name: str) -> dict[str, Any]:
    return {
        "record_type": "blip",
        "name": name,
        "model_classification": {"domain": "image", "purpose": "feature_extractor"},
        "config": {"download": []},
    }


def v2_body(*names: str) -> bytes:
    return json.dumps({name: blip_document(name) for name in names}).encode()


def legacy_body(*names: str) -> bytes:
    return json.dumps(
        {name: {"name": name, "config": {"files": [], "download": []}} for name in names}
    ).encode()


class Primary:
    """What a PRIMARY answers, changed while it runs; each state is a method name or a status."""

    def __init__(self) -> None:
        self.state = "v2"
        self.names: tuple[str, ...] = ("from-v2",)
        self.broken_categories: set[str] = set()
        self.lists_revisions = False
        self.revisions_body: bytes | None = None
        self.released = threading.Event()

    def __call__(self, asked: Asked) -> Reply:
        _, version, category = asked.path.rsplit("/", 2)
        if self.state == "overloaded":
            return Reply(503, b"{}")
        if category == "revisions" and self.state != "hangs":
            return self._revisions(asked)
        if category in self.broken_categories:
            return Reply(500, b"{}")
        if self.state == "hangs":
            return Reply(200, b" " * 10, hold=self.released)
        if version == "v1":
            return Reply(200, legacy_body("from-v1")) if self.state == "v1" else Reply(404, b"{}")
        return getattr(self, f"_{self.state}", self._fails)(asked, category)

    def _v2(self, asked: Asked, category: str) -> Reply:
        body = self._body(category)
        return _conditional(asked, body)

    def _body(self, category: str) -> bytes:
        return v2_body(*self.names) if category == "blip" else b"{}"

    def _revisions(self, asked: Asked) -> Reply:
        """Answer as this service does, or as those of other releases."""
        if not self.lists_revisions or self.state != "v2":
            return Reply(422, b"{}")
        listed = {
            name: {"revision": 1, "etag": _tag(self._body(name))} for name in ("blip", "clip", "esrgan")
        }
        return _conditional(asked, self.revisions_body or json.dumps(listed).encode())

    def _without_tags(self, _asked: Asked, _category: str) -> Reply:
        return Reply(200, v2_body(*self.names))

    def _cut_off(self, _asked: Asked, _category: str) -> Reply:
        return Reply(200, v2_body("from-v2"), drop_after=20)

    def _half_a_body(self, _asked: Asked, _category: str) -> Reply:
        return Reply(200, v2_body("from-v2")[:40])

    def _a_list(self, _asked: Asked, _category: str) -> Reply:
        return Reply(200, b"[1]")

    def _rubbish_records(self, _asked: Asked, _category: str) -> Reply:
        return Reply(200, b'{"a": {"model_classification": 1}, "b": {"config": 2}}')

    def _gone(self, _asked: Asked, _category: str) -> Reply:
        return Reply(404, b"{}")

    def _fails(self, _asked: Asked, _category: str) -> Reply:
        return Reply(500, b"{}")


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def _conditional(asked: Asked, body: bytes) -> Reply:
    headers = {"ETag": _tag(body)}
    if asked.headers.get("if-none-match") == headers["ETag"]:
        return Reply(304, b"", headers)
    return Reply(200, body, headers)


def github_up(_asked: Asked) -> Reply:
    return Reply(200, legacy_body("from-github"), {"ETag": '"g"'})


def github_limited(_asked: Asked) -> Reply:
    return Reply(429, b"")


def github_rubbish(_asked: Asked) -> Reply:
    return Reply(200, b"<html>")


@contextmanager
def refusing() -> Iterator[str]:
    """Give an address at which nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"


@contextmanager
def chain_over(
    folder: Path,
    primary_url: str,
    github_url: str | None,
    *,
    times: ChainTimes = SOON,
    timeout: float = LONG_SECONDS,
    clock: Callable[[], float] | None = None,
) -> Iterator[ReplicaChain]:
    """Open a chain until the block ends; with a clock of its own, time passes for it as a test wants.

    The timeout is for the PRIMARY: where that hangs, a short one spares the test a long wait.
    """
    clocks: dict[str, Any] = {} if clock is None else {"clock": clock, "unix_clock": clock}
    unix_clock: dict[str, Any] = {} if clock is None else {"unix_clock": clock}
    kept = CopyFolder(folder, **unix_clock)
    primary = PrimarySource(primary_url, timeout_seconds=timeout, **clocks)
    sources: list[tuple[str, CopySource]] = [("PRIMARY", primary)]
    if github_url is not None:
        urls = {category: f"{github_url}/{category}.json" for category in ("blip", "clip")}
        sources.append(("GitHub", GitHubSource(urls, kept, timeout_seconds=LONG_SECONDS, **unix_clock)))
    chain = ReplicaChain(sources, kept, times=times, **clocks)
    yield chain
    chain.close()


@contextmanager
def primary_server(primary: Primary) -> Iterator[FileServer]:
    with FileServer(primary).running() as server:
        yield server
        primary.released.set()
