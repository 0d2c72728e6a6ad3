"""Where the files of models lie below the weights root, and which of them are there (spec 30 §9)."""

import logging
import os
import re
import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from horde_model_reference.domain.categories import get_category_descriptor
from horde_model_reference.domain.registration import get_weights_marker_folders

if TYPE_CHECKING:  # making the classes of records takes longer than all of this
    from horde_model_reference.domain.records import GenericModelRecord

_logger = logging.getLogger(__name__)

CACHE_HOME_VARIABLE: Final = "AIWORKER_CACHE_HOME"
DEFAULT_CACHE_HOME: Final = "models"

DEEPEST_WEIGHTS_ROOT: Final = 6
"""How many folders below its start the search for the weights root goes down."""

MOST_FOLDERS_SEARCHED: Final = 5_000
"""How many folders the search looks into before it gives up; a start such as ``/`` would take minutes."""

COMPONENT_PURPOSE_FOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "vae": "vae",
        "text_encoders": "text_encoders",
        "text_encoder": "text_encoders",
        "face_restore_helper": "gfpgan",
    }
)
"""By file purpose: the folder below the weights root that takes such files of every category."""


@dataclass(frozen=True, slots=True)
class PresenceSummary:
    """Which of the models that were asked for lie on disk, each list in the order of the question."""

    present: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Names that the reference does not hold."""

    @property
    def num_present(self) -> int:
        """How many of them are complete on disk."""
        return len(self.present)

    @property
    def num_requested(self) -> int:
        """How many were asked for, the unknown ones included."""
        return len(self.present) + len(self.missing) + len(self.unknown)


def resolve_weights_root(
    cache_home: str | os.PathLike[str] | None = None, *, marker_subdirs: Iterable[str] | None = None
) -> Path:
    """Return the nearest folder that holds all marker folders, else the start of the search itself.

    Args:
        cache_home: Where to start; None is ``AIWORKER_CACHE_HOME`` as it is set now, else ``models``.
        marker_subdirs: The folders to look for; None are those of the registered categories.
    """
    start = Path(cache_home or os.environ.get(CACHE_HOME_VARIABLE) or DEFAULT_CACHE_HOME)
    markers = get_weights_marker_folders() if marker_subdirs is None else tuple(marker_subdirs)
    for folder in _folders_from(start):
        if all((folder / marker).is_dir() for marker in markers):
            return folder
    return start


def _folders_from(start: Path) -> Iterator[Path]:
    """Yield folders, the nearest first; through links too, but each folder once."""
    waiting = deque([(start, 0)])
    seen: set[tuple[int, int]] = set()
    while waiting and len(seen) < MOST_FOLDERS_SEARCHED:
        folder, depth = waiting.popleft()
        try:
            status = folder.stat()
            if (identity := (status.st_dev, status.st_ino)) in seen:
                continue
            seen.add(identity)
            below = _folders_in(folder) if depth < DEEPEST_WEIGHTS_ROOT else []
        except OSError:
            continue
        yield folder
        waiting.extend((child, depth + 1) for child in below)


def _folders_in(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_dir())


def category_folder(category: str) -> str | None:
    """Return the folder of a category's files below the weights root.

    None: the category is unknown, or has no weights on disk.
    """
    try:
        return get_category_descriptor(category).on_disk_folder_name
    except KeyError:
        return None


def component_relative_path(file_name: str, file_purpose: str | None) -> Path:
    """Return where a file lies, seen from the folder of its category.

    Raises:
        ValueError: The name is empty or climbs out of its folder.
    """
    _refuse_climbing(file_name)
    folder = COMPONENT_PURPOSE_FOLDERS.get(file_purpose or "")
    return Path("..", folder, file_name) if folder else Path(file_name)


def _refuse_climbing(file_name: str) -> None:
    # A name is judged as Windows would read it too: records travel between systems.
    parts = re.split(r"[/\\]", file_name)
    if ".." in parts or "\0" in file_name or not any(part not in {"", "."} for part in parts):
        raise ValueError(f"{file_name!r} is not the name of a file inside a folder of weights")


def file_paths_for(
    record: "GenericModelRecord",
    root: str | os.PathLike[str],
    *,
    extra_roots: Sequence[str | os.PathLike[str]] = (),
) -> list[Path]:
    """Return a path for each declared file, in order: the first copy that exists, else one below ``root``.

    Empty where no file is declared, the category has no folder, or a name climbs out of its folder. A file
    name that is an absolute path stands for itself: programs describe models of their own like that.
    """
    try:
        places = [_place_of(record, number) for number in range(len(record.config.download))]
    except (KeyError, ValueError) as error:
        _logger.warning("the files of %r have no place on disk: %s", record.name, error)
        return []
    return [first_existing(place, root, extra_roots) for place in places]


def _place_of(record: "GenericModelRecord", number: int) -> Path:
    """Return the path of a declared file below any weights root."""
    folder = category_folder(record.record_type)
    if folder is None:
        raise KeyError(f"the category {record.record_type!r} has no folder")
    declared = record.config.download[number]
    _refuse_climbing(declared.file_name)
    return Path(COMPONENT_PURPOSE_FOLDERS.get(declared.file_purpose or "", folder), declared.file_name)


def first_existing(
    place: Path, root: str | os.PathLike[str], extra_roots: Sequence[str | os.PathLike[str]] = ()
) -> Path:
    """Return the first copy of a file over several roots, else where it belongs below the first."""
    candidates = [Path(base, place) for base in (root, *extra_roots)]
    return next((path for path in candidates if exists(path)), candidates[0])


def exists(path: Path) -> bool:
    """Return whether there is something to read; False also where the path can't even be asked for."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def is_inside(path: Path, root: str | os.PathLike[str]) -> bool:
    """Return whether a path lies below a folder, going by its text: links below the root are the owner's."""
    try:
        inside = os.path.relpath(path, root)
    except ValueError:  # two drives
        return False
    return inside != os.curdir and Path(inside).parts[0] != os.pardir and not Path(inside).is_absolute()


def is_present(
    record: "GenericModelRecord",
    root: str | os.PathLike[str],
    *,
    extra_roots: Sequence[str | os.PathLike[str]] = (),
) -> bool:
    """Return whether all declared files exist, whatever they hold; False where none is declared."""
    paths = file_paths_for(record, root, extra_roots=extra_roots)
    return bool(paths) and all(exists(path) for path in paths)


def presence_summary(
    reference: "Mapping[str, GenericModelRecord]",
    names: Iterable[str],
    root: str | os.PathLike[str],
    *,
    extra_roots: Sequence[str | os.PathLike[str]] = (),
) -> PresenceSummary:
    """Return which of the named models are on disk, which are not, and which nobody knows."""
    present: list[str] = []
    missing: list[str] = []
    unknown: list[str] = []
    for name in names:
        record = reference.get(name)
        if record is None:
            unknown.append(name)
        else:
            (present if is_present(record, root, extra_roots=extra_roots) else missing).append(name)
    return PresenceSummary(tuple(present), tuple(missing), tuple(unknown))


def free_bytes_for(root: str | os.PathLike[str]) -> int | None:
    """Return the free bytes on the disk of a folder, of the current folder where it is missing.

    None: the disk can't be asked.
    """
    folder = Path(root)
    try:
        return shutil.disk_usage(folder if folder.exists() else Path()).free
    except OSError:
        return None


def free_bytes_near(path: Path) -> int | None:
    """Return the free bytes on the disk where a file would be written; its folders need not exist yet."""
    folder = _nearest_folder(path)
    return None if folder is None else free_bytes_for(folder)


def device_near(path: Path) -> int:
    """Return the number of the disk where a file would be written, through links; 0: it is not known."""
    folder = _nearest_folder(path)
    return 0 if folder is None else folder.stat().st_dev


def _nearest_folder(path: Path) -> Path | None:
    return next((folder for folder in path.absolute().parents if folder.is_dir()), None)
