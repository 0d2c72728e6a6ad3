"""A large file over several connections at once (spec 30 §10)."""

import logging
import os
import threading
from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from horde_model_reference.client.checksum_files import sha256_of
from horde_model_reference.client.http_client import (
    Answer,
    HttpClient,
    TransferError,
    TransferInterruptedError,
    TransferRefusedError,
)
from horde_model_reference.client.transfer import (
    DownloadOutcome,
    FileState,
    ProgressCallback,
    Surroundings,
    Transfer,
    WatcherStoppedError,
    brought_by_another,
    claim_pieces,
    reason_of,
    refuse_failure,
    require_room,
)

_logger = logging.getLogger(__name__)

SEGMENTS_SUFFIX: Final = ".spart"
SMALLEST_FILE_BYTES: Final = 64 << 20
SMALLEST_SEGMENT_BYTES: Final = 16 << 20
MOST_CONNECTIONS: Final = 8

_REPORT_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class _RemoteFile:
    total_bytes: int
    tag: str
    """Its strong ``ETag``; empty: the server gives none."""


@dataclass(slots=True, kw_only=True)
class _Segment:
    first: int
    end: int
    """The byte after the last."""
    done_bytes: int = 0


def segmented_download(  # noqa: PLR0913 - the signature is public (spec 30 §10)
    url: str,
    destination: str | os.PathLike[str],
    *,
    expected_sha256: str | None,
    progress_callback: ProgressCallback | None,
    extra_headers: Mapping[str, str] | None,
    connections: int,
    max_retries: int,
    allow_redirects: bool,
) -> DownloadOutcome | None:
    """Bring a file over several connections; None where that does not work and one should be tried.

    What ``progress_callback`` raises passes through.
    """
    transfer = Transfer(
        url=url,
        destination=Path(destination),
        expected_sha256=expected_sha256,
        headers=extra_headers or {},
        max_retries=max_retries,
        connections=connections,
        follow_redirects=allow_redirects,
        progress=progress_callback,
    )
    try:
        return fetch_in_segments(transfer, Surroundings())
    except WatcherStoppedError as stopped:
        raise stopped.reason from None


def fetch_in_segments(transfer: Transfer, surroundings: Surroundings) -> DownloadOutcome | None:
    """Bring a file over several connections; None where server, size or disk are not fit for it."""
    if transfer.connections < 2:
        return None
    before = FileState.of(transfer.destination)
    try:
        with surroundings.http_client() as client:
            remote = _probe(client, transfer)
            if remote is None:
                return None
            require_room(transfer.destination, remote.total_bytes, surroundings)
            transfer.destination.parent.mkdir(parents=True, exist_ok=True)
            with claim_pieces(transfer, SEGMENTS_SUFFIX, surroundings) as file:
                brought = brought_by_another(transfer, before)
                return (
                    _Segments(transfer, surroundings, client, remote, file).run()
                    if brought is None
                    else brought
                )
    except (TransferError, OSError) as error:
        _logger.info("%s: not over several connections: %s", transfer.destination.name, reason_of(error))
        return None


def _probe(client: HttpClient, transfer: Transfer) -> _RemoteFile | None:
    """Ask for one byte; None where the server or the file is not fit."""
    with client.send(
        "GET",
        transfer.url,
        headers={**transfer.headers, "Range": "bytes=0-0"},
        follow_redirects=transfer.follow_redirects,
    ) as answer:
        total = answer.headers.get("content-range", "").removeprefix("bytes 0-0/")
        if answer.status != 206 or not total.isdecimal() or int(total) < SMALLEST_FILE_BYTES:
            return None
        tag = answer.headers.get("etag", "")
        return _RemoteFile(total_bytes=int(total), tag=tag if tag.startswith('"') else "")


class _Segments:
    def __init__(
        self,
        transfer: Transfer,
        surroundings: Surroundings,
        client: HttpClient,
        remote: _RemoteFile,
        file: BinaryIO,
    ) -> None:
        self._transfer = transfer
        self._surroundings = surroundings
        self._client = client
        self._remote = remote
        self._file = file
        self._path = transfer.destination.with_name(transfer.destination.name + SEGMENTS_SUFFIX)
        self._stop = threading.Event()
        self._segments = _split(remote.total_bytes, transfer.connections)

    def run(self) -> DownloadOutcome:
        is_moved = False
        try:
            # Old bytes of a killed process are of no use: nobody knows which of them were written.
            self._file.truncate(0)
            self._file.truncate(self._remote.total_bytes)
            self._bring_all()
            outcome = self._transfer.ended(
                sha256_of(self._path, use_cache=False), bytes_written=self._remote.total_bytes
            )
            is_moved = self._settle(outcome)
            return outcome
        finally:
            if not is_moved:
                self._file.close()
                self._path.unlink(missing_ok=True)

    def _settle(self, outcome: DownloadOutcome) -> bool:
        """Put the file in place if it may go there; return whether it did."""
        if not outcome.success:
            name = self._transfer.destination.name
            _logger.error("%s: the file has another SHA-256 sum than expected", name)
            if not self._transfer.keeps_wrong_file:
                return False
        os.fsync(self._file.fileno())
        if os.name == "nt":
            self._file.close()  # an open file can't be moved there
        self._path.replace(self._transfer.destination)
        return True

    def _bring_all(self) -> None:
        with ThreadPoolExecutor(len(self._segments), thread_name_prefix="download") as pool:
            try:
                self._watch([pool.submit(self._bring, segment) for segment in self._segments])
            finally:
                self._stop.set()

    def _watch(self, waiting: list[Future[None]]) -> None:
        """Report from this thread until all segments are there; raise what made one fail."""
        pending: set[Future[None]] = set(waiting)
        while pending:
            done, pending = wait(pending, timeout=_REPORT_SECONDS, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
            self._transfer.report(
                sum(segment.done_bytes for segment in self._segments), self._remote.total_bytes
            )

    def _bring(self, segment: _Segment) -> None:
        with self._path.open("r+b") as file:
            for tries_left in range(self._transfer.max_retries, -1, -1):
                try:
                    return self._bring_rest(segment, file)
                except TransferInterruptedError:
                    if not tries_left or self._stop.wait(self._surroundings.retry_pause_seconds):
                        raise

    def _bring_rest(self, segment: _Segment, file: BinaryIO) -> None:
        first = segment.first + segment.done_bytes
        headers = {**self._transfer.headers, "Range": f"bytes={first}-{segment.end - 1}"}
        if self._remote.tag:
            headers["If-Range"] = self._remote.tag
        file.seek(first)
        with self._client.send(
            "GET", self._transfer.url, headers=headers, follow_redirects=self._transfer.follow_redirects
        ) as answer:
            self._refuse_other_range(answer, first, segment.end)
            for chunk in answer.chunks:
                if self._stop.is_set():
                    return
                wanted = chunk[: segment.end - segment.first - segment.done_bytes]
                file.write(wanted)
                segment.done_bytes += len(wanted)
            file.flush()
        if segment.first + segment.done_bytes < segment.end:
            raise TransferInterruptedError("the connection ended before the segment")

    def _refuse_other_range(self, answer: Answer, first: int, end: int) -> None:
        refuse_failure(answer)
        expected = f"bytes {first}-{end - 1}/{self._remote.total_bytes}"
        if answer.status != 206 or answer.is_encoded or answer.headers.get("content-range") != expected:
            raise TransferRefusedError("the server sent another range than asked for")


def _split(total_bytes: int, connections: int) -> list[_Segment]:
    count = max(1, min(connections, MOST_CONNECTIONS, total_bytes // SMALLEST_SEGMENT_BYTES))
    size = -(-total_bytes // count)
    return [
        _Segment(first=first, end=min(first + size, total_bytes)) for first in range(0, total_bytes, size)
    ]
