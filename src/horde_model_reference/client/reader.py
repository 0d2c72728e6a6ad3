"""Reading records: kept as long as they are current, with those of providers (spec 30 §4, §6)."""

import logging
import threading
from collections.abc import Mapping
from typing import Any, TypeVar

from horde_model_reference.catalog.category_queries import build_cross_category_query
from horde_model_reference.catalog.query import ModelQuery
from horde_model_reference.client.backend import ModelReferenceBackend
from horde_model_reference.client.providers import ModelProviderRegistry
from horde_model_reference.client.source_selection import (
    HORDE_SOURCE_ID,
    SourceOutcome,
    SourceSelector,
    normalize_source_selector,
)
from horde_model_reference.client.typed_category import QUERY_CLASSES, TypedCategory, build_typed_category
from horde_model_reference.domain.categories import (
    MODEL_NAME_ALIASES,
    Category,
    lookup_order,
    shared_categories,
)
from horde_model_reference.domain.record_types import get_record_type_for_category
from horde_model_reference.domain.records import GenericModelRecord
from horde_model_reference.sources.copies import CategoryCopy

_log = logging.getLogger(__name__)

Records = dict[str, GenericModelRecord]
_Found = TypeVar("_Found")


class ReferenceReader:
    """The records of one backend and its providers; safe to use from several threads.

    A category is fetched and built when somebody first reads it, and only that one.
    """

    def __init__(self, backend: ModelReferenceBackend) -> None:
        self.backend = backend
        self.providers = ModelProviderRegistry()
        self._typed: dict[str, TypedCategory | None] = {}
        self._was_loaded: set[str] = set()
        self._locks: dict[str, threading.Lock] = {}
        self._needs_refresh = backend.needs_refresh
        backend.register_invalidation_callback(self.forget)

    @property
    def is_warm(self) -> bool:
        """Whether every category was loaded at least once, those without records included."""
        return self._was_loaded.issuperset(Category)

    def load_all(self, *, force_refresh: bool = False) -> None:
        """Load every category; trouble with one does not keep the others."""
        for category in Category:
            self.typed(category, force_refresh=force_refresh)

    def forget(self, category: str) -> None:
        """Build the records of a category anew at the next read."""
        self._typed.pop(category, None)

    def typed(self, category: str, *, force_refresh: bool = False) -> TypedCategory | None:
        """Return the records of a category; None where there are none, or they are kept elsewhere."""
        # Taken once: another thread may invalidate it at any time.
        known = self._typed.get(category, ...)
        if known is not ... and not force_refresh and not self._needs_refresh(category):
            return known
        with self._locks.setdefault(category, threading.Lock()):
            copy = self.copy(category, force_refresh=force_refresh)
            held = self._typed.get(category)
            if copy is None:
                typed = None
            elif held is not None and held.copy.tag == copy.tag:
                typed = held
            else:
                typed = build_typed_category(copy)
            self._typed[category] = typed
            self._was_loaded.add(category)
            return typed

    def copy(self, category: str, *, force_refresh: bool = False) -> CategoryCopy | None:
        """Return the category as it is stored; None where there is none, or it is kept elsewhere."""
        descriptor = shared_categories().all().get(category)
        if descriptor is None or descriptor.managed_elsewhere:
            return None
        return self.backend.category_copy(category, force_refresh=force_refresh)

    def records(self, category: str, *, force_refresh: bool, source: SourceSelector) -> Records | None:
        """Return the records by name: a dict that belongs to the caller; None where no source has any.

        Raises:
            ValueError: No such source.
        """
        if source == HORDE_SOURCE_ID:
            typed = self.typed(category, force_refresh=force_refresh)
            return None if typed is None else typed.handed_out()
        merged: Records = {}
        has_any = False
        for source_id in normalize_source_selector(source, self.providers.source_ids()):
            found, _ = self._from(source_id, category, force_refresh=force_refresh)
            if found is not None:
                has_any = True
                merged = {**merged, **{name: found[name] for name in found if name not in merged}}
        return merged if has_any else None

    def without_records(self, category: str, source: SourceSelector) -> RuntimeError:
        """Return the error that there are no records, with the reason where the registry has none."""
        status = self.backend.status(category) if source == HORDE_SOURCE_ID else None
        reason = f": {status.last_error}" if status is not None and status.last_error else ""
        return RuntimeError(f"there are no {category} records{reason}")

    def record(
        self, category: str, name: str, *, force_refresh: bool, source: SourceSelector
    ) -> GenericModelRecord | None:
        """Return one record under its present, former or given name; None where there is none.

        Raises:
            ValueError: No such source.
        """
        if source == HORDE_SOURCE_ID:
            typed = self.typed(category, force_refresh=force_refresh)
            records = None if typed is None else typed.records
        else:
            records = self.records(category, force_refresh=force_refresh, source=source)
        if records is None:
            return None
        if category not in MODEL_NAME_ALIASES:
            return records.get(name)
        return _first_of(records, category, name)

    def document(self, category: str, name: str, *, force_refresh: bool) -> dict[str, Any] | None:
        """Return one stored document, which belongs to the caller; None where there is none."""
        copy = self.copy(category, force_refresh=force_refresh)
        if copy is None:
            return None
        found = next((key for key in lookup_order(category, name) if copy.has(key)), None)
        return None if found is None else copy.document(found)

    def query(self, category: str, source: SourceSelector) -> ModelQuery[Any]:
        """Return a query over a category.

        Raises:
            ValueError: No such category or source.
            RuntimeError: The registry has no such records, or a provider gives some of another class.
        """
        if category not in shared_categories().all():
            raise ValueError(f"{category!r} is not a model category")
        query_class = QUERY_CLASSES.get(category, ModelQuery)
        record_type = get_record_type_for_category(category)
        ids = normalize_source_selector(source, self.providers.source_ids())
        if ids == (HORDE_SOURCE_ID,):
            typed = self.typed(category)
            if typed is None:
                raise self.without_records(category, HORDE_SOURCE_ID)
            is_empty = {HORDE_SOURCE_ID: SourceOutcome.empty.value}
            return query_class(typed.table, record_type, source_status=None if typed.records else is_empty)
        records: list[GenericModelRecord] = []
        sources: list[str] = []
        status: dict[str, str] = {}
        for source_id in ids:
            found, outcome = self._from(source_id, category, force_refresh=False)
            status[source_id] = outcome
            for record in (found or {}).values():
                if not isinstance(record, record_type):
                    raise RuntimeError(f"{source_id} gives {record!r}, which is no {record_type.__name__}")
                records.append(record)
                sources.append(source_id)
        return query_class(records, record_type, sources=sources, source_status=status)

    def query_all(self) -> ModelQuery[GenericModelRecord]:
        """Return a query over the records of all categories."""
        every = {category: self.typed(category) for category in Category}
        return build_cross_category_query(
            {category: typed.records for category, typed in every.items() if typed is not None}
        )

    def _from(
        self, source_id: str, category: str, *, force_refresh: bool
    ) -> tuple[Mapping[str, GenericModelRecord] | None, SourceOutcome]:
        if source_id == HORDE_SOURCE_ID:
            typed = self.typed(category, force_refresh=force_refresh)
            found: Mapping[str, GenericModelRecord] | None = None if typed is None else typed.records
        else:
            provider = self.providers.get(source_id)
            if provider is None or not provider.serves_category(category):
                return None, SourceOutcome.empty
            try:
                found = provider.fetch_category(category, force_refresh=force_refresh)
            except Exception:  # noqa: BLE001 - a provider is somebody else's program; the read goes on
                _log.warning("the provider %s gives no %s records", source_id, category, exc_info=True)
                return None, SourceOutcome.error
        return found, SourceOutcome.ok if found else SourceOutcome.empty


def _first_of(found: Mapping[str, _Found], category: str, name: str) -> _Found | None:
    return next((found[key] for key in lookup_order(category, name) if key in found), None)
