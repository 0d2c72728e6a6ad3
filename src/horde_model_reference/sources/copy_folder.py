"""The folder of copies: v2 files that several processes read and replace (spec 30 §9)."""

import logging
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import uuid4

import orjson

from horde_model_reference.domain.categories import legacy_file_name, v2_file_name
from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.sources.copies import CategoryCopy, Origin, require_documents

_log = logging.getLogger(__name__)

_ABANDONED_SECONDS = 3600
_NOTES = "sources"

Signature = tuple[int, int, int]
"""What tells one state of a file from another: inode, size, nanoseconds of the last change."""


class CopyFolder:
    """Reads and writes ``<folder>/<v2 file>``.

    A file is replaced as a whole, so that readers in any process see the old or the new one. What is known of
    it (entity tag, origin) stands in a note beside it, which counts only for just that content.
    """

    def __init__(self, folder: Path, *, unix_clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._unix_clock = unix_clock
        self._paths: dict[str, str] = {}

    @property
    def folder(self) -> Path:
        """The folder, which need not exist."""
        return self._folder

    def path(self, category: str) -> Path:
        """Return where a category's file lies; raise KeyError where nobody registered the category."""
        return self._folder / v2_file_name(category)

    def signature(self, category: str) -> Signature | None:
        """Return what changes when a category's file does; None without a file."""
        path = self._paths.get(category)
        if path is None:
            path = self._paths[category] = os.fspath(self.path(category))
        try:
            found = os.stat(path)  # noqa: PTH116 - asked at every read, and Path is three times slower
        except (OSError, ValueError):
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def read(self, category: str) -> CategoryCopy | None:
        """Return the copy of a category; None without a file.

        Raises:
            SourceUnavailableError: The file can't be read or holds something else.
        """
        path = self.path(category)
        try:
            content = path.read_bytes()
            changed_at = path.stat().st_mtime
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SourceUnavailableError(f"{path}: {error.strerror or error}") from error
        try:
            documents = require_documents(content)
        except SourceUnavailableError as error:
            raise SourceUnavailableError(f"{path}: {error}") from error
        copy = CategoryCopy(category=category, content=content, origin=Origin.disk, checked_at=changed_at)
        return self._with_note(copy).with_checked(documents)

    def write(self, copy: CategoryCopy) -> bool:
        """Put a copy in place of an earlier one; tell whether that worked: a full disk must stop nobody."""
        path = self.path(copy.category)
        try:
            replace_file(path, copy.content)
            note = {"tag": copy.tag, "etag": copy.etag, "origin": copy.origin}
            replace_file(self._note_path(copy.category), orjson.dumps(note))
            self.confirm(copy)
        except OSError as error:
            _log.warning("%s can't be written: %s", path, error.strerror or error)
            return False
        return True

    def confirm(self, copy: CategoryCopy) -> None:
        """Note that a copy is still current."""
        times = (copy.checked_at, copy.checked_at)
        with suppress(OSError):
            os.utime(self._note_path(copy.category), times)

    def checked_at(self, category: str) -> float:
        """Return the Unix time at which some process last found the file current; 0 where nobody noted it."""
        try:
            return min(self._note_path(category).stat().st_mtime, self._unix_clock())
        except OSError:
            return 0.0

    def legacy_path(self, category: str) -> Path | None:
        """Return where a category's legacy file lies; None where it has no such form."""
        file_name = legacy_file_name(category)
        return None if file_name is None else self._folder / "legacy" / file_name

    def write_legacy(self, category: str, content: bytes) -> None:
        """Keep a legacy file as it was fetched."""
        path = self.legacy_path(category)
        if path is None:
            return
        try:
            replace_file(path, content)
        except OSError as error:
            _log.warning("%s can't be written: %s", path, error.strerror or error)

    def _note_path(self, category: str) -> Path:
        return self._folder / "meta" / _NOTES / f"{category}.json"

    def _with_note(self, copy: CategoryCopy) -> CategoryCopy:
        path = self._note_path(copy.category)
        try:
            note: object = orjson.loads(path.read_bytes())
            checked_at = path.stat().st_mtime
        except (OSError, orjson.JSONDecodeError):
            return copy
        fields = cast("dict[str, Any]", note) if isinstance(note, dict) else {}
        if fields.get("tag") != copy.tag:
            return copy
        etag = fields.get("etag")
        return CategoryCopy(
            category=copy.category,
            content=copy.content,
            origin=Origin.disk,
            # A clock that was set back must not make a copy current for years.
            checked_at=min(checked_at, self._unix_clock()),
            etag=etag if isinstance(etag, str) else None,
        )


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever reads half of it, and what was there stays where that fails."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Generator[BinaryIO]:
    """Give a file to write to beside the place, which takes the place when the block ends without an error.

    A device or a pipe is written to, since it is nothing to replace.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    beside = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _remove_abandoned(path: Path) -> None:
    """Remove what processes left that were killed while they wrote."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()
