"""Backends that read the v2 files of a folder and never use the network (spec 30 §7)."""

import logging
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel

from horde_model_reference.client.backend import Documents, ModelReferenceBackend
from horde_model_reference.client.file_claim import claim
from horde_model_reference.client.metadata import CategoryMetadata, MetadataFiles, Operation
from horde_model_reference.domain.errors import InvalidRecordError, SourceUnavailableError
from horde_model_reference.domain.validation import validate_document
from horde_model_reference.formats.text_csv import convert_models_csv
from horde_model_reference.formats.text_legacy import v1_text_document
from horde_model_reference.formats.v2 import dump_v2_file
from horde_model_reference.settings import ReplicateMode
from horde_model_reference.sources.chain import CategoryStatus
from horde_model_reference.sources.copies import CategoryCopy
from horde_model_reference.sources.copy_folder import CopyFolder, Signature, replace_file

_log = logging.getLogger(__name__)

_LOCK_NAME = ".writing.lock"


class LocalReadOnlyBackend(ModelReferenceBackend):
    """Reads a folder that others fill; a file is read again as soon as it was replaced."""

    def __init__(self, *, base_path: str | Path, cache_ttl_seconds: int = 60) -> None:
        """Read nothing yet; changes show at once, so ``cache_ttl_seconds`` has no effect."""
        super().__init__(ReplicateMode.REPLICA)
        del cache_ttl_seconds
        self._folder = CopyFolder(Path(base_path))
        self._held: dict[str, tuple[Signature | None, CategoryCopy | None]] = {}
        self._errors: dict[str, str] = {}

    @property
    def base_path(self) -> Path:
        """The folder."""
        return self._folder.folder

    def fetch_category(self, category: str, *, force_refresh: bool = False) -> Documents | None:
        """Return the documents of a category's file; None where it is missing or broken."""
        copy = self.category_copy(category, force_refresh=force_refresh)
        return None if copy is None else copy.parsed()

    def category_copy(self, category: str, *, force_refresh: bool = False) -> CategoryCopy | None:
        """Return a category's file as it is now; the last good content where it broke since."""
        try:
            signature = self._folder.signature(category)
        except KeyError:
            return None
        held = self._held.get(category)
        self._stale.discard(category)
        if held is not None and held[0] == signature and not force_refresh:
            return held[1]
        try:
            copy = self._folder.read(category)
            self._errors.pop(category, None)
        except SourceUnavailableError as error:
            _log.warning("a reference file is not used: %s", error)
            self._errors[category] = str(error)
            copy = held[1] if held is not None else None
        if copy is not None and held is not None and held[1] is not None and held[1].tag == copy.tag:
            copy = held[1]
        self._held[category] = signature, copy
        return copy

    def needs_refresh(self, category: str) -> bool:
        """Tell whether the file was replaced since it was read."""
        held = self._held.get(category)
        return held is None or held[0] != self._folder.signature(category) or category in self._stale

    def status(self, category: str) -> CategoryStatus:
        """Return what was read of a category."""
        copy = self._held.get(category, (None, None))[1]
        return CategoryStatus(
            source=None if copy is None else copy.origin.value,
            revision=None if copy is None else copy.tag,
            age_seconds=None,
            last_error=self._errors.get(category),
        )

    def get_category_file_path(self, category: str) -> Path | None:
        """Return where the v2 file of a category lies."""
        return self._folder.path(category)

    def get_legacy_json_string(self, category: str, redownload: bool = False) -> str | None:
        """Return the legacy file of a category as it lies in the folder."""
        del redownload
        return legacy_json_text(self._folder, category)


class FileSystemBackend(LocalReadOnlyBackend):
    """Owns the v2 files of a folder: reads, writes and counts. Other processes may read them meanwhile."""

    def __init__(
        self,
        *,
        base_path: str | Path,
        cache_ttl_seconds: int = 60,
        replicate_mode: ReplicateMode = ReplicateMode.PRIMARY,
        skip_startup_metadata_population: bool = False,
        audit_writer: object = None,
    ) -> None:
        """Read nothing yet.

        Raises:
            ValueError: ``replicate_mode`` is not PRIMARY; copies are not written to.
        """
        super().__init__(base_path=base_path, cache_ttl_seconds=cache_ttl_seconds)
        del skip_startup_metadata_population, audit_writer
        if replicate_mode is not ReplicateMode.PRIMARY:
            raise ValueError(f"files are owned by a PRIMARY, not by a {replicate_mode}")
        self._mode = replicate_mode
        self._metadata = MetadataFiles(self.base_path)
        self._writing = threading.Lock()

    def supports_writes(self) -> bool:
        """Yes."""
        return True

    def supports_metadata(self) -> bool:
        """Yes."""
        return True

    def supports_health_checks(self) -> bool:
        """Yes."""
        return True

    def health_check(self) -> bool:
        """Tell whether the folder is there."""
        return self.base_path.is_dir()

    def update_model(self, category: str, model_name: str, record_dict: Mapping[str, Any]) -> None:
        """Write a record in its v2 form under a name, new or in place of the old one.

        Raises:
            InvalidRecordError: It is no record of the category.
            SourceUnavailableError: The file is broken, so that what else is in it would be lost.
            OSError: The file can't be written; nothing has changed.
        """
        document = {"name": model_name, **record_dict}
        validate_document(category, document)
        with self._alone():
            documents = self._stored(category)
            operation: Operation = "update" if model_name in documents else "create"
            documents[model_name] = document
            self._write(category, documents)
            self._metadata.count(category, operation, model_name, total_models=len(documents))

    def update_model_from_base_model(self, category: str, model_name: str, record: BaseModel) -> None:
        """Do as `update_model` with a record."""
        fields = record.model_dump(mode="json", by_alias=True, exclude_unset=True)
        self.update_model(category, model_name, fields)

    def delete_model(self, category: str, model_name: str) -> None:
        """Delete a record; raise KeyError where there is none, else as `update_model`."""
        with self._alone():
            documents = self._stored(category)
            del documents[model_name]
            self._write(category, documents)
            self._metadata.count(category, "delete", model_name, total_models=len(documents))

    def get_metadata(self, category: str) -> CategoryMetadata:
        """Return the bookkeeping of a category."""
        copy = self.category_copy(category)
        return self._metadata.read(category, total_models=0 if copy is None else len(copy.documents))

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Keep other threads and processes from writing: what one has read is what it changes."""
        self.base_path.mkdir(parents=True, exist_ok=True)
        with self._writing, claim(self.base_path / _LOCK_NAME, while_waiting=lambda: None):
            yield

    def _stored(self, category: str) -> Documents:
        copy = self._folder.read(category)
        return {} if copy is None else copy.parsed()

    def _write(self, category: str, documents: Documents) -> None:
        replace_file(self._folder.path(category), dump_v2_file(documents).encode())
        self.mark_stale(category)


def legacy_json_text(folder: CopyFolder, category: str) -> str | None:
    """Return a category's legacy file as JSON text; None where there is none, or it is no JSON."""
    path = folder.legacy_path(category)
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".csv":
            documents = convert_models_csv(text).documents
            return orjson.dumps(v1_text_document(documents.values())).decode()
        orjson.loads(text)
    except (OSError, UnicodeDecodeError, orjson.JSONDecodeError, InvalidRecordError):
        return None
    return text
