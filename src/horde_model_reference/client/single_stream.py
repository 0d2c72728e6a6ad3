"""A file over one connection, going on where an earlier try ended (spec 30 §10)."""

import logging
import re
import time
from typing import Final

from horde_model_reference.client.http_client import (
    Answer,
    HttpClient,
    TransferInterruptedError,
    TransferRefusedError,
)
from horde_model_reference.client.pieces import PIECES_SUFFIX, Pieces
from horde_model_reference.client.transfer import (
    DownloadOutcome,
    FileState,
    Surroundings,
    Transfer,
    brought_by_another,
    claim_pieces,
    reason_of,
    refuse_failure,
    require_room,
)

_logger = logging.getLogger(__name__)

STEADY_PROGRESS_BYTES: Final = 1 << 20
"""A try that brings as much gives all retries back: a long file over a bad line ends well after all."""

_CONTENT_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-\d+|\*)/(?P<total>\d+|\*)")


def fetch_in_one_stream(transfer: Transfer, surroundings: Surroundings) -> DownloadOutcome:
    """Bring a file to disk; what goes wrong with server or disk is told by the outcome and the log."""
    before = FileState.of(transfer.destination)
    try:
        transfer.destination.parent.mkdir(parents=True, exist_ok=True)
        with (
            claim_pieces(transfer, PIECES_SUFFIX, surroundings) as file,
            surroundings.http_client() as client,
        ):
            pieces = Pieces(transfer.destination, file)
            brought = brought_by_another(transfer, before)
            if brought is not None:
                pieces.discard()
                return brought
            return _SingleStream(transfer, surroundings, client, pieces).run()
    except OSError as error:
        _logger.error("%s: %s", transfer.destination.name, reason_of(error))
        return transfer.failed()


class _SingleStream:
    def __init__(
        self, transfer: Transfer, surroundings: Surroundings, client: HttpClient, pieces: Pieces
    ) -> None:
        self._transfer = transfer
        self._surroundings = surroundings
        self._client = client
        self._pieces = pieces
        self._inherited_bytes = pieces.size
        """How many of the present bytes an earlier download brought."""
        self._written_bytes = 0

    def run(self) -> DownloadOutcome:
        try:
            return self._run()
        except (TransferRefusedError, OSError) as error:
            _logger.error("%s: the download failed: %s", self._name, reason_of(error))
            if not self._transfer.keeps_pieces:
                self._pieces.cut_to(self._inherited_bytes)
            return self._transfer.failed(bytes_written=self._written_bytes)
        finally:
            if not self._pieces.size:
                self._pieces.discard()

    def _run(self) -> DownloadOutcome:
        self._bring_all()
        if self._inherited_bytes and not self._transfer.accepts(self._pieces.sha256):
            _logger.warning("%s: the resumed file has the wrong sum, starting over", self._name)
            self._start_over()
            self._bring_all()
        return self._finish()

    def _finish(self) -> DownloadOutcome:
        outcome = self._transfer.ended(self._pieces.sha256, bytes_written=self._written_bytes)
        if not outcome.success:
            _logger.error("%s: the file has another SHA-256 sum than expected", self._name)
        if outcome.success or self._transfer.keeps_wrong_file:
            self._pieces.move_into_place()
        else:
            self._pieces.discard()
        return outcome

    def _bring_all(self) -> None:
        """Try until all bytes are there; raise TransferRefusedError once that is hopeless."""
        tries_left = self._transfer.max_retries
        furthest = self._pieces.size
        while True:
            try:
                if self._bring_some():
                    return
            except TransferInterruptedError as error:
                if self._pieces.size >= furthest + STEADY_PROGRESS_BYTES:
                    tries_left = self._transfer.max_retries
                    furthest = self._pieces.size
                if tries_left <= 0:
                    raise TransferRefusedError(str(error)) from error
                tries_left -= 1
                _logger.info("%s: %s, trying again", self._name, error)
                time.sleep(self._surroundings.retry_pause_seconds)

    def _bring_some(self) -> bool:
        """Ask once; return whether the file is complete, False where it has to be asked for anew at once."""
        with self._client.send(
            "GET",
            self._transfer.url,
            headers={**self._transfer.headers, **self._resume_headers()},
            follow_redirects=self._transfer.follow_redirects,
        ) as answer:
            refuse_failure(answer)
            if answer.status == 416:
                return self._settle_unsatisfied_range(answer)
            if answer.status == 200:
                self._start_over()
                self._pieces.version = _version_of(answer)
            elif answer.is_encoded or _first_byte_of(answer) != self._pieces.size:
                self._start_over()
                raise TransferInterruptedError("the server sent another range than asked for")
            self._take_body(answer, _total_of(answer))
        return True

    def _resume_headers(self) -> dict[str, str]:
        if not self._pieces.size:
            return {}
        version = self._pieces.version
        return {"Range": f"bytes={self._pieces.size}-"} | ({"If-Range": version} if version else {})

    def _settle_unsatisfied_range(self, answer: Answer) -> bool:
        if not self._pieces.size:
            raise TransferInterruptedError("the server answered 416 to a request for the whole file")
        if _total_in_range(answer) == self._pieces.size:
            self._transfer.report(self._pieces.size, self._pieces.size)
            return True
        self._start_over()
        return False

    def _take_body(self, answer: Answer, total: int) -> None:
        if total:
            require_room(self._transfer.destination, total - self._pieces.size, self._surroundings)
        self._transfer.report(self._pieces.size, total)
        try:
            for chunk in answer.chunks:
                self._pieces.append(chunk)
                self._written_bytes += len(chunk)
                self._transfer.report(self._pieces.size, total)
        except TransferInterruptedError:
            if answer.is_encoded:  # the server counts other bytes than ours, so there is no going on
                self._start_over()
            raise
        finally:
            self._pieces.save()
        if total and self._pieces.size > total:
            self._start_over()
        if total and self._pieces.size < total:
            raise TransferInterruptedError("the connection ended before the file")

    def _start_over(self) -> None:
        self._pieces.cut_to(0)
        self._inherited_bytes = 0

    @property
    def _name(self) -> str:
        return self._transfer.destination.name


def _version_of(answer: Answer) -> str:
    """Return what tells this version of the file from others; empty where the server doesn't say."""
    if answer.is_encoded:
        return ""
    tag = answer.headers.get("etag", "")
    version = tag if tag.startswith('"') else answer.headers.get("last-modified", "")
    return version if version.isascii() else ""


def _total_of(answer: Answer) -> int:
    """Return the size of the whole file, 0 where the server doesn't say."""
    if answer.status == 206:
        return _total_in_range(answer) or 0
    length = answer.headers.get("content-length", "")
    return int(length) if length.isdecimal() and not answer.is_encoded else 0


def _first_byte_of(answer: Answer) -> int | None:
    found = _CONTENT_RANGE.match(answer.headers.get("content-range", ""))
    return int(found["first"]) if found and found["first"] else None


def _total_in_range(answer: Answer) -> int | None:
    found = _CONTENT_RANGE.match(answer.headers.get("content-range", ""))
    return int(found["total"]) if found and found["total"] != "*" else None
