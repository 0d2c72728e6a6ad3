"""Bookkeeping of the operations on each category's file (spec 30 §9)."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import orjson
from pydantic import BaseModel, ValidationError

from horde_model_reference.sources.copy_folder import replace_file

_log = logging.getLogger(__name__)

Operation = Literal["create", "update", "delete"]


class CategoryMetadata(BaseModel):
    """What happened to a category; times are Unix seconds."""

    category: str
    last_updated: int
    last_operation_type: str | None = None
    last_operation_model: str | None = None
    total_creates: int = 0
    total_updates: int = 0
    total_deletes: int = 0
    total_models: int = 0
    initialization_time: int
    last_successful_operation: int
    error_count: int = 0
    metadata_schema_version: str = "1.0.0"
    backend_type: str = "FileSystemBackend"


class MetadataFiles:
    """The bookkeeping in ``<folder>/meta/v2``."""

    def __init__(self, folder: Path, *, unix_clock: Callable[[], float] = time.time) -> None:
        self._folder = folder / "meta" / "v2"
        self._unix_clock = unix_clock

    def read(self, category: str, *, total_models: int) -> CategoryMetadata:
        """Return the bookkeeping of a category; without a usable file it dates from now."""
        try:
            found = CategoryMetadata.model_validate(orjson.loads(self._path(category).read_bytes()))
        except (OSError, orjson.JSONDecodeError, ValidationError):
            now = int(self._unix_clock())
            found = CategoryMetadata(
                category=str(category),
                last_updated=now,
                initialization_time=now,
                last_successful_operation=now,
            )
        return found.model_copy(update={"total_models": total_models})

    def count(self, category: str, operation: Operation, model_name: str, *, total_models: int) -> None:
        """Note an operation that succeeded; where that can't be written, a warning is all."""
        before = self.read(category, total_models=total_models)
        now = int(self._unix_clock())
        total = f"total_{operation}s"
        after = before.model_copy(
            update={
                "last_updated": now,
                "last_successful_operation": now,
                "last_operation_type": operation,
                "last_operation_model": model_name,
                total: getattr(before, total) + 1,
            }
        )
        path = self._path(category)
        try:
            replace_file(path, orjson.dumps(after.model_dump()))
        except OSError as error:
            _log.warning("%s can't be written: %s", path, error.strerror or error)

    def _path(self, category: str) -> Path:
        return self._folder / f"{category}_metadata.json"
