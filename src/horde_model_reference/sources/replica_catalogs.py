"""Side resources of a REPLICA: the PRIMARY's, else the last that were kept, else the bundled (spec 24)."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from horde_model_reference.catalog.resources import Catalogs, ResourceCatalog, bundled_catalogs
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.source import Source
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.sources.copy_folder import replace_file
from horde_model_reference.sources.exports import EXPORT_PATHS, read_export
from horde_model_reference.sources.http import HttpConnection, SourceUnreachableError

_log = logging.getLogger(__name__)

_PAUSE_SECONDS: Final = 30
"""How long a PRIMARY that doesn't answer is left in peace."""
_PAUSE_WITHOUT_TAG_SECONDS: Final = 3600
"""Without entity tags every answer is whole, so that it is not asked for with each refresh."""


@dataclass(slots=True, kw_only=True)
class _Slot:
    catalog: ResourceCatalog
    etag: str | None = None
    due_at: float = 0.0
    was_looked_up: bool = False


class ReplicaCatalogs:
    """A source of records, with the side resources of a PRIMARY; each is kept in a file of its own."""

    def __init__(
        self,
        source: Source,
        files: Mapping[CatalogName, Path],
        *,
        url: str | None,
        timeout_seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask nothing yet; ``url`` ends in the API's ``/api``, None: nobody is asked.

        ``files`` says where the catalogues are kept that a PRIMARY exports.
        """
        self._source = source
        self._files = files
        self._url = None if url is None else url.rstrip("/")
        self._connection = HttpConnection(timeout_seconds=timeout_seconds)
        self._clock = clock
        self._slots = {name: _Slot(catalog=catalog) for name, catalog in bundled_catalogs().items()}

    def fetch(
        self, category: Category, *, newer_than: CategorySnapshot | None = None
    ) -> CategorySnapshot | None:
        """Return what the source of records gives."""
        return self._source.fetch(category, newer_than=newer_than)

    def fetch_resources(self, known: Catalogs) -> list[ResourceCatalog]:
        """Return the catalogues that differ from those that are known; trouble leaves them as they are.

        A catalogue that was kept is given out at first without asking, so that a service starts whatever its
        PRIMARY is up to.
        """
        for name in self._files:
            self._renew(name, self._slots[name])
        return [slot.catalog for name, slot in self._slots.items() if known.get(name) != slot.catalog]

    def close(self) -> None:
        """Close the connection; whoever asks later opens a new one."""
        self._connection.close()

    def _renew(self, name: CatalogName, slot: _Slot) -> None:
        if not slot.was_looked_up:
            slot.was_looked_up = True
            if self._look_up(name, slot):
                return
        if self._url is None or self._clock() < slot.due_at:
            return
        try:
            self._ask(name, slot, f"{self._url}{EXPORT_PATHS[name]}")
        except SourceUnreachableError as error:
            _log.warning("%s can't be renewed: %s", name, error)
            for other in self._slots.values():
                other.due_at = self._clock() + _PAUSE_SECONDS
        except SourceUnavailableError as error:
            _log.warning("%s can't be renewed: %s", name, error)
            slot.due_at = self._clock() + _PAUSE_SECONDS

    def _look_up(self, name: CatalogName, slot: _Slot) -> bool:
        """Take the catalogue that was kept; tell whether there is one."""
        path = self._files[name]
        try:
            slot.catalog = read_export(name, path.read_bytes())
        except FileNotFoundError:
            return False
        except (OSError, SourceUnavailableError) as error:
            _log.warning("%s is not used: %s", path, error)
            return False
        return True

    def _ask(self, name: CatalogName, slot: _Slot, url: str) -> None:
        answer = self._connection.get(url, {"if-none-match": slot.etag} if slot.etag else {})
        if answer.status == 304:
            return
        if answer.status != 200:
            raise SourceUnavailableError(f"{url} gave status {answer.status}")
        slot.catalog = read_export(name, answer.content)
        slot.etag = answer.headers.get("etag")
        if slot.etag is None:
            slot.due_at = self._clock() + _PAUSE_WITHOUT_TAG_SECONDS
        try:
            replace_file(self._files[name], answer.content)
        except OSError as error:
            _log.warning("%s can't be written: %s", self._files[name], error.strerror or error)
