"""What bringing models to disk takes: which files lie there, how many bytes don't, and the room for them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from horde_model_reference.client.layout import device_near, file_paths_for, free_bytes_near, is_inside
from horde_model_reference.client.pieces import PIECES_SUFFIX
from horde_model_reference.client.transfer import is_known_sum
from horde_model_reference.domain.record_parts import DownloadRecord
from horde_model_reference.domain.records import GenericModelRecord


class Presence(StrEnum):
    """What lies on disk of a file, going by names and sizes alone."""

    present = "present"
    damaged = "damaged"
    """It is not as long as declared, so it is fetched anew."""
    partial = "partial"
    """A download of it broke off; the next one goes on from there."""
    missing = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """One file of a model, and what lies on disk of it."""

    category: str
    model: str
    declared: DownloadRecord
    path: Path
    presence: Presence
    bytes_on_disk: int
    """Of the file, or of the part that an earlier download brought."""
    size_bytes: int | None
    """Size of the whole as the record tells it; None: it does not."""

    @property
    def bytes_to_fetch(self) -> int | None:
        """How many bytes a download brings; None: nobody knows before."""
        if self.presence is Presence.present:
            return 0
        if self.size_bytes is None:
            return None
        return max(0, self.size_bytes - (self.bytes_on_disk if self.presence is Presence.partial else 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """One disk that files go to."""

    path: Path
    """A file that goes there."""
    bytes_to_fetch: int
    free_bytes: int | None
    """None: it can't be asked."""

    @property
    def bytes_left(self) -> int | None:
        """Room that is left afterwards; below 0 where there is too little, None where it is not known."""
        return None if self.free_bytes is None else self.free_bytes - self.bytes_to_fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadPlan:
    """The files of some models."""

    root: Path
    files: tuple[PlannedFile, ...]
    """Each path once, for the first model that declares it."""
    without_files: tuple[GenericModelRecord, ...]
    """Models that declare no file, or none that has a place below the root."""
    disks: tuple[Disk, ...]
    """Where files go that are to be fetched."""

    @property
    def bytes_to_fetch(self) -> int:
        """How many bytes are to be fetched, without files of unknown size."""
        return sum(file.bytes_to_fetch or 0 for file in self.files)

    @property
    def of_unknown_size(self) -> int:
        """How many files are to be fetched whose size is not known."""
        return sum(file.bytes_to_fetch is None for file in self.files)

    @property
    def fits(self) -> bool:
        """Whether there is room for all of known size."""
        return all(disk.bytes_left is None or disk.bytes_left >= 0 for disk in self.disks)


def plan_downloads(
    records: Iterable[GenericModelRecord],
    root: Path,
    *,
    free_bytes: Callable[[Path], int | None] = free_bytes_near,
    device_of: Callable[[Path], int] = device_near,
) -> DownloadPlan:
    """Return what bringing the files of models takes; this looks at the disk, and asks no server."""
    files: dict[Path, PlannedFile] = {}
    without_files: list[GenericModelRecord] = []
    for record in records:
        planned = list(_files_of(record, root))
        if not planned:
            without_files.append(record)
        for file in planned:
            files.setdefault(file.path, file)
    return DownloadPlan(
        root=root,
        files=tuple(files.values()),
        without_files=tuple(without_files),
        disks=tuple(_disks(files.values(), free_bytes, device_of)),
    )


def _files_of(record: GenericModelRecord, root: Path) -> Iterator[PlannedFile]:
    for declared, path in zip(record.config.download, file_paths_for(record, root), strict=False):
        if not is_inside(path, root):  # a program's own model, which has no address
            continue
        size = declared.size_bytes if declared.size_bytes is not None else _rest_of_size(record)
        presence, bytes_on_disk = _presence(path, declared)
        yield PlannedFile(
            category=record.record_type,
            model=record.name,
            declared=declared,
            path=path,
            presence=presence,
            bytes_on_disk=bytes_on_disk,
            size_bytes=size,
        )


def _rest_of_size(record: GenericModelRecord) -> int | None:
    """Return the size of the one file that declares none, where the size of the whole is declared."""
    known = [file.size_bytes for file in record.config.download if file.size_bytes is not None]
    if record.size_on_disk_bytes is None or len(known) != len(record.config.download) - 1:
        return None
    rest = record.size_on_disk_bytes - sum(known)
    return rest if rest > 0 else None


def _presence(path: Path, declared: DownloadRecord) -> tuple[Presence, int]:
    size = _size_of(path)
    if size is None:
        part = _size_of(path.with_name(path.name + PIECES_SUFFIX))
        return (Presence.partial, part) if part else (Presence.missing, 0)
    # Without a sum to go by, a download leaves the file as it is.
    is_damaged = declared.size_bytes not in {None, size} and is_known_sum(declared.sha256sum)
    return (Presence.damaged if is_damaged else Presence.present), size


def _size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return None


def _disks(
    files: Iterable[PlannedFile],
    free_bytes: Callable[[Path], int | None],
    device_of: Callable[[Path], int],
) -> Iterator[Disk]:
    by_device: dict[int, list[PlannedFile]] = defaultdict(list)
    for file in files:
        if file.presence is not Presence.present:
            by_device[device_of(file.path)].append(file)
    for on_device in by_device.values():
        path = on_device[0].path
        needed = sum(_bytes_needed(file) for file in on_device)
        yield Disk(path=path, bytes_to_fetch=needed, free_bytes=free_bytes(path))


def _bytes_needed(file: PlannedFile) -> int:
    """Return how much fuller the disk gets: a damaged file makes room for its successor."""
    to_fetch = file.bytes_to_fetch or 0
    return max(0, to_fetch - file.bytes_on_disk) if file.presence is Presence.damaged else to_fetch
