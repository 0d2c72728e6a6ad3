"""Learning of changes that other processes make to the database."""

import logging
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.domain.errors import RegistryError, StoreDamagedError
from horde_model_reference.store.engine import FileState, file_state, is_sqlite, translated_errors
from horde_model_reference.store.notices import Notices
from horde_model_reference.store.store import Store

_log = logging.getLogger(__name__)


class StoreWatcher:
    """A thread that keeps a catalog up to date with a store; it looks when told to, and now and then.

    When the store can't be asked, readers go on with what the catalog holds, and `trouble` says why;
    ``on_trouble`` is called when that begins, changes and ends.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        *,
        interval_seconds: float,
        on_trouble: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._interval_seconds = interval_seconds
        self._on_trouble = on_trouble
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-watcher", daemon=True)
        self._seen: int | None = None
        self._current_at = clock()
        self._connection: sa.Connection | None = None
        self._notices: Notices | None = None
        self._file: FileState | None = None
        self.trouble: str | None = None
        """Why the store can't be asked at the moment; None while all is well."""

    def start(self) -> None:
        """Begin to watch."""
        self._notices = Notices(self._store.engine)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, and wait until that is so."""
        self._stopping.set()
        if self._notices is not None:
            self._notices.wake()
            self._thread.join()
            self._notices.close()
            self._notices = None
        self._disconnect()

    def data_age_seconds(self) -> int:
        """Return how long ago the catalog was known to be what the store holds."""
        return int(self._clock() - self._current_at)

    def look(self) -> None:
        """Take over what changed since the last look."""
        try:
            is_other_file = self._follow_file()
            version = self._version()
            if version is None or version != self._seen:
                self._take_over(afresh=is_other_file or self.trouble is not None)
                self._seen = version
        except RegistryError as error:
            self._disconnect()
            self._seen = None
            if self.trouble != str(error):
                _log.error("%s; reads go on from memory", str(error))
            self._set_trouble(str(error))
            return
        if self.trouble is not None:
            _log.info("the database answers again")
            self._set_trouble(None)
        self._current_at = self._clock()

    def _run(self) -> None:
        notices = self._notices
        while notices is not None and not self._stopping.is_set():
            try:
                notices.wait(self._interval_seconds)
                if not self._stopping.is_set():
                    self.look()
            except Exception as error:  # noqa: BLE001 - the outermost loop of a thread; it must not end
                _log.exception("watching the database failed")
                self._set_trouble(str(error))
                self._stopping.wait(self._interval_seconds)

    def _set_trouble(self, trouble: str | None) -> None:
        self.trouble = trouble
        self._on_trouble()

    def _take_over(self, *, afresh: bool) -> None:
        if afresh and self._store.is_empty() and self._catalog.serial > 0:
            raise StoreDamagedError(
                f"the database {self._store.location} has become empty; restore it from a backup"
            )
        changed = self._catalog.refresh(afresh=afresh)
        if changed:
            _log.info("took over changes in %s", ", ".join(changed))

    def _follow_file(self) -> bool:
        """Open the database anew where its file was written to, and tell whether it is another file."""
        if not is_sqlite(self._store.engine):
            return False
        state = file_state(self._store.engine)
        if state == self._file:
            return False
        is_other_file = self._file is not None and not state.is_same_file(self._file)
        # Open connections remember what they read, and don't see that it was overwritten.
        self._disconnect()
        self._store.engine.dispose()
        self._seen = None
        self._file = state
        return is_other_file

    def _version(self) -> int | None:
        """Return a number that changes with every commit of another connection; None where there is none.

        SQLite counts them for each connection, so the same one is kept open and asked again.
        """
        if not is_sqlite(self._store.engine):
            return self._store.serial()
        with translated_errors(self._store.engine):
            if self._connection is None:
                self._connection = self._store.engine.connect()
            version: int = self._connection.exec_driver_sql("PRAGMA data_version").scalar_one()
            self._connection.rollback()
            return version

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
