"""Records that wait for a review at the PRIMARY, for those who test models early (spec 30 §6)."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import orjson
from pydantic import ValidationError

from horde_model_reference.client.providers import ModelProvider, record_of
from horde_model_reference.client.source_selection import PENDING_SOURCE_ID
from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.domain.records import GenericModelRecord
from horde_model_reference.sources.http import Retries, get_with_retries

_log = logging.getLogger(__name__)

_Records = dict[str, GenericModelRecord]


class PendingModelProvider(ModelProvider):
    """Asks the PRIMARY for proposed records; where it can't be asked, a read goes on without them."""

    def __init__(  # noqa: PLR0913 - public; the names are the contract (spec 30 §6)
        self,
        *,
        primary_api_url: str,
        apikey: str,
        categories: Iterable[str],
        cache_ttl_seconds: int = 60,
        timeout_seconds: float = 10.0,
        retry_max_attempts: int = 3,
        retry_backoff_seconds: float = 1.0,
    ) -> None:
        """Ask nothing yet.

        Args:
            primary_api_url: The PRIMARY with its ``/api``.
            apikey: Key of somebody who may see proposed records.
            categories: The categories to ask for.
            cache_ttl_seconds: How long an answer is used again, and a PRIMARY without one left in peace.
            timeout_seconds: Longest wait for one answer.
            retry_max_attempts: How often to ask before giving up.
            retry_backoff_seconds: Pause between two attempts.
        """
        self._url = primary_api_url.rstrip("/")
        self._apikey = apikey
        self._categories = set(categories)
        self._cache_ttl_seconds = cache_ttl_seconds
        self._retries = Retries(
            timeout_seconds=timeout_seconds, attempts=retry_max_attempts, pause_seconds=retry_backoff_seconds
        )
        self._kept: dict[str, tuple[float, _Records | None]] = {}
        self._lock = threading.Lock()
        self._clock: Callable[[], float] = time.monotonic

    @property
    def source_id(self) -> str:
        """``pending``."""
        return PENDING_SOURCE_ID

    def provided_categories(self) -> set[str]:
        """Return the categories given at the start."""
        return set(self._categories)

    def cache_ttl_seconds(self) -> int | None:
        """Return how long an answer is used again."""
        return self._cache_ttl_seconds

    def fetch_category(self, category: str, *, force_refresh: bool = False) -> _Records | None:
        """Return the proposed records of a category; None where the PRIMARY can't be asked for them."""
        if category not in self._categories:
            return None
        with self._lock:
            kept = self._kept.get(category)
            if kept is None or force_refresh or self._clock() >= kept[0]:
                records = self._asked(category)
                kept = self._kept[category] = (self._clock() + self._cache_ttl_seconds, records)
            return None if kept[1] is None else dict(kept[1])

    def _asked(self, category: str) -> _Records | None:
        try:
            return self._ask(category)
        except SourceUnavailableError as error:
            _log.warning("proposed %s records are left out: %s", category, error)
            return None

    def _ask(self, category: str) -> _Records:
        url = f"{self._url}/model_references/v2/{category}/pending"
        content = get_with_retries(url, headers={"apikey": self._apikey}, retries=self._retries)
        try:
            body: object = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise SourceUnavailableError(f"{url} gave no JSON: {error}") from error
        if not isinstance(body, dict):
            raise SourceUnavailableError(f"{url} gave no JSON object")
        return _usable(category, cast("dict[str, Any]", body))


def _usable(category: str, body: Mapping[str, Any]) -> _Records:
    records: _Records = {}
    for key, fields in body.items():
        if not isinstance(fields, dict):
            continue
        try:
            records[key] = record_of(category, key, cast("dict[str, Any]", fields) | {"name": key})
        except ValidationError as error:
            _log.warning("the proposed %s record %r is left out: %s", category, key, error)
    return records
