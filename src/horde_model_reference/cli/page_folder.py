"""A folder of generated pages: written again and again, among files that are none of our business."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from horde_model_reference.sources.copy_folder import replace_file


def write_pages(folder: Path, pages: Mapping[str, str], *, mark: str) -> list[Path]:
    """Write pages by file name, and return the pages of earlier runs that were removed.

    ``mark`` becomes the first line of each; by it a later run knows what it may replace or remove.

    Raises:
        FileExistsError: A file without the mark is in the way; nothing was written.
        OSError: A file can't be written.
    """
    for path in (folder / name for name in pages):
        if (path.exists() or path.is_symlink()) and not _has_mark(path, mark):
            raise FileExistsError(
                f"{path} is in the way: it was not made by this command; nothing is written"
            )
    for name, text in pages.items():
        content = f"{mark}\n\n{text}".encode()
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            replace_file(path, content)
    stale = list(_stale(folder, pages, mark))
    for path in stale:
        path.unlink()
    return stale


def _stale(folder: Path, pages: Mapping[str, str], mark: str) -> Iterator[Path]:
    # Where case doesn't count, a page may have come under the name of an old one.
    written = {(folder / name).stat().st_ino for name in pages}
    for path in sorted(folder.glob("*.md")):
        if path.name not in pages and _has_mark(path, mark) and path.stat().st_ino not in written:
            yield path


def _has_mark(path: Path, mark: str) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.readline(len(mark) + 2).rstrip() == mark.encode()
