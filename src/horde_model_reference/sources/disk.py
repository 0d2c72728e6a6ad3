"""Snapshots from v2 files in a folder: what a REPLICA has without a network (spec 30 §9)."""

import logging
import os
from pathlib import Path

import orjson

from horde_model_reference.catalog.snapshot import (
    CategorySnapshot,
    StoredRecord,
    build_snapshot,
    told_guidance,
)
from horde_model_reference.domain.categories import Category, v2_file_name
from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.formats.v2 import read_v2_file

_log = logging.getLogger(__name__)


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
                text = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SourceUnavailableError(f"{path}: {error.strerror or error}") from error
        conversion = read_v2_file(category, text)
        for refusal in conversion.refusals:
            if refusal.key is None:
                raise SourceUnavailableError(f"{path}: {refusal.reason}")
            _log.warning("%s: %s is left out: %s", path, refusal.key, refusal.reason)
        records = [
            StoredRecord(
                name=record.key,
                document=orjson.dumps(record.document),
                guidance=told_guidance(record.document),
            )
            for record in conversion.records
        ]
        return build_snapshot(
            category, records, revision=changed.st_mtime_ns, modified_at=int(changed.st_mtime)
        )
