"""The bytes of an unfinished file, and which version of the file they belong to (spec 30 §10)."""

import hashlib
import os
import sys
from pathlib import Path
from typing import BinaryIO, Final

from horde_model_reference.client.checksum_files import write_atomically

PIECES_SUFFIX: Final = ".part"
VERSION_SUFFIX: Final = ".part.version"

_COPY_BYTES = 1 << 20


class Pieces:
    """An open file of unfinished bytes, which its holder has claimed, with their running sum."""

    def __init__(self, destination: Path, file: BinaryIO) -> None:
        self._destination = destination
        self._path = destination.with_name(destination.name + PIECES_SUFFIX)
        self._version_path = destination.with_name(destination.name + VERSION_SUFFIX)
        self._file = file
        self._is_gone = False
        self._sum_up()

    @property
    def sha256(self) -> str:
        """The sum of all bytes so far, in lower case."""
        return self._sum.hexdigest()

    @property
    def version(self) -> str:
        """The ``ETag`` or date of the file that the bytes belong to, so that no two get mixed; or empty."""
        try:
            return self._version_path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    @version.setter
    def version(self, version: str) -> None:
        if version:
            write_atomically(self._version_path, version.encode())
        else:
            self._version_path.unlink(missing_ok=True)

    def append(self, chunk: bytes) -> None:
        """Add bytes at the end."""
        self._file.write(chunk)
        self._sum.update(chunk)
        self.size += len(chunk)

    def save(self) -> None:
        """Hand everything to the system, so that it outlives this process."""
        self._file.flush()

    def cut_to(self, size: int) -> None:
        """Drop all bytes after the first ``size``."""
        self._file.truncate(size)
        self._sum_up()

    def move_into_place(self) -> None:
        """Make this the destination, in one step and safe from a loss of power."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._let_go()
        self._path.replace(self._destination)

    def discard(self) -> None:
        """Remove the file, if it was not moved."""
        if not self._is_gone:
            self._let_go()
            self._path.unlink(missing_ok=True)

    def _let_go(self) -> None:
        # Before the move: after it, the names belong to whoever claims them next.
        self.version = ""
        self._is_gone = True
        if sys.platform == "win32":
            self._file.close()  # an open file can't be moved or removed there

    def _sum_up(self) -> None:
        self._sum = hashlib.sha256()
        self.size = 0
        self._file.seek(0)
        while chunk := self._file.read(_COPY_BYTES):
            self._sum.update(chunk)
            self.size += len(chunk)
