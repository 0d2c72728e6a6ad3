"""The library's door: one manager per process, over the same records and queries as the service (spec 30 §4).

Importing this costs little, since workers import it in every process: what reads and builds records is loaded
by the first manager.
"""

import logging
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, ParamSpec, Self, TypeVar, overload

from horde_model_reference.client.prefetch import DeferredPrefetchHandle, PrefetchStrategy
from horde_model_reference.client.source_selection import HORDE_SOURCE_ID, SourceSelector
from horde_model_reference.domain.categories import Category

if TYPE_CHECKING:
    from horde_model_reference.catalog.category_queries import (
        ControlNetQuery,
        ImageGenerationQuery,
        TextModelQuery,
    )
    from horde_model_reference.catalog.query import ModelQuery
    from horde_model_reference.client.backend import ModelReferenceBackend
    from horde_model_reference.client.metadata import CategoryMetadata
    from horde_model_reference.client.opening import OpenedLibrary
    from horde_model_reference.client.popular import PopularModelResult
    from horde_model_reference.client.providers import ModelProvider, ModelProviderRegistry
    from horde_model_reference.client.reader import ReferenceReader
    from horde_model_reference.client.side_stores import ExportStore
    from horde_model_reference.domain.records import GenericModelRecord
    from horde_model_reference.settings import ReplicateMode
    from horde_model_reference.sources.chain import CategoryStatus

_log = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Records = dict[str, "GenericModelRecord"]


class ModelReferenceManager:  # the many methods are the public contract (spec 30 §4.3)
    """Gives the records of all categories; one per process, made by the first call.

    What it gives can't corrupt what others get: dicts belong to the caller, and records refuse changes (their
    copies don't). It is safe to use from several threads.
    """

    _instance: ClassVar["ModelReferenceManager | None"] = None
    _lock: ClassVar[threading.RLock] = threading.RLock()

    _opened: "OpenedLibrary"
    _reader: "ReferenceReader"
    _prefetch_strategy: PrefetchStrategy
    _handle: DeferredPrefetchHandle | None

    def __new__(
        cls,
        *,
        backend: "ModelReferenceBackend | None" = None,
        base_path: str | Path | None = None,
        replicate_mode: "ReplicateMode | None" = None,
        prefetch_strategy: PrefetchStrategy | str = PrefetchStrategy.LAZY,
        offline: bool | None = None,
    ) -> Self:
        """Return the manager of this process, made from these arguments where there is none.

        Args:
            backend: What to read from; None is what the settings ask for.
            base_path: Folder of the files; None is the one that the settings name. Ignored by later calls.
            replicate_mode: Whether the data is owned or copied; None is as the settings say.
            prefetch_strategy: When to load.
            offline: Whether to read the folder only; None is as the settings say.

        Raises:
            RuntimeError: There is one that was made from other arguments, or the backend is of another mode.
            ValueError: No such strategy.
        """
        strategy = PrefetchStrategy(prefetch_strategy)
        with ModelReferenceManager._lock:
            from horde_model_reference.client.opening import open_library  # noqa: PLC0415 - it loads what importing the package is not to cost

            held = ModelReferenceManager._instance
            if held is not None:
                held._require_same(backend, replicate_mode, strategy, offline)
                return held  # type: ignore[return-value] # one per process, whatever class it was asked of
            self = super().__new__(cls)
            self._opened = open_library(
                backend, base_path=base_path, replicate_mode=replicate_mode, offline=offline
            )
            self._reader = self._opened.reader
            self._prefetch_strategy = strategy
            self._handle = None
            ModelReferenceManager._instance = self
        self._begin()
        return self

    def _require_same(
        self,
        backend: "ModelReferenceBackend | None",
        replicate_mode: "ReplicateMode | None",
        strategy: PrefetchStrategy,
        offline: bool | None,
    ) -> None:
        conflict = self._opened.conflict(backend, replicate_mode=replicate_mode, offline=offline)
        if strategy is not self._prefetch_strategy:
            conflict = f"prefetch_strategy {self._prefetch_strategy}, not {strategy}"
        if conflict is not None:
            raise RuntimeError(
                f"this process has a ModelReferenceManager with {conflict}; ask get_instance() for it"
            )

    def _begin(self) -> None:
        strategy = self._prefetch_strategy
        if strategy is PrefetchStrategy.SYNC:
            self._opened.fetch_all()
        elif strategy in {PrefetchStrategy.DEFERRED, PrefetchStrategy.ASYNC}:
            handle = self.create_deferred_prefetch_handle()
            if strategy is PrefetchStrategy.DEFERRED:
                return
            if _has_running_loop():
                handle.start()
            else:
                _log.warning(
                    "PrefetchStrategy.ASYNC loads nothing without an event loop: await the handle, or read"
                )

    @classmethod
    def get_instance(cls) -> "ModelReferenceManager":
        """Return the manager of this process; raise RuntimeError where there is none."""
        held = ModelReferenceManager._instance
        if held is None:
            raise RuntimeError("this process has no ModelReferenceManager yet; make one first")
        return held

    @classmethod
    def has_instance(cls) -> bool:
        """Tell whether this process has a manager."""
        return ModelReferenceManager._instance is not None

    @classmethod
    def reset(cls) -> None:
        """Forget the manager of this process, for tests; what still runs for it ends unheard."""
        with ModelReferenceManager._lock:
            held, ModelReferenceManager._instance = ModelReferenceManager._instance, None
        if held is not None:
            held._opened.close()

    @property
    def backend(self) -> "ModelReferenceBackend":
        """What is read from."""
        return self._opened.reader.backend

    @property
    def prefetch_strategy(self) -> PrefetchStrategy:
        """When the data is loaded."""
        return self._prefetch_strategy

    @property
    def offline(self) -> bool:
        """Whether only the folder is read."""
        return self._opened.offline

    @property
    def data_root(self) -> Path:
        """The folder of the files."""
        return self._opened.base_path

    @property
    def audit_path(self) -> Path:
        """The folder of audit files that other releases write."""
        return self._opened.audit_path

    @property
    def is_warm(self) -> bool:
        """Whether every category was loaded at least once, those without records included."""
        return self._reader.is_warm

    @property
    def prefetch_pending(self) -> bool:
        """Whether there is a handle that nobody has used."""
        return self._handle is not None and not self._handle.is_running and not self.is_warm

    @property
    def deferred_prefetch_handle(self) -> DeferredPrefetchHandle | None:
        """What loads everything when told to; None where the strategy has none."""
        return self._handle

    def create_deferred_prefetch_handle(self, *, force_refresh: bool = False) -> DeferredPrefetchHandle:
        """Return a new handle, which is also that of the manager from now on."""
        load = partial(self._load_all, self._reader)
        self._handle = DeferredPrefetchHandle(load, force_refresh=force_refresh)
        return self._handle

    @staticmethod
    def _load_all(reader: "ReferenceReader", force_refresh: bool) -> None:
        reader.load_all(force_refresh=force_refresh)

    def ensure_ready(self, *, overwrite_existing: bool = False) -> None:
        """Load everything that is not at hand."""
        self._reader.load_all(force_refresh=overwrite_existing)

    async def ensure_ready_async(
        self, *, overwrite_existing: bool = False, httpx_client: object = None
    ) -> None:
        """Do as `ensure_ready`, without blocking the event loop; a client is not needed."""
        del httpx_client
        await _in_thread(self.ensure_ready, overwrite_existing=overwrite_existing)

    async def warm_cache_async(self, *, force_refresh: bool = False, httpx_client: object = None) -> None:
        """Do as `ensure_ready`, without blocking the event loop; a client is not needed."""
        del httpx_client
        await _in_thread(self.ensure_ready, overwrite_existing=force_refresh)

    def invalidate_category_cache(self, category: str) -> None:
        """Build the records of a category anew at the next read."""
        self._reader.forget(category)

    def status(self) -> "dict[Category, CategoryStatus]":
        """Return where the records of each category come from, how old they are, and what went wrong last."""
        return self._opened.status()

    def get_all_model_references_or_none(
        self, overwrite_existing: bool = False, *, safe_mode: bool = False
    ) -> dict[Category, _Records | None]:
        """Return the records of all categories; None for those without, or kept elsewhere.

        Raises:
            InvalidRecordError: A document is no record, and ``safe_mode``, which else leaves that one out.
        """
        if safe_mode:
            self._opened.require_valid(force_refresh=overwrite_existing)
        return {category: self._or_none(category, overwrite_existing) for category in Category}

    async def get_all_model_references_or_none_async(
        self, overwrite_existing: bool = False, *, safe_mode: bool = False, httpx_client: object = None
    ) -> dict[Category, _Records | None]:
        """Do as `get_all_model_references_or_none`, without blocking the event loop."""
        del httpx_client
        return await _in_thread(
            self.get_all_model_references_or_none, overwrite_existing, safe_mode=safe_mode
        )

    def get_all_model_references(self, overwrite_existing: bool = False) -> dict[Category, _Records]:
        """Return the records of all categories but those kept elsewhere; empty for those without."""
        found: dict[Category, _Records] = {}
        for category in Category:
            if self._opened.is_managed_elsewhere(category):
                continue
            records = self._or_none(category, overwrite_existing)
            if records is None:
                _log.error("there are no %s records", category)
            found[category] = records or {}
        return found

    async def get_all_model_references_async(
        self, overwrite_existing: bool = False, *, httpx_client: object = None
    ) -> dict[Category, _Records]:
        """Do as `get_all_model_references`, without blocking the event loop."""
        del httpx_client
        return await _in_thread(self.get_all_model_references, overwrite_existing)

    def get_model_reference_or_none(
        self, category: str, overwrite_existing: bool = False, *, source: SourceSelector = HORDE_SOURCE_ID
    ) -> _Records | None:
        """Return the records of a category by name, of several sources the first of each name.

        None: no source has any, or there is no such category.

        Raises:
            ValueError: No such source.
        """
        return self._or_none(category, overwrite_existing, source)

    async def get_model_reference_or_none_async(
        self,
        category: str,
        overwrite_existing: bool = False,
        *,
        source: SourceSelector = HORDE_SOURCE_ID,
        httpx_client: object = None,
    ) -> _Records | None:
        """Do as `get_model_reference_or_none`, without blocking the event loop."""
        del httpx_client
        return await _in_thread(self._or_none, category, overwrite_existing, source)

    def get_model_reference(
        self,
        category: str = Category.image_generation,
        overwrite_existing: bool = False,
        *,
        source: SourceSelector = HORDE_SOURCE_ID,
    ) -> _Records:
        """Do as `get_model_reference_or_none`, but raise RuntimeError instead of returning None."""
        records = self._or_none(category, overwrite_existing, source)
        if records is None:
            raise self._reader.without_records(category, source)
        return records

    async def get_model_reference_async(
        self,
        category: str,
        overwrite_existing: bool = False,
        *,
        source: SourceSelector = HORDE_SOURCE_ID,
        httpx_client: object = None,
    ) -> _Records:
        """Do as `get_model_reference`, without blocking the event loop."""
        del httpx_client
        return await _in_thread(self.get_model_reference, category, overwrite_existing, source=source)

    def get_model_or_none(
        self,
        category: str,
        model_name: str,
        overwrite_existing: bool = False,
        *,
        source: SourceSelector = HORDE_SOURCE_ID,
    ) -> "GenericModelRecord | None":
        """Return a record by its present or a former name; None where there is none.

        Raises:
            ValueError: No such source.
        """
        return self._reader.record(category, model_name, force_refresh=overwrite_existing, source=source)

    async def get_model_or_none_async(
        self,
        category: str,
        model_name: str,
        overwrite_existing: bool = False,
        *,
        source: SourceSelector = HORDE_SOURCE_ID,
        httpx_client: object = None,
    ) -> "GenericModelRecord | None":
        """Do as `get_model_or_none`, without blocking the event loop."""
        del httpx_client
        return await _in_thread(
            self.get_model_or_none, category, model_name, overwrite_existing, source=source
        )

    def get_model(
        self,
        category: str,
        model_name: str,
        overwrite_existing: bool = False,
        *,
        source: SourceSelector = HORDE_SOURCE_ID,
    ) -> "GenericModelRecord":
        """Do as `get_model_or_none`, but raise RuntimeError instead of returning None."""
        record = self._reader.record(category, model_name, force_refresh=overwrite_existing, source=source)
        if record is None:
            raise RuntimeError(f"there is no {category} model {model_name!r}")
        return record

    async def get_model_async(
        self,
        category: str,
        model_name: str,
        overwrite_existing: bool = False,
        *,
        source: SourceSelector = HORDE_SOURCE_ID,
        httpx_client: object = None,
    ) -> "GenericModelRecord":
        """Do as `get_model`, without blocking the event loop."""
        del httpx_client
        return await _in_thread(self.get_model, category, model_name, overwrite_existing, source=source)

    def get_raw_model_reference_json(
        self, category: str, overwrite_existing: bool = False
    ) -> dict[str, dict[str, Any]] | None:
        """Return the documents of a category as stored, unchecked; None without any."""
        copy = self._reader.copy(category, force_refresh=overwrite_existing)
        return None if copy is None else copy.parsed()

    async def get_raw_model_reference_json_async(
        self, category: str, overwrite_existing: bool = False, *, httpx_client: object = None
    ) -> dict[str, dict[str, Any]] | None:
        """Do as `get_raw_model_reference_json`, without blocking the event loop."""
        del httpx_client
        return await _in_thread(self.get_raw_model_reference_json, category, overwrite_existing)

    def get_raw_model_json(
        self, category: str, model_name: str, overwrite_existing: bool = False
    ) -> dict[str, Any] | None:
        """Return one document as stored, by its present or a former name; None where there is none."""
        return self._reader.document(category, model_name, force_refresh=overwrite_existing)

    async def get_raw_model_json_async(
        self,
        category: str,
        model_name: str,
        overwrite_existing: bool = False,
        *,
        httpx_client: object = None,
    ) -> dict[str, Any] | None:
        """Do as `get_raw_model_json`, without blocking the event loop."""
        del httpx_client
        return await _in_thread(self.get_raw_model_json, category, model_name, overwrite_existing)

    @overload
    def query(
        self, category: Literal[Category.image_generation], *, source: SourceSelector = ...
    ) -> "ImageGenerationQuery": ...
    @overload
    def query(
        self, category: Literal[Category.text_generation], *, source: SourceSelector = ...
    ) -> "TextModelQuery": ...
    @overload
    def query(
        self, category: Literal[Category.controlnet], *, source: SourceSelector = ...
    ) -> "ControlNetQuery": ...
    @overload
    def query(self, category: str, *, source: SourceSelector = ...) -> "ModelQuery[Any]": ...
    def query(self, category: str, *, source: SourceSelector = HORDE_SOURCE_ID) -> "ModelQuery[Any]":
        """Return a query over the records of a category, in the class of that category.

        Raises:
            ValueError: No such category or source.
            RuntimeError: The registry has no such records, or a provider gives some of another class.
        """
        return self._reader.query(category, source)

    def query_all(self) -> "ModelQuery[GenericModelRecord]":
        """Return a query over the registry's records of all categories, by the fields that all have."""
        return self._reader.query_all()

    async def get_popular_models(
        self,
        category: str,
        *,
        limit: int = 10,
        sort_by: str = "worker_count",
        include_workers: bool = False,
    ) -> "list[PopularModelResult]":
        """Return the models that are used most at the moment; none but for image and text generation.

        Raises:
            LiveDataUnavailableError: The AI-Horde can't be asked.
            ValueError: ``sort_by`` is none of worker_count, usage_day, usage_month, usage_total.
        """
        return await _in_thread(
            self._opened.popular_models,
            category,
            limit=limit,
            sort_by=sort_by,
            with_workers=include_workers,
        )

    @property
    def provider_registry(self) -> "ModelProviderRegistry":
        """The providers."""
        return self._reader.providers

    def register_provider(self, provider: "ModelProvider", *, replace: bool = False) -> None:
        """Add a provider; raise ValueError where its id can't be used, or is taken and not to be replaced."""
        self._reader.providers.register(provider, replace=replace)

    def unregister_provider(self, source_id: str) -> bool:
        """Remove a provider; tell whether there was one."""
        return self._reader.providers.unregister(source_id)

    def list_providers(self) -> list[str]:
        """Return the ids of the providers, in the order of registration."""
        return self._reader.providers.source_ids()

    def get_provider(self, source_id: str) -> "ModelProvider | None":
        """Return a provider; None where there is none of that id."""
        return self._reader.providers.get(source_id)

    def supports_metadata(self) -> bool:
        """Tell whether operations are counted, as a PRIMARY does."""
        return self.backend.supports_metadata()

    def get_metadata(self, category: str, *, raise_if_unsupported: bool = False) -> "CategoryMetadata | None":
        """Return the bookkeeping of a category; None, or NotImplementedError, where nothing is counted."""
        if self.supports_metadata() or raise_if_unsupported:
            return self.backend.get_metadata(category)
        return None

    async def get_metadata_async(
        self, category: str, *, raise_if_unsupported: bool = False
    ) -> "CategoryMetadata | None":
        """Do as `get_metadata`, without blocking the event loop."""
        return await _in_thread(self.get_metadata, category, raise_if_unsupported=raise_if_unsupported)

    def last_updated(self, category: str) -> int | None:
        """Return the Unix time of the last change to a category; None where nothing is counted."""
        metadata = self.get_metadata(category)
        return None if metadata is None else metadata.last_updated

    def refresh_image_baselines(self) -> bool:
        """Know the PRIMARY's baselines as they are now; tell whether it could be asked for them."""
        return self._opened.refresh_image_baselines()

    @property
    def licensing_store(self) -> "ExportStore":
        """The PRIMARY's licences."""
        return self._opened.export_store("licensing")

    @property
    def text_guidance_store(self) -> "ExportStore":
        """The PRIMARY's guidance for text models."""
        return self._opened.export_store("text_guidance")

    @property
    def image_baseline_store(self) -> "ExportStore":
        """The PRIMARY's catalog of image baselines."""
        return self._opened.export_store("image_baselines")

    @property
    def pending_queue_service(self) -> None:
        """None: changes are proposed to the service of a PRIMARY."""
        return None

    @property
    def group_alias_store(self) -> None:
        """None: text groups are kept by the service of a PRIMARY."""
        return None

    @property
    def group_family_store(self) -> None:
        """None: text groups are kept by the service of a PRIMARY."""
        return None

    @property
    def group_schema_store(self) -> None:
        """None: text groups are kept by the service of a PRIMARY."""
        return None

    @staticmethod
    def model_reference_to_json_dict(
        model_reference: "Mapping[str, GenericModelRecord] | None", safe_mode: bool = False
    ) -> dict[str, dict[str, Any]] | None:
        """Return records as JSON objects with what was set in them; None where one can't be.

        Raises:
            ValueError: There are no records to return.
            Exception: A record can't be written as JSON, and ``safe_mode``.
        """
        if model_reference is None:
            raise ValueError("None is no model reference")
        try:
            return {name: record.model_dump(exclude_unset=True) for name, record in model_reference.items()}
        except Exception:
            if safe_mode:
                raise
            _log.exception("a model reference can't be written as JSON")
            return None

    @staticmethod
    def model_reference_to_json_dict_safe(
        model_reference: "Mapping[str, GenericModelRecord] | None",
    ) -> dict[str, dict[str, Any]]:
        """Do as `model_reference_to_json_dict` in safe mode."""
        found = ModelReferenceManager.model_reference_to_json_dict(model_reference, safe_mode=True)
        return found if found is not None else {}

    def _or_none(
        self, category: str, overwrite_existing: bool, source: SourceSelector = HORDE_SOURCE_ID
    ) -> _Records | None:
        return self._reader.records(category, force_refresh=overwrite_existing, source=source)


def _has_running_loop() -> bool:
    asyncio = sys.modules.get("asyncio")  # without it no loop can run, and loading it takes long
    return asyncio is not None and asyncio._get_running_loop() is not None


async def _in_thread(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    import asyncio  # noqa: PLC0415 - whoever awaits this has loaded it, others go without

    return await asyncio.to_thread(function, *args, **kwargs)
