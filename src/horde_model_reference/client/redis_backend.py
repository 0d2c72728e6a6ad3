"""A wrapper that other releases use to share copies through Redis; it passes everything on (spec 30 §7)."""

import warnings

from horde_model_reference.client.backend import Documents, ModelReferenceBackend
from horde_model_reference.sources.copies import CategoryCopy


class RedisBackend(ModelReferenceBackend):
    """Passes reads on to another backend: processes learn of changes from the folder or the store."""

    def __init__(self, backend: ModelReferenceBackend, **_: object) -> None:
        """Wrap a backend; settings of Redis have no effect."""
        super().__init__(backend.replicate_mode)
        warnings.warn("RedisBackend has no effect; use the backend itself", DeprecationWarning, stacklevel=2)
        self._backend = backend

    def fetch_category(self, category: str, *, force_refresh: bool = False) -> Documents | None:
        """Return what the other backend gives."""
        return self._backend.fetch_category(category, force_refresh=force_refresh)

    def category_copy(self, category: str, *, force_refresh: bool = False) -> CategoryCopy | None:
        """Return what the other backend gives."""
        return self._backend.category_copy(category, force_refresh=force_refresh)

    def needs_refresh(self, category: str) -> bool:
        """Return what the other backend says."""
        return self._backend.needs_refresh(category)

    def mark_stale(self, category: str) -> None:
        """Mark it at the other backend too."""
        self._backend.mark_stale(category)
        super().mark_stale(category)
