"""Which process writes a file: a lock that the system drops when its holder ends, even if killed."""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_HELD = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
POLL_SECONDS: Final = 0.2


@contextmanager
def claim(path: Path, *, while_waiting: Callable[[], None]) -> Generator[BinaryIO]:
    """Open a file for reading and appending, created if missing, that nobody else claims meanwhile.

    Args:
        path: The file; its folder must exist. The holder may rename or remove it.
        while_waiting: Called now and then while somebody else holds it; what it raises ends the wait.

    Raises:
        OSError: The file can't be opened.
    """
    file = _claimed(path)
    while file is None:
        while_waiting()
        time.sleep(POLL_SECONDS)
        file = _claimed(path)
    with file:
        yield file


def _claimed(path: Path) -> BinaryIO | None:
    # Not kept open while waiting: an open file can't be renamed by its holder on Windows.
    file = path.open("a+b")
    try:
        if _lock(file) and _is_still(path, file):
            return file
    except BaseException:
        file.close()
        raise
    file.close()
    return None


def _lock(file: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Any other error means that this file system knows no locks; then there is nothing to wait for.
        return error.errno not in _HELD
    return True


def _is_still(path: Path, file: BinaryIO) -> bool:
    """Return whether the path still leads to the file: its last holder may have moved it away."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    return False
