"""A catalog that follows a database which other processes write to, lose and replace."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from factories import a_write
from postgres_server import NewStore

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.domain.categories import Category
from horde_model_reference.store.store import Store
from horde_model_reference.store.watch import StoreWatcher


@dataclass
class Watched:
    """A store with one record, a catalog that follows it, and what was told of trouble."""

    store: Store
    catalog: Catalog
    watcher: StoreWatcher
    told: list[str | None]

    def names(self) -> list[str]:
        return list(self.catalog.snapshot(Category.esrgan) or ())


def _write(store: Store, *names: str) -> None:
    with store.transaction() as transaction:
        transaction.write(Category.esrgan, [a_write(name) for name in names], author="test")


def _watched(store: Store) -> Watched:
    _write(store, "first")
    catalog = Catalog(store, at_one_moment=store.at_one_moment)
    catalog.refresh()
    told: list[str | None] = []
    watcher = StoreWatcher(
        store, catalog, interval_seconds=60, on_trouble=lambda: told.append(watcher.trouble)
    )
    watcher.look()
    return Watched(store, catalog, watcher, told)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def watched(path: Path) -> Iterator[Watched]:
    store = Store.open(path)
    watched = _watched(store)
    yield watched
    watched.watcher.stop()
    store.close()


def _another(path: Path, *names: str) -> Path:
    """Make another database with some records and no other file beside it."""
    store = Store.open(path)
    if names:
        _write(store, *names)
    store.close()
    return path


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def test_a_change_by_another_connection_is_seen_at_the_next_look(new_store: NewStore) -> None:
    watched = _watched(new_store())
    other = new_store(watched.store.engine.url.render_as_string(hide_password=False))
    _write(other, "second")

    watched.watcher.look()

    assert watched.names() == ["first", "second"]
    watched.watcher.stop()


def test_a_look_without_a_change_leaves_the_snapshots_alone(watched: Watched) -> None:
    before = watched.catalog.snapshot(Category.esrgan)

    watched.watcher.look()

    assert watched.catalog.snapshot(Category.esrgan) is before


def test_the_first_look_reads_nothing_twice(path: Path) -> None:
    store = Store.open(path)
    _write(store, "first")
    catalog = Catalog(store)
    catalog.refresh()
    before = catalog.snapshot(Category.esrgan)
    watcher = StoreWatcher(store, catalog, interval_seconds=60)

    watcher.look()

    assert catalog.snapshot(Category.esrgan) is before
    watcher.stop()
    store.close()


def test_reads_go_on_while_the_file_is_gone(watched: Watched, path: Path) -> None:
    path.rename(path.with_name("away"))

    watched.watcher.look()

    assert watched.watcher.trouble is not None
    assert "is gone" in watched.watcher.trouble
    assert watched.names() == ["first"]
    assert not path.exists()


def test_all_is_well_when_the_file_is_back(watched: Watched, path: Path) -> None:
    path.rename(path.with_name("away"))
    watched.watcher.look()
    path.with_name("away").rename(path)
    _write(watched.store, "second")

    watched.watcher.look()

    assert watched.watcher.trouble is None
    assert watched.told[-1] is None
    assert watched.names() == ["first", "second"]


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x00" * 100_000])
def test_an_overwritten_file_is_trouble_until_a_good_one_is_there(
    watched: Watched, path: Path, tmp_path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    watched.watcher.look()
    troubled, kept = watched.watcher.trouble, watched.names()
    good = _another(tmp_path / "good.sqlite", "restored")
    _remove(path)
    good.rename(path)

    watched.watcher.look()

    assert troubled is not None
    assert kept == ["first"]
    assert watched.watcher.trouble is None
    assert watched.names() == ["restored"]


def test_a_truncated_file_is_trouble(watched: Watched, path: Path) -> None:
    with watched.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    watched.watcher.look()
    os.truncate(path, 4096)

    watched.watcher.look()

    assert watched.watcher.trouble is not None
    assert watched.names() == ["first"]


def test_another_database_in_the_place_is_taken_over(watched: Watched, path: Path, tmp_path: Path) -> None:
    good = _another(tmp_path / "good.sqlite", "other")
    _remove(path)
    good.rename(path)

    watched.watcher.look()

    assert watched.watcher.trouble is None
    assert watched.names() == ["other"]


def test_a_database_that_was_copied_over_is_taken_over(watched: Watched, path: Path, tmp_path: Path) -> None:
    with watched.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    watched.watcher.look()
    good = _another(tmp_path / "good.sqlite", "other", "second")
    shutil.copy(good, path)

    watched.watcher.look()

    assert watched.watcher.trouble is None
    assert watched.names() == ["other", "second"]


def test_a_new_and_empty_database_in_the_place_is_trouble(
    watched: Watched, path: Path, tmp_path: Path
) -> None:
    empty = _another(tmp_path / "empty.sqlite")
    _remove(path)
    empty.rename(path)

    watched.watcher.look()

    assert watched.watcher.trouble is not None
    assert "become empty" in watched.watcher.trouble
    assert watched.names() == ["first"]


def test_the_age_of_the_data_grows_while_the_store_can_not_be_asked(path: Path) -> None:
    now = 100.0
    store = Store.open(path)
    watcher = StoreWatcher(store, Catalog(store), interval_seconds=60, clock=lambda: now)
    watcher.look()
    path.rename(path.with_name("away"))
    now = 130.5

    watcher.look()

    assert watcher.data_age_seconds() == 30
    watcher.stop()
    store.close()


def test_a_watcher_that_was_never_started_can_be_stopped(path: Path) -> None:
    store = Store.open(path)

    StoreWatcher(store, Catalog(store), interval_seconds=60).stop()

    store.close()


def test_stopping_does_not_wait_for_the_next_look(path: Path) -> None:
    store = Store.open(path)
    watcher = StoreWatcher(store, Catalog(store), interval_seconds=60)
    watcher.start()

    watcher.stop()

    store.close()
