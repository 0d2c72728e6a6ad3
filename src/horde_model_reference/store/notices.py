"""Word of commits by other processes: at once from PostgreSQL, while SQLite has to be asked now and then."""

import selectors
import socket
from typing import Any

import sqlalchemy as sa

from horde_model_reference.domain.errors import StoreUnavailableError
from horde_model_reference.store.engine import is_sqlite, translated_errors

CHANNEL = "horde_model_reference"
"""The PostgreSQL channel on which the serial of each commit is told."""


def tell_others(connection: sa.Connection, serial: int) -> None:
    """Let other processes know of a serial once the transaction is committed, where the database can."""
    if not is_sqlite(connection.engine):
        connection.execute(sa.select(sa.func.pg_notify(CHANNEL, str(serial))))


class Notices:
    """Waits for other processes to write to a database; for one thread, but any may call ``wake``."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._waker, self._alarm = socket.socketpair()
        self._alarm.setblocking(False)
        self._listening: sa.Connection | None = None

    def wait(self, timeout_seconds: float) -> None:
        """Return when a commit was told of or somebody woke the thread, at the latest after the timeout.

        Where the database can't tell, or can't be reached, this is the timeout.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._alarm, selectors.EVENT_READ)
            driver = self._listener()
            if driver is not None:
                selector.register(driver, selectors.EVENT_READ)
            ready = {key.fileobj for key, _ in selector.select(timeout_seconds)}
        if self._alarm in ready:
            self._alarm.recv(1024)
        if driver is not None and driver in ready:
            self._take_notices(driver)

    def wake(self) -> None:
        """End the present wait, or the next one."""
        self._waker.send(b"!")

    def close(self) -> None:
        """Close the connections; there is no waiting after that."""
        self._stop_listening()
        self._waker.close()
        self._alarm.close()

    def _listener(self) -> Any:
        """Return the driver's connection that listens, made where there is none; None where it can't be."""
        if is_sqlite(self._engine):
            return None
        try:
            if self._listening is None:
                with translated_errors(self._engine):
                    self._listening = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                    self._listening.exec_driver_sql(f"LISTEN {CHANNEL}")
            driver: Any = self._listening.connection.driver_connection
            driver.fileno()
        except (StoreUnavailableError, self._driver_error):
            self._stop_listening()
            return None
        return driver

    def _take_notices(self, driver: Any) -> None:
        try:
            for _ in driver.notifies(timeout=0):
                pass
        except self._driver_error:
            self._stop_listening()

    @property
    def _driver_error(self) -> type[Exception]:
        dbapi: Any = self._engine.dialect.dbapi
        error: type[Exception] = dbapi.Error
        return error

    def _stop_listening(self) -> None:
        if self._listening is not None:
            # Not back to the pool, where it would go on to collect notices that nobody reads.
            self._listening.invalidate()
            self._listening.close()
            self._listening = None
