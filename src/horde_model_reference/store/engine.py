"""Connections to the database: everything in which SQLite and PostgreSQL differ."""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, IntegrityError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from horde_model_reference.domain.errors import StoreDamagedError, StoreUnavailableError

_BUSY_TIMEOUT_MILLISECONDS = 30_000
_PAGE_CACHE_KIBIBYTES = 256
"""For each connection: categories are read once and from end to end, so pages are seldom asked for twice."""
_CONNECT_TIMEOUT_SECONDS = 5
_SCHEMA_LOCK = 7_166_837_110
"""A number that means this lock to every program that uses the same PostgreSQL database."""
_SQLITE_MAGIC = b"SQLite format 3\0"
_DAMAGE_TEXTS = ("malformed", "not a database", "disk image", "corrupt", "no such table", "decode to UTF-8")
_DAMAGE_CODES = frozenset({"42P01", "42703"})
"""What PostgreSQL says where a table or a column is missing."""


def create_engine(place: str | Path, *, must_exist: bool = False) -> sa.Engine:
    """Return an engine for a database URL or the path of an SQLite file; nothing is opened yet.

    Raises:
        StoreUnavailableError: The URL is malformed, its driver is not installed, the folder can't be made, or
            there is no such file and ``must_exist``.
    """
    try:
        # A path is no URL: it may hold question marks and the like.
        parsed = (
            sa.URL.create("sqlite", database=str(place)) if isinstance(place, Path) else sa.make_url(place)
        )
        if parsed.get_backend_name() == "sqlite":
            return _sqlite_engine(parsed, must_exist=must_exist)
        return _postgresql_engine(parsed)
    # A port that is no number is a ValueError.
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise StoreUnavailableError(f"the database URL can't be used: {error}") from error
    except OSError as error:
        raise StoreUnavailableError(f"the database can't be used: {error}") from error


def is_sqlite(engine: sa.Engine) -> bool:
    """Tell whether the database is an SQLite file."""
    return engine.dialect.name == "sqlite"


def location(engine: sa.Engine) -> str:
    """Return where the data is, without a password."""
    if is_sqlite(engine):
        return engine.url.database or ":memory:"
    return engine.url.render_as_string(hide_password=True)


@contextmanager
def translated_errors(engine: sa.Engine) -> Generator[None]:
    """Turn what the driver raises into errors of the domain that name the database."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        cause = " ".join(str(error.orig).split())
        if _is_damage(error, cause):
            raise StoreDamagedError(
                f"the database {location(engine)} is damaged ({cause}); restore a backup of it"
            ) from error
        raise StoreUnavailableError(f"the database {location(engine)} can't be used: {cause}") from error
    except PoolTimeoutError as error:
        raise StoreUnavailableError(f"the database {location(engine)} is too busy: {error}") from error


def _is_damage(error: DBAPIError, cause: str) -> bool:
    code = getattr(error.orig, "sqlstate", None)
    return code in _DAMAGE_CODES or (code is None and any(text in cause for text in _DAMAGE_TEXTS))


@contextmanager
def write_transaction(engine: sa.Engine) -> Generator[sa.Connection]:
    """Give a connection that is the only writer until the block ends; commits unless an error leaves it."""
    with translated_errors(engine), engine.connect() as connection:
        connection.execution_options(horde_begin="BEGIN IMMEDIATE")
        with connection.begin():
            if not is_sqlite(engine):
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_BUSY_TIMEOUT_MILLISECONDS}")
            yield connection


def lock_schema(connection: sa.Connection) -> None:
    """Wait until no other process changes tables; SQLite's only writer does not have to."""
    if not is_sqlite(connection.engine):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")


@contextmanager
def read_transaction(engine: sa.Engine) -> Generator[sa.Connection]:
    """Give a connection on which every query sees the same state."""
    with translated_errors(engine), engine.connect() as connection:
        if not is_sqlite(engine):
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells one content of a file from another without reading it."""

    device: int
    inode: int
    size_bytes: int
    changed_at_nanoseconds: int

    def is_same_file(self, other: "FileState") -> bool:
        """Tell whether only the content may have changed."""
        return (self.device, self.inode) == (other.device, other.inode)


def file_state(engine: sa.Engine) -> FileState:
    """Return the present state of an SQLite file.

    SQLite itself goes on with a removed or replaced file as long as it is open, and nobody would notice.

    Raises:
        StoreUnavailableError: The file is gone.
        StoreDamagedError: It is no SQLite file.
    """
    path = Path(location(engine))
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise StoreUnavailableError(f"the database {path} is gone; restore it from a backup") from error
    except OSError as error:
        raise StoreUnavailableError(f"the database {path} can't be read: {error.strerror}") from error
    if found.st_size < len(_SQLITE_MAGIC) or not _begins_like_sqlite(path):
        raise StoreDamagedError(
            f"the database {path} is damaged (not an SQLite file); restore a backup of it"
        )
    return FileState(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _begins_like_sqlite(path: Path) -> bool:
    """Look at the first page through SQLite.

    The file must not be opened otherwise: closing it would drop all locks that this process holds on it
    (https://sqlite.org/howtocorrupt.html, section 2.2), and another process would take the file for its own.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MILLISECONDS}")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        return True  # locked or read-only: whoever goes on with it finds out
    except sqlite3.DatabaseError as error:
        return "not a database" not in str(error)
    return True


def _postgresql_engine(url: sa.URL) -> sa.Engine:
    options = {} if "connect_timeout" in url.query else {"connect_timeout": _CONNECT_TIMEOUT_SECONDS}
    # A connection that broke while it was not in use is replaced, so that all heals when the server is back.
    return sa.create_engine(url, pool_pre_ping=True, connect_args=options)


def _sqlite_path(url: sa.URL, *, must_exist: bool) -> Path:
    """Return the path of the file, in a folder that is there."""
    if url.database in {None, "", ":memory:"}:
        raise StoreUnavailableError("the database can't be in memory, where no other process sees it")
    path = Path(str(url.database))
    if must_exist and not path.exists():
        raise StoreUnavailableError(f"there is no database {path}; `hmr serve` and `hmr import` make one")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _sqlite_engine(url: sa.URL, *, must_exist: bool) -> sa.Engine:
    path = _sqlite_path(url, must_exist=must_exist)
    engine = sa.create_engine(url)
    opened = threading.Event()

    @event.listens_for(engine, "do_connect")
    def _never_replace(_dialect: Any, _record: Any, _arguments: Any, _options: Any) -> None:
        # SQLite makes an empty database where none is, or where there are but a few bytes.
        is_new = not path.exists() or (path.is_file() and path.stat().st_size == 0)
        if opened.is_set() or not (is_new or path.is_dir()):
            file_state(engine)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin where `_begin` says so, not at the first write
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA cache_size = -{_PAGE_CACHE_KIBIBYTES}")
        cursor.close()
        record.info["file"] = file_state(engine)
        opened.set()

    @event.listens_for(engine, "checkout")
    def _same_file(_connection: Any, record: Any, _proxy: Any) -> None:
        # What is written to a file that was replaced is lost.
        if not file_state(engine).is_same_file(record.info["file"]):
            raise DisconnectionError("the file was replaced")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("horde_begin", "BEGIN"))

    return engine
