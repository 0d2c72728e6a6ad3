"""What a PRIMARY tells beside the records: licences, guidance, baselines (spec 30 §4.3, spec 24)."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import orjson

from horde_model_reference.sources.copy_folder import replace_file

_log = logging.getLogger(__name__)

Export = dict[str, Any]


class ExportStore:
    """One of the PRIMARY's exports; fetched once by the first reader, else the last one that was kept."""

    def __init__(self, path: Path, fetch: Callable[[], Export | None] | None) -> None:
        """Take the place of the kept export, and what fetches it; None: the network is not used."""
        self._path = path
        self._fetch = fetch
        self._lock = threading.Lock()
        self._export: Export | None = None
        self._was_asked = False

    def export(self) -> Export | None:
        """Return the export, which belongs to the caller; None where there never was one."""
        with self._lock:
            if not self._was_asked:
                self._was_asked = True
                if not self._take_newer():
                    self._export = self._kept()
            return None if self._export is None else cast("Export", orjson.loads(orjson.dumps(self._export)))

    def refresh(self) -> bool:
        """Fetch it again; tell whether that worked."""
        with self._lock:
            self._was_asked = True
            return self._take_newer()

    def _take_newer(self) -> bool:
        found = self._fetch() if self._fetch is not None else None
        if found is None:
            return False
        self._export = found
        try:
            replace_file(self._path, orjson.dumps(found))
        except OSError as error:
            _log.warning("%s can't be written: %s", self._path, error.strerror or error)
        return True

    def _kept(self) -> Export | None:
        try:
            found: object = orjson.loads(self._path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return None
        return cast("Export", found) if isinstance(found, dict) else None
