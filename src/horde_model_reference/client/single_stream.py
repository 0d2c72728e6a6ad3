"""A file over one connection, going on where an earlier try ended (spec 30 §10)."""

import hashlib
import logging
import os
import re
import sys
from pathlib import Path
from typing import BinaryIO, Final

from horde_model_reference.client.checksum_files import sha256_of, write_atomically
from horde_model_reference.client.http_client import (
    Answer,
    HttpClient,
    TransferInterruptedError,
    TransferRefusedError,
)
from horde_model_reference.client.transfer import (
    RETRY_PAUSE_SECONDS,
    DownloadOutcome,
    FileState,
    Surroundings,
    Transfer,
    claim_pieces,
    refuse_failure,
    require_room,
)

_logger = logging.getLogger(__name__)

PIECES_SUFFIX: Final = ".part"
VERSION_SUFFIX: Final = ".part.version"
"""Holds the ``ETag`` or date of the file that the pieces belong to, so that no two versions get mixed."""

_STEADY_PROGRESS_BYTES = 1 << 20
_COPY_BYTES = 1 << 20
_CONTENT_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-\d+|\*)/(?P<total>\d+|\*)")


def fetch_in_one_stream(transfer: Transfer, surroundings: Surroundings) -> DownloadOutcome:
    """Bring a file to disk; anything that goes wrong is in the outcome and in the log.

    What the progress callback raises passes through.
    """
    before = FileState.of(transfer.destination)
    pieces = transfer.beside(PIECES_SUFFIX)
    try:
        transfer.destination.parent.mkdir(parents=True, exist_ok=True)
        with (
            claim_pieces(transfer, pieces, surroundings) as file,
            HttpClient(timeout_seconds=surroundings.timeout_seconds) as client,
        ):
            brought = _brought_by_another(transfer, before)
            if brought is not None:
                _remove_pieces(transfer)
                return brought
            return _SingleStream(transfer, surroundings, client, _Pieces(pieces, file)).run()
    except OSError as error:
        _logger.error("%s: %s", transfer.destination.name, error.strerror or type(error).__name__)
        return transfer.failed()


def _brought_by_another(transfer: Transfer, before: FileState | None) -> DownloadOutcome | None:
    """Return success where another process put the file in place while this one waited for it."""
    if FileState.of(transfer.destination) in {before, None}:
        return None
    outcome = transfer.ended(sha256_of(transfer.destination, use_cache=False), bytes_written=0)
    return outcome if outcome.success else None


def _remove_pieces(transfer: Transfer) -> None:
    transfer.beside(PIECES_SUFFIX).unlink(missing_ok=True)
    transfer.beside(VERSION_SUFFIX).unlink(missing_ok=True)


class _Pieces:
    """The bytes that have arrived, and their running sum."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self._sum = hashlib.sha256()
        self.size = 0
        self._sum_up()

    @property
    def sha256(self) -> str:
        return self._sum.hexdigest()

    def append(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._sum.update(chunk)
        self.size += len(chunk)

    def cut_to(self, size: int) -> None:
        self._file.truncate(size)
        self._sum_up()

    def _sum_up(self) -> None:
        self._sum, self.size = hashlib.sha256(), 0
        self._file.seek(0)
        while chunk := self._file.read(_COPY_BYTES):
            self._sum.update(chunk)
            self.size += len(chunk)

    def save(self) -> None:
        self._file.flush()

    def move_to(self, destination: Path) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        if sys.platform == "win32":
            self._file.close()  # an open file can't be moved there
        self._path.replace(destination)


class _SingleStream:
    def __init__(
        self, transfer: Transfer, surroundings: Surroundings, client: HttpClient, pieces: _Pieces
    ) -> None:
        self._transfer = transfer
        self._surroundings = surroundings
        self._client = client
        self._pieces = pieces
        self._inherited = pieces.size
        """Bytes from earlier downloads that are still part of the pieces."""
        self._at_start = pieces.size
        self._written = 0

    def run(self) -> DownloadOutcome:
        try:
            return self._run()
        except TransferRefusedError as error:
            return self._fail(str(error))
        except OSError as error:
            return self._fail(error.strerror or type(error).__name__)
        finally:
            self._tidy()

    def _run(self) -> DownloadOutcome:
        while True:
            self._bring_all()
            sha256 = self._pieces.sha256
            if self._transfer.accepts(sha256) or not self._inherited:
                return self._finish(sha256)
            # The sum may be wrong because of what lay there before: once more from nothing.
            _logger.warning("%s: the resumed file has the wrong sum, starting over", self._name)
            self._start_over()

    def _bring_all(self) -> None:
        """Try until all bytes are there.

        Raises:
            TransferRefusedError: The server refuses, or too many tries in a row failed.
        """
        tries_left = self._transfer.max_retries
        furthest = self._pieces.size
        while True:
            try:
                if self._bring_some():
                    return
            except TransferInterruptedError as error:
                if self._pieces.size >= furthest + _STEADY_PROGRESS_BYTES:
                    tries_left = self._transfer.max_retries
                    furthest = self._pieces.size
                if tries_left <= 0:
                    raise TransferRefusedError(str(error)) from error
                tries_left -= 1
                _logger.info("%s: %s, trying again", self._name, error)
                self._surroundings.pause(RETRY_PAUSE_SECONDS)

    def _bring_some(self) -> bool:
        """Ask once; return whether the file is complete, False where it has to be asked for anew."""
        with self._client.send(
            "GET",
            self._transfer.url,
            headers=dict(self._transfer.headers) | self._resume_headers(),
            follow_redirects=self._transfer.follow_redirects,
        ) as answer:
            refuse_failure(answer)
            if answer.status == 416:
                return self._settle_unsatisfied_range(answer)
            if answer.status == 206 and (answer.is_encoded or _first_byte_of(answer) != self._pieces.size):
                self._start_over()
                raise TransferInterruptedError("the server sent another range than asked for")
            if answer.status == 200:
                self._start_over()
                self._remember_version(answer)
            self._take_body(answer)
        return True

    def _take_body(self, answer: Answer) -> None:
        total = self._total_of(answer)
        if total:
            require_room(self._transfer.destination, total - self._pieces.size, self._surroundings)
        self._transfer.report(self._pieces.size, total)
        try:
            for chunk in answer.chunks:
                self._pieces.append(chunk)
                self._written += len(chunk)
                self._transfer.report(self._pieces.size, total)
        finally:
            self._pieces.save()
        if total and self._pieces.size != total:
            if self._pieces.size > total:
                self._start_over()
            raise TransferInterruptedError("the connection ended before the file")

    def _total_of(self, answer: Answer) -> int:
        if answer.status == 206:
            return _total_in_range(answer) or 0
        length = answer.headers.get("content-length", "")
        return int(length) if length.isdecimal() and not answer.is_encoded else 0

    def _settle_unsatisfied_range(self, answer: Answer) -> bool:
        if self._pieces.size and _total_in_range(answer) == self._pieces.size:
            self._transfer.report(self._pieces.size, self._pieces.size)
            return True
        if not self._pieces.size:
            raise TransferInterruptedError("the server answered 416 to a request for the whole file")
        self._start_over()
        return False

    def _resume_headers(self) -> dict[str, str]:
        if not self._pieces.size:
            return {}
        headers = {"Range": f"bytes={self._pieces.size}-"}
        try:
            version = self._transfer.beside(VERSION_SUFFIX).read_text().strip()
        except (OSError, UnicodeDecodeError):
            version = ""
        return headers | ({"If-Range": version} if version else {})

    def _remember_version(self, answer: Answer) -> None:
        tag = answer.headers.get("etag", "")
        version = tag if tag.startswith('"') else answer.headers.get("last-modified", "")
        path = self._transfer.beside(VERSION_SUFFIX)
        if version and not answer.is_encoded:
            write_atomically(path, version.encode())
        else:
            path.unlink(missing_ok=True)

    def _start_over(self) -> None:
        self._pieces.cut_to(0)
        self._inherited = 0

    def _finish(self, sha256: str) -> DownloadOutcome:
        outcome = self._transfer.ended(sha256, bytes_written=self._written)
        if not outcome.success:
            _logger.error("%s: the file has another SHA-256 sum than expected", self._name)
            if not self._transfer.keeps_wrong_file:
                self._pieces.cut_to(0)
                return outcome
        self._pieces.move_to(self._transfer.destination)
        return outcome

    def _fail(self, reason: str) -> DownloadOutcome:
        _logger.error("%s: the download failed: %s", self._name, reason)
        if not self._transfer.keeps_pieces:
            self._pieces.cut_to(min(self._at_start, self._inherited))
        return self._transfer.failed(bytes_written=self._written)

    def _tidy(self) -> None:
        pieces = FileState.of(self._transfer.beside(PIECES_SUFFIX))
        if pieces is None or pieces.size == 0:
            _remove_pieces(self._transfer)

    @property
    def _name(self) -> str:
        return self._transfer.destination.name


def _first_byte_of(answer: Answer) -> int | None:
    found = _CONTENT_RANGE.match(answer.headers.get("content-range", ""))
    return int(found["first"]) if found and found["first"] else None


def _total_in_range(answer: Answer) -> int | None:
    found = _CONTENT_RANGE.match(answer.headers.get("content-range", ""))
    return int(found["total"]) if found and found["total"] != "*" else None
