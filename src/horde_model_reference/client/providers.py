"""Records from elsewhere beside those of the registry (spec 30 §6)."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Self

from pydantic import ValidationError

from horde_model_reference.client.source_selection import RESERVED_SOURCE_IDS
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.records import GenericModelRecord
from horde_model_reference.domain.validation import validate_document


class ModelProvider(ABC):
    """Gives records of some categories under an id of its own; what it gives is neither kept nor checked."""

    @property
    @abstractmethod
    def source_id(self) -> str:
        """The id that readers select it by."""

    @abstractmethod
    def provided_categories(self) -> set[str]:
        """Return the categories that it has records of."""

    @abstractmethod
    def fetch_category(
        self, category: str, *, force_refresh: bool = False
    ) -> Mapping[str, GenericModelRecord] | None:
        """Return the records of a category by name; None where there are none."""

    async def fetch_category_async(
        self, category: str, *, force_refresh: bool = False
    ) -> Mapping[str, GenericModelRecord] | None:
        """Do as `fetch_category`, without blocking the event loop."""
        return await asyncio.to_thread(self.fetch_category, category, force_refresh=force_refresh)

    def serves_category(self, category: str) -> bool:
        """Tell whether it has records of a category."""
        return category in self.provided_categories()

    def supports_writes(self) -> bool:
        """Tell whether records can be changed through it."""
        return False

    def cache_ttl_seconds(self) -> int | None:
        """Return how long its records stay current; None: not known."""
        return None

    def validate_source_id(self) -> None:
        """Raise ValueError where the id is empty or has a meaning of its own."""
        require_source_id(self.source_id)


def require_source_id(source_id: str) -> None:
    """Raise ValueError where an id can't be that of a provider."""
    if not source_id.strip() or source_id in RESERVED_SOURCE_IDS:
        raise ValueError(f"{source_id!r} can't be the id of a provider; taken are {(*RESERVED_SOURCE_IDS,)}")


class StaticModelProvider(ModelProvider):
    """Gives records that are fixed when it is made."""

    def __init__(
        self,
        source_id: str,
        records_by_category: Mapping[str, Mapping[str, GenericModelRecord]],
        *,
        cache_ttl_seconds: int | None = None,
    ) -> None:
        """Keep copies of the records; raise ValueError where the id can't be used."""
        require_source_id(source_id)
        self._source_id = source_id
        self._records = {category: deepcopy(dict(found)) for category, found in records_by_category.items()}
        self._cache_ttl_seconds = cache_ttl_seconds

    @classmethod
    def from_raw(
        cls,
        source_id: str,
        raw_by_category: Mapping[str, Mapping[str, Mapping[str, Any]]],
        *,
        cache_ttl_seconds: int | None = None,
    ) -> Self:
        """Make one from documents by name; a document without a name has its key as name.

        Raises:
            ValidationError: A document is no record of its category.
        """
        records = {
            category: {key: record_of(category, key, document) for key, document in documents.items()}
            for category, documents in raw_by_category.items()
        }
        return cls(source_id, records, cache_ttl_seconds=cache_ttl_seconds)

    @property
    def source_id(self) -> str:
        """The id given at the start."""
        return self._source_id

    def provided_categories(self) -> set[str]:
        """Return the categories given at the start."""
        return set(self._records)

    def fetch_category(
        self, category: str, *, force_refresh: bool = False
    ) -> dict[str, GenericModelRecord] | None:
        """Return copies of the records of a category; None where none were given."""
        del force_refresh
        records = self._records.get(category)
        return None if records is None else deepcopy(records)

    def cache_ttl_seconds(self) -> int | None:
        """Return the time given at the start."""
        return self._cache_ttl_seconds


def record_of(category: str, key: str, document: Mapping[str, Any]) -> GenericModelRecord:
    """Return a document from elsewhere as a record of its category.

    Raises:
        ValidationError: The document is no such record.
    """
    fields = {"name": key, **document}
    try:
        return validate_document(category, fields)
    except InvalidRecordError as error:
        if isinstance(error.__cause__, ValidationError):
            raise error.__cause__ from error
        raise


class ModelProviderRegistry:
    """The providers of one manager, in the order of registration; safe to use from several threads."""

    def __init__(self) -> None:
        self._providers: dict[str, ModelProvider] = {}
        self._lock = threading.Lock()

    def register(self, provider: ModelProvider, *, replace: bool = False) -> None:
        """Add a provider; raise ValueError where its id can't be used, or is taken and not to be replaced."""
        provider.validate_source_id()
        with self._lock:
            if provider.source_id in self._providers and not replace:
                raise ValueError(f"a provider {provider.source_id!r} is registered already")
            self._providers[provider.source_id] = provider

    def unregister(self, source_id: str) -> bool:
        """Remove a provider; tell whether there was one."""
        with self._lock:
            return self._providers.pop(source_id, None) is not None

    def get(self, source_id: str) -> ModelProvider | None:
        """Return a provider; None where there is none of that id."""
        return self._providers.get(source_id)

    def has(self, source_id: str) -> bool:
        """Tell whether there is a provider of that id."""
        return source_id in self._providers

    def source_ids(self) -> list[str]:
        """Return the ids of all."""
        return list(self._providers)

    def all(self) -> list[ModelProvider]:
        """Return all."""
        return list(self._providers.values())

    def providers_for(self, category: str) -> list[ModelProvider]:
        """Return those that have records of a category."""
        return [provider for provider in self.all() if provider.serves_category(category)]

    def clear(self) -> None:
        """Remove all."""
        with self._lock:
            self._providers.clear()
