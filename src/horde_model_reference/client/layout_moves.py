"""Files of shared components that an earlier layout kept beside models, and their places (spec 30 §13)."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from horde_model_reference.client.checksum_files import side_files_of
from horde_model_reference.client.layout import (
    COMPONENT_PURPOSE_FOLDERS,
    category_folder,
    file_paths_for,
    is_inside,
)
from horde_model_reference.domain.records import GenericModelRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A file that lies in the folder of its category, and belongs into that of its purpose."""

    old: Path
    new: Path

    def make(self) -> None:
        """Move the file, and what remembers its sums.

        Raises:
            FileExistsError: There is another file already; nothing is moved.
            OSError: It can't be moved.
        """
        if self.new.exists() or self.new.is_symlink():
            raise FileExistsError(f"{self.new} exists already")
        sides = side_files_of(self.old)
        self.new.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.old, self.new)
        for side in sides:
            place = self.new.with_suffix(side.suffix)
            if not place.exists():
                shutil.move(side, place)


def planned_moves(records: Iterable[GenericModelRecord], root: Path) -> list[Move]:
    """Return the moves that bring the files of records to their places; links, and taken places, are left."""
    moves = {move.old: move for record in records for move in _moves_of(record, root)}
    return [
        move
        for move in moves.values()
        if move.old.is_file() and not move.old.is_symlink() and not move.new.exists()
    ]


def _moves_of(record: GenericModelRecord, root: Path) -> Iterator[Move]:
    folder = category_folder(record.record_type)
    for declared, new in zip(record.config.download, file_paths_for(record, root), strict=False):
        if (
            folder is None
            or declared.file_purpose not in COMPONENT_PURPOSE_FOLDERS
            or not is_inside(new, root)
        ):
            continue
        old = root / folder / declared.file_name
        if old != new:
            yield Move(old=old, new=new)
