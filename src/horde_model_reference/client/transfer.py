"""What it takes to bring one file to disk, whatever the number of connections (spec 30 §10)."""

import errno
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from horde_model_reference.client.checksum_files import sha256_of
from horde_model_reference.client.file_claim import claim
from horde_model_reference.client.http_client import (
    TIMEOUT_SECONDS,
    Answer,
    HttpClient,
    TransferInterruptedError,
    TransferRefusedError,
)
from horde_model_reference.client.layout import free_bytes_near
from horde_model_reference.domain.checksums import UNKNOWN_SHA256, canonical_sha256, same_sha256

if TYPE_CHECKING:
    import httpx

ProgressCallback = Callable[[int, int], None]
"""Called with the bytes on disk and the size of the whole, 0 where the server does not tell it."""

_FINAL_STATUSES = {401, 403, 404, 410}


class DownloadAborted(Exception):  # noqa: N818 - a public name (spec 30 §10)
    """Raised by a progress callback to stop a download; what has arrived stays for the next time."""


class WatcherStoppedError(Exception):
    """Carries what a progress callback raised past the handlers of errors of server and disk."""

    def __init__(self, reason: Exception) -> None:
        super().__init__("the progress callback raised")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class DownloadOutcome:
    """How a download ended."""

    success: bool
    final_path: Path
    """Where the file was to go; after a failure it need not exist."""
    bytes_written: int = 0
    """Bytes that this download wrote; what lay there before doesn't count."""
    sha256: str | None = None
    """Sum of the whole file in lower case; None where it did not arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One file to bring to disk."""

    url: str
    destination: Path
    expected_sha256: str | None = None
    """None, empty or ``FIXME``: nobody knows it, so it isn't checked."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    max_retries: int = 5
    """How many tries after the first may fail in a row."""
    connections: int = 1
    follow_redirects: bool = True
    progress: ProgressCallback | None = None
    keeps_wrong_file: bool = True
    """Whether a file with another sum than expected is put at its destination nevertheless."""
    keeps_pieces: bool = True
    """Whether what arrived stays on disk after a failure, for the next time."""

    def accepts(self, sha256: str) -> bool:
        """Return whether a file with this sum is the one that is wanted."""
        return not is_known_sum(self.expected_sha256) or same_sha256(self.expected_sha256, sha256)

    def report(self, done: int, total: int) -> None:
        """Tell whoever watches how far it is; raise WatcherStoppedError where he has seen enough."""
        if self.progress is None:
            return
        try:
            self.progress(done, total)
        except Exception as error:
            raise WatcherStoppedError(error) from error

    def failed(self, *, bytes_written: int = 0) -> DownloadOutcome:
        """Return the outcome of a download that did not bring the file."""
        return DownloadOutcome(False, self.destination, bytes_written)

    def ended(self, sha256: str, *, bytes_written: int) -> DownloadOutcome:
        """Return the outcome of a download that brought a file of this sum."""
        return DownloadOutcome(self.accepts(sha256), self.destination, bytes_written, sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The machine as a download sees it."""

    free_bytes: Callable[[Path], int | None] = free_bytes_near
    """Room on the disk where a path lies; None: unknown."""
    retry_pause_seconds: float = 2.0
    """Rest between two tries."""
    timeout_seconds: float = TIMEOUT_SECONDS
    client: "httpx.Client | None" = None
    """An open client to send requests with; None: one of the download's own."""

    def http_client(self) -> HttpClient:
        """Return what sends requests while it is entered."""
        return HttpClient(timeout_seconds=self.timeout_seconds, client=self.client)


class DiskFullError(OSError):
    """The disk has not enough room."""

    def __init__(self, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(errno.ENOSPC, f"{needed_bytes} bytes are needed, {free_bytes} are free")


def is_known_sum(sha256: str | None) -> bool:
    """Return whether there is a sum to check against, be it well formed or not."""
    return canonical_sha256(sha256 or UNKNOWN_SHA256) not in {"", UNKNOWN_SHA256}


def require_room(path: Path, needed_bytes: int, surroundings: Surroundings) -> None:
    """Raise DiskFullError where a disk surely has too little room; an unknown disk may have enough."""
    free = surroundings.free_bytes(path)
    if free is not None and free < needed_bytes:
        raise DiskFullError(needed_bytes, free)


def refuse_failure(answer: Answer) -> None:
    """Raise for an answer that is neither a file nor a range of one nor 416.

    Raises:
        TransferRefusedError: It will be the same next time.
        TransferInterruptedError: It may pass.
    """
    if answer.status in _FINAL_STATUSES or 300 <= answer.status < 400:
        raise TransferRefusedError(f"the server answered {answer.status}")
    if answer.status not in {200, 206, 416}:
        raise TransferInterruptedError(f"the server answered {answer.status}")


def reason_of(error: Exception) -> str:
    """Return why something failed, in words that hold no address."""
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__


@dataclass(frozen=True, slots=True)
class FileState:
    """Tells one file at a path from another that took its place."""

    inode: int
    size: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> "FileState | None":
        """Return the state of a file; None: there is none."""
        try:
            status = path.stat()
        except OSError:
            return None
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


def brought_by_another(transfer: Transfer, before: FileState | None) -> DownloadOutcome | None:
    """Return success where somebody else has put the wanted file in place since ``before``."""
    if FileState.of(transfer.destination) in {before, None}:
        return None
    outcome = transfer.ended(sha256_of(transfer.destination, use_cache=False), bytes_written=0)
    return outcome if outcome.success else None


def claim_pieces(
    transfer: Transfer, suffix: str, surroundings: Surroundings
) -> AbstractContextManager[BinaryIO]:
    """Claim the file of unfinished bytes; while another process holds it, report what that has brought."""
    path = transfer.destination.with_name(transfer.destination.name + suffix)

    def report_other() -> None:
        state = FileState.of(path)
        transfer.report(state.size if state else 0, 0)

    return claim(path, while_waiting=report_other)
