"""What a manager holds: the parts that its arguments and the settings ask for (spec 30 §4.1)."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from horde_model_reference.client.backend import ModelReferenceBackend
from horde_model_reference.client.choosing import choose_backend
from horde_model_reference.client.paths import HordeModelReferencePaths, resolve_side_store_path, shared_paths
from horde_model_reference.client.popular import (
    PopularModelResult,
    find_popular_models,
    popular_query,
    require_online,
)
from horde_model_reference.client.reader import ReferenceReader
from horde_model_reference.client.replica_backends import HTTPBackend
from horde_model_reference.client.shared_settings import HordeModelReferenceSettings, shared_settings
from horde_model_reference.client.side_stores import Export, ExportStore
from horde_model_reference.client.typed_category import build_typed_category
from horde_model_reference.domain.baseline_catalog import ImageBaselineCatalog
from horde_model_reference.domain.categories import Category, shared_categories
from horde_model_reference.domain.registries import shared_registries
from horde_model_reference.settings import ReplicateMode
from horde_model_reference.sources.chain import CategoryStatus

if TYPE_CHECKING:
    from horde_model_reference.bootstrap import AIHorde

StoreName = Literal["licensing", "text_guidance", "image_baselines"]

_EXPORT_PATHS: dict[StoreName, str] = {
    "licensing": "/licensing/export",
    "text_guidance": "/text_generation/guidance/export",
    "image_baselines": "/image_generation/baselines/export",
}
_NOTHING = CategoryStatus(source=None, revision=None, age_seconds=None, last_error=None)


class OpenedLibrary:
    """The parts of one manager; nothing is read before somebody asks for it."""

    def __init__(
        self,
        reader: ReferenceReader,
        *,
        base_path: Path,
        offline: bool,
        settings: HordeModelReferenceSettings,
    ) -> None:
        self.reader = reader
        self.base_path = base_path
        self.offline = offline
        self._settings = settings
        self._stores: dict[StoreName, ExportStore] = {}
        self._ai_horde: AIHorde | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        self.reader.backend.close()
        if self._ai_horde is not None:
            self._ai_horde.close()

    @property
    def audit_path(self) -> Path:
        """The folder of audit files."""
        return resolve_side_store_path("audit", self.base_path, self._settings)

    def conflict(
        self,
        backend: ModelReferenceBackend | None,
        *,
        replicate_mode: ReplicateMode | None,
        offline: bool | None,
    ) -> str | None:
        """Return how these parts differ from what is asked for, where what is left out means the default."""
        if backend is not None and backend is not self.reader.backend:
            return "another backend"
        asked_offline = shared_settings().offline if offline is None else offline
        if asked_offline != self.offline:
            return f"offline {self.offline}, not {asked_offline}"
        asked_mode = shared_settings().replicate_mode if replicate_mode is None else replicate_mode
        mode = self.reader.backend.replicate_mode
        if not self.offline and asked_mode != mode:
            return f"replicate_mode {mode}, not {asked_mode}"
        return None

    def fetch_all(self) -> None:
        """Fetch every category without building its records."""
        for category in Category:
            self.reader.copy(category)

    def is_managed_elsewhere(self, category: str) -> bool:
        """Tell whether another program keeps the records of a category."""
        return shared_categories().get(category).managed_elsewhere

    def require_valid(self, *, force_refresh: bool) -> None:
        """Raise InvalidRecordError where a document is no record of its category."""
        for category in Category:
            copy = self.reader.copy(category, force_refresh=force_refresh)
            if copy is not None:
                build_typed_category(copy, is_strict=True)

    def status(self) -> dict[Category, CategoryStatus]:
        """Return where the records of each category come from."""
        return {category: self.reader.backend.status(category) or _NOTHING for category in Category}

    def popular_models(
        self, category: str, *, limit: int, sort_by: str, with_workers: bool
    ) -> list[PopularModelResult]:
        """Return the models that are used most at the moment."""
        query = popular_query(limit=limit, sort_by=sort_by, with_workers=with_workers)
        if category not in {Category.image_generation, Category.text_generation}:
            return []
        require_online(self.offline)
        copy = self.reader.copy(category)
        from horde_model_reference.bootstrap import open_ai_horde  # noqa: PLC0415 - few programs ask for this

        with self._lock:
            if self._ai_horde is None:
                self._ai_horde = open_ai_horde(self._settings)
        return find_popular_models(Category(category), copy, self._ai_horde.live, query)

    def export_store(self, name: StoreName) -> ExportStore:
        """Return one of the stores beside the records."""
        with self._lock:
            if name not in self._stores:
                path = resolve_side_store_path(name, self.base_path, self._settings) / "export.json"
                backend = self.reader.backend
                can_fetch = isinstance(backend, HTTPBackend)
                self._stores[name] = ExportStore(path, (lambda: _fetch(backend, name)) if can_fetch else None)
            return self._stores[name]

    def refresh_image_baselines(self) -> bool:
        """Know the PRIMARY's baselines as they are now; tell whether there was a fresh export."""
        store = self.export_store("image_baselines")
        if not store.refresh():
            return False
        with suppress(ValidationError):
            catalog = ImageBaselineCatalog.model_validate(store.export())
            shared_registries().baselines.follow(catalog.descriptors())
            return True
        return False


def _fetch(backend: ModelReferenceBackend, name: StoreName) -> Export | None:
    return backend.fetch_export(_EXPORT_PATHS[name]) if isinstance(backend, HTTPBackend) else None


def open_library(
    backend: ModelReferenceBackend | None,
    *,
    base_path: str | Path | None,
    replicate_mode: ReplicateMode | None,
    offline: bool | None,
) -> OpenedLibrary:
    """Return the parts that the arguments ask for, and the settings where an argument is None.

    Raises:
        RuntimeError: The backend is of another mode.
    """
    settings = shared_settings()
    is_offline = settings.offline if offline is None else offline
    mode = settings.replicate_mode if replicate_mode is None else ReplicateMode(replicate_mode)
    root = shared_paths().base_path if base_path is None else Path(base_path)
    if settings.ai_horde_testing:
        shared_registries().refuses_unknown_fields = True
    if settings.make_folders:
        HordeModelReferencePaths(root).make_all_model_reference_folders()
    if backend is None:
        backend = choose_backend(settings, base_path=root, mode=mode, offline=is_offline)
    elif backend.replicate_mode != mode and not is_offline:
        raise RuntimeError(f"the backend is one of a {backend.replicate_mode}, not of a {mode}")
    return OpenedLibrary(ReferenceReader(backend), base_path=root, offline=is_offline, settings=settings)
