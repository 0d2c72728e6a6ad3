"""Connections to the database: everything in which SQLite and PostgreSQL differ."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from horde_model_reference.domain.errors import StoreDamagedError, StoreUnavailableError

_BUSY_TIMEOUT_MILLISECONDS = 30_000
_DAMAGE_TEXTS = ("malformed", "not a database", "disk image", "corrupt")


def create_engine(url: str) -> sa.Engine:
    """Return an engine for a database URL; nothing is opened yet.

    Raises:
        StoreUnavailableError: The URL is malformed or its driver is not installed.
    """
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite_engine(parsed)
        return sa.create_engine(parsed, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise StoreUnavailableError(f"the database URL can't be used: {error}") from error


def is_sqlite(engine: sa.Engine) -> bool:
    """Tell whether the database is an SQLite file."""
    return engine.dialect.name == "sqlite"


def location(engine: sa.Engine) -> str:
    """Return where the data is, without a password."""
    if is_sqlite(engine):
        return engine.url.database or ":memory:"
    return engine.url.render_as_string(hide_password=True)


@contextmanager
def translated_errors(engine: sa.Engine) -> Iterator[None]:
    """Turn what the driver raises into errors of the domain that name the database."""
    try:
        yield
    except DBAPIError as error:
        cause = str(error.orig)
        if any(text in cause for text in _DAMAGE_TEXTS):
            raise StoreDamagedError(
                f"the database {location(engine)} is damaged ({cause}); restore a backup of it"
            ) from error
        if isinstance(error, sa.exc.IntegrityError):
            raise
        raise StoreUnavailableError(f"the database {location(engine)} can't be used: {cause}") from error
    except OSError as error:
        raise StoreUnavailableError(f"the database {location(engine)} can't be used: {error}") from error


@contextmanager
def write_transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection that is the only writer until the block ends; commits unless an error leaves it."""
    with translated_errors(engine), engine.connect() as connection:
        connection.execution_options(horde_begin="BEGIN IMMEDIATE")
        with connection.begin():
            yield connection


@contextmanager
def read_transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection on which every query sees the same state."""
    with translated_errors(engine), engine.connect() as connection:
        if not is_sqlite(engine):
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where `_begin` says so, not at the first write
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("horde_begin", "BEGIN"))

    return engine
