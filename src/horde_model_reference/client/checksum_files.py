"""Sums of files, remembered in small files beside them (spec 30 §10).

A side file has the suffix of the file it speaks of replaced, ``model.sha256`` for ``model.safetensors``, and
holds ``<sum> *<file name>``. Two files that differ only by suffix share it, so it counts for the named one.
"""

import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

_logger = logging.getLogger(__name__)

_LINE = re.compile(r"(?P<sum>[0-9a-fA-F]+)[ \t]+\*?(?P<name>[^\r\n]+)\s*")
_DIGITS = {"sha256": 64, "md5": 32}
_LONGEST_SIDE_FILE_BYTES = 8192
_PIECE_BYTES = 1 << 22


def sha256_of(path: str | os.PathLike[str], *, use_cache: bool = True) -> str:
    """Return the SHA-256 sum of a file in lower case.

    Args:
        path: The file.
        use_cache: Trust a side file that is newer than the file, and write one after summing; False: neither.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: It can't be read.
    """
    return _sum_of(Path(path), "sha256", use_side_file=use_cache)


def watched_sha256(path: Path, watch: Callable[[int], None], *, anew: bool = False) -> str:
    """Do as `sha256_of`, and tell how it gets on.

    Args:
        path: The file.
        watch: Called with the number of bytes after each piece that was read.
        anew: Read the file even where a side file tells the sum; that is written anew then.

    Raises:
        OSError: There is no such file, or it can't be read.
    """
    changed_ns = path.stat().st_mtime_ns
    remembered = None if anew else _newer_sum(path, "sha256", changed_ns)
    if remembered is not None:
        return remembered
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_PIECE_BYTES):
            digest.update(chunk)
            watch(len(chunk))
    if path.stat().st_mtime_ns == changed_ns:
        _write_side_file(path, "sha256", digest.hexdigest())
    return digest.hexdigest()


def md5_of(path: str | os.PathLike[str]) -> str | None:
    """Return the MD5 sum of a file in lower case, by its side file where that is newer; None: no such file.

    Raises:
        OSError: The file is there but can't be read.
    """
    try:
        return _sum_of(Path(path), "md5", use_side_file=True)
    except FileNotFoundError:
        return None


def remember_sha256(path: Path, sha256: str) -> None:
    """Write the side file of a file whose sum is known; without one it is summed again when asked for."""
    _write_side_file(path, "sha256", sha256)


def side_files_of(path: Path) -> list[Path]:
    """Return the side files that speak of this file."""
    found = ((kind, _side_file_of(path, kind)) for kind in _DIGITS)
    return [
        side_file
        for kind, side_file in found
        if side_file is not None and _remembered(path, side_file, kind) is not None
    ]


def forget_sums(path: Path) -> None:
    """Remove the side files that speak of this file."""
    for side_file in side_files_of(path):
        side_file.unlink(missing_ok=True)


def _sum_of(path: Path, kind: str, *, use_side_file: bool) -> str:
    changed_ns = path.stat().st_mtime_ns
    remembered = _newer_sum(path, kind, changed_ns) if use_side_file else None
    if remembered is not None:
        return remembered
    with path.open("rb") as file:
        computed = hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    if use_side_file and path.stat().st_mtime_ns == changed_ns:
        _write_side_file(path, kind, computed)
    return computed


def _newer_sum(path: Path, kind: str, changed_ns: int) -> str | None:
    """Return the sum in a side file that is newer than the file."""
    side_file = _side_file_of(path, kind)
    if side_file is None or not _is_newer(side_file, changed_ns):
        return None
    return _remembered(path, side_file, kind)


def _side_file_of(path: Path, kind: str) -> Path | None:
    side_file = path.with_suffix(f".{kind}")
    return None if side_file == path else side_file


def _is_newer(side_file: Path, changed_ns: int) -> bool:
    try:
        return side_file.stat().st_mtime_ns > changed_ns
    except OSError:
        return False


def _remembered(path: Path, side_file: Path, kind: str) -> str | None:
    """Return the sum in a side file, None where it is damaged or speaks of another file."""
    known_sum, name = _read_side_file(side_file, kind) or ("", "")
    return known_sum if name == path.name else None


def _read_side_file(side_file: Path, kind: str) -> tuple[str, str] | None:
    """Return the sum in lower case and the file it is of; None: missing or damaged."""
    try:
        with side_file.open("rb") as file:
            text = file.read(_LONGEST_SIDE_FILE_BYTES).decode()
    except (OSError, UnicodeDecodeError):
        return None
    line = _LINE.fullmatch(text)
    if line is None or len(line["sum"]) != _DIGITS[kind]:
        return None
    return line["sum"].lower(), line["name"].strip()


def _write_side_file(path: Path, kind: str, known_sum: str) -> None:
    side_file = _side_file_of(path, kind)
    if side_file is None or _belongs_to_larger(side_file, path, kind):
        return
    try:
        write_atomically(side_file, f"{known_sum} *{path.name}".encode())
    except OSError as error:  # a read-only folder of weights is no reason to fail
        _logger.debug("%s was not written: %s", side_file.name, error)


def _belongs_to_larger(side_file: Path, path: Path, kind: str) -> bool:
    """Return whether a side file speaks of a larger file beside this one, which costs more to sum again."""
    _, name = _read_side_file(side_file, kind) or ("", "")
    if not name or name == path.name or Path(name).name != name:
        return False
    try:
        return path.with_name(name).stat().st_size > path.stat().st_size
    except OSError:
        return False


def write_atomically(path: Path, content: bytes) -> None:
    """Write a small file so that readers see the old or the new content, never a part.

    Raises:
        OSError: It can't be written; the old content stays.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        # mkstemp keeps a file to its owner; weights are often shared between users.
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
