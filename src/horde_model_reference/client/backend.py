"""What a manager reads from (spec 30 §7)."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from horde_model_reference.client.metadata import CategoryMetadata
from horde_model_reference.domain.categories import Category
from horde_model_reference.settings import ReplicateMode
from horde_model_reference.sources.chain import CategoryStatus
from horde_model_reference.sources.copies import CategoryCopy, Origin, copy_of_documents

Documents = dict[str, dict[str, Any]]


class ModelReferenceBackend(ABC):  # the many methods are the public contract
    """Gives the documents of categories; programs may bring their own.

    Operations that a backend does not support raise NotImplementedError; the ``supports_…`` methods tell.
    """

    def __init__(self, mode: ReplicateMode = ReplicateMode.REPLICA) -> None:
        self._mode = mode
        self._listeners: list[Callable[[str], None]] = []
        self._stale: set[str] = set()

    def _unsupported(self, what: str) -> Exception:
        # Not left to do: a part of the contract, for operations that a backend does without (spec 30 §7).
        return NotImplementedError(f"{type(self).__name__} {what}")

    @property
    def replicate_mode(self) -> ReplicateMode:
        """Whether it owns the data or copies it."""
        return self._mode

    @abstractmethod
    def fetch_category(self, category: str, *, force_refresh: bool = False) -> Documents | None:
        """Return the v2 documents of a category by key, which belong to the caller; None without any."""

    def category_copy(self, category: str, *, force_refresh: bool = False) -> CategoryCopy | None:
        """Return the same as one text that never changes; equal content may be one object."""
        self._stale.discard(category)  # before: who marks it meanwhile may know better than what is fetched
        documents = self.fetch_category(category, force_refresh=force_refresh)
        if documents is None:
            return None
        return copy_of_documents(category, documents, origin=Origin.given, checked_at=time.time())

    def fetch_all_categories(self, *, force_refresh: bool = False) -> dict[Category, Documents | None]:
        """Return the documents of every category."""
        return {category: self.fetch_category(category, force_refresh=force_refresh) for category in Category}

    async def fetch_category_async(
        self, category: str, *, force_refresh: bool = False, httpx_client: object = None
    ) -> Documents | None:
        """Do as `fetch_category`, without blocking the event loop."""
        del httpx_client
        return await asyncio.to_thread(self.fetch_category, category, force_refresh=force_refresh)

    async def fetch_all_categories_async(
        self, *, force_refresh: bool = False, httpx_client: object = None
    ) -> dict[Category, Documents | None]:
        """Do as `fetch_all_categories`, without blocking the event loop."""
        del httpx_client
        return await asyncio.to_thread(self.fetch_all_categories, force_refresh=force_refresh)

    def needs_refresh(self, category: str) -> bool:
        """Tell whether what was fetched before may have changed."""
        return category in self._stale

    def mark_stale(self, category: str) -> None:
        """Let the next fetch ask again, and tell those who registered for it."""
        self._stale.add(category)
        for listener in self._listeners:
            listener(category)

    def register_invalidation_callback(self, callback: Callable[[str], None]) -> None:
        """Call a function with the category whenever one is marked as stale."""
        self._listeners.append(callback)

    def close(self) -> None:
        """Let go of connections, and of those who registered for invalidations."""
        self._listeners.clear()

    def status(self, category: str) -> CategoryStatus | None:
        """Return where the records of a category come from; None where that is not known."""
        del category
        return None

    def get_category_file_path(self, category: str) -> Path | None:
        """Return where the v2 file of a category lies; None without a folder."""
        del category
        return None

    def get_all_category_file_paths(self) -> dict[Category, Path | None]:
        """Return where the v2 file of every category lies."""
        return {category: self.get_category_file_path(category) for category in Category}

    def get_legacy_json(self, category: str, redownload: bool = False) -> dict[str, Any] | None:
        """Return the legacy records of a category by key; None without any."""
        text = self.get_legacy_json_string(category, redownload)
        return None if text is None else orjson.loads(text)

    def get_legacy_json_string(self, category: str, redownload: bool = False) -> str | None:
        """Return the legacy records of a category as JSON; None without any."""
        raise self._unsupported("has no legacy records")

    def supports_writes(self) -> bool:
        """Tell whether records can be changed."""
        return False

    def supports_legacy_writes(self) -> bool:
        """Tell whether records can be changed in the legacy form."""
        return False

    def supports_cache_warming(self) -> bool:
        """Tell whether `warm_cache` does anything."""
        return False

    def supports_health_checks(self) -> bool:
        """Tell whether `health_check` can be asked."""
        return False

    def supports_statistics(self) -> bool:
        """Tell whether `get_statistics` can be asked."""
        return False

    def supports_metadata(self) -> bool:
        """Tell whether operations are counted."""
        return False

    def update_model(self, category: str, model_name: str, record_dict: Mapping[str, Any]) -> None:
        """Write a record in its v2 form."""
        raise self._unsupported("can't be written to")

    def update_model_from_base_model(self, category: str, model_name: str, record: Any) -> None:
        """Write a record."""
        raise self._unsupported("can't be written to")

    def update_model_legacy(self, category: str, model_name: str, record_dict: Mapping[str, Any]) -> None:
        """Write a record in its legacy form."""
        raise self._unsupported("can't be written to in the legacy form")

    def update_model_legacy_from_base_model(self, category: str, model_name: str, record: Any) -> None:
        """Write a legacy record."""
        raise self._unsupported("can't be written to in the legacy form")

    def delete_model(self, category: str, model_name: str) -> None:
        """Delete a record; raise KeyError where there is none."""
        raise self._unsupported("can't be written to")

    def delete_model_legacy(self, category: str, model_name: str) -> None:
        """Delete a legacy record."""
        raise self._unsupported("can't be written to in the legacy form")

    def warm_cache(self) -> None:
        """Fetch everything."""
        raise self._unsupported("has nothing to warm")

    async def warm_cache_async(self) -> None:
        """Do as `warm_cache`, without blocking the event loop."""
        await asyncio.to_thread(self.warm_cache)

    def health_check(self) -> bool:
        """Tell whether the data can be reached."""
        raise self._unsupported("has no health check")

    def get_statistics(self) -> dict[str, Any]:
        """Return how often what was used."""
        raise self._unsupported("counts nothing")

    def get_metadata(self, category: str) -> CategoryMetadata | None:
        """Return the bookkeeping of a category."""
        raise self._unsupported("has no metadata")

    def get_legacy_metadata(self, category: str) -> CategoryMetadata | None:
        """Return the bookkeeping of a category in the legacy form."""
        raise self._unsupported("has no metadata")

    def get_all_metadata(self) -> dict[Category, CategoryMetadata | None]:
        """Return the bookkeeping of every category."""
        return {category: self.get_metadata(category) for category in Category}

    def get_all_legacy_metadata(self) -> dict[Category, CategoryMetadata | None]:
        """Return the bookkeeping of every category in the legacy form."""
        return {category: self.get_legacy_metadata(category) for category in Category}

    async def get_metadata_async(self, category: str) -> CategoryMetadata | None:
        """Do as `get_metadata`, without blocking the event loop."""
        return await asyncio.to_thread(self.get_metadata, category)

    async def get_legacy_metadata_async(self, category: str) -> CategoryMetadata | None:
        """Do as `get_legacy_metadata`, without blocking the event loop."""
        return await asyncio.to_thread(self.get_legacy_metadata, category)

    async def get_all_metadata_async(self) -> dict[Category, CategoryMetadata | None]:
        """Do as `get_all_metadata`, without blocking the event loop."""
        return await asyncio.to_thread(self.get_all_metadata)

    async def get_all_legacy_metadata_async(self) -> dict[Category, CategoryMetadata | None]:
        """Do as `get_all_legacy_metadata`, without blocking the event loop."""
        return await asyncio.to_thread(self.get_all_legacy_metadata)
