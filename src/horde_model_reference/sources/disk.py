"""Snapshots from v2 files in a folder: what a REPLICA has without a network (spec 30 §9)."""

import os
from pathlib import Path

import orjson

from horde_model_reference.catalog.snapshot import CategorySnapshot, StoredRecord, build_snapshot
from horde_model_reference.domain.categories import Category, v2_file_name
from horde_model_reference.domain.errors import InvalidRecordError, SourceUnavailableError
from horde_model_reference.formats.json_text import read_json_object


class DiskSource:
    """Reads `<folder>/<v2 file>`; the revision of a category is the time its file was changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(
        self, category: Category, *, newer_than: CategorySnapshot | None = None
    ) -> CategorySnapshot | None:
        """Return the records of a file that changed, None where it did not or isn't there.

        Raises:
            SourceUnavailableError: The file can't be read, or holds no JSON object.
        """
        path = self._folder / v2_file_name(category)
        try:
            with path.open("rb") as file:
                changed = os.fstat(file.fileno())
                if newer_than is not None and newer_than.revision == changed.st_mtime_ns:
                    return None
                document = read_json_object(file.read())
        except FileNotFoundError:
            return None
        except (OSError, InvalidRecordError) as error:
            raise SourceUnavailableError(f"{path}: {error}") from error
        records = [
            StoredRecord(name=name, document=orjson.dumps(record))
            for name, record in document.items()
            if isinstance(record, dict)
        ]
        return build_snapshot(
            category, records, revision=changed.st_mtime_ns, modified_at=int(changed.st_mtime)
        )
