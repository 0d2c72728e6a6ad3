"""Databases that are broken, foreign, too new or not there: one clear error, never an empty registry."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from factories import a_write

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import (
    StoreDamagedError,
    StoreError,
    StoreTooNewError,
    StoreUnavailableError,
)
from horde_model_reference.store.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with forty records of two kilobytes each, and no other file beside it."""
    path = tmp_path / "store.sqlite"
    store = Store.open(path)
    with store.transaction() as transaction:
        writes = [a_write(f"model {number}", description="x" * 2_000) for number in range(40)]
        transaction.write(Category.esrgan, writes, author="test")
    store.close()
    assert not path.with_name("store.sqlite-wal").exists()
    return path


@pytest.fixture
def open_store() -> Iterator[Callable[[Path], Store]]:
    """Opens stores and closes them at the end."""
    stores: list[Store] = []

    def open_one(path: Path) -> Store:
        stores.append(Store.open(path))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


def _sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        connection.execute(statement)
    connection.close()


def _overwrite(path: Path, table: str) -> None:
    """Overwrite the page that leads to the rows of a table."""
    connection = sqlite3.connect(path)
    ((page_bytes,),) = connection.execute("PRAGMA page_size")
    ((page,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table])
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)


def _all_of(store: Store) -> None:
    store.serial()
    store.fetch(Category.esrgan)


@pytest.mark.parametrize("size", [1, 100, 4096, 5000, 50_000])
def test_a_truncated_file_is_called_damaged(path: Path, size: int) -> None:
    os.truncate(path, size)

    with pytest.raises(StoreDamagedError, match=f"{path} is damaged"):
        Store.open(path)


def test_a_text_file_is_called_damaged(path: Path) -> None:
    path.write_text("This is no database.", encoding="utf-8")

    with pytest.raises(StoreDamagedError, match="not an SQLite file"):
        Store.open(path)


def test_overwritten_pages_are_found_when_they_are_read(
    path: Path, open_store: Callable[[Path], Store]
) -> None:
    _overwrite(path, "record_versions")
    store = open_store(path)

    with pytest.raises(StoreError):
        _all_of(store)
    problems = store.check()

    assert problems


def test_a_folder_in_the_place_of_the_file_can_not_be_used(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match=str(tmp_path)):
        Store.open(tmp_path)


def test_a_file_in_the_place_of_the_folder_can_not_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreUnavailableError, match="file"):
        Store.open(tmp_path / "file" / "store.sqlite")


def test_a_database_of_a_newer_release_is_refused(path: Path) -> None:
    _sql(path, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreTooNewError, match="schema 9999"):
        Store.open(path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alembic_version SET version_num = '0000'",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
    ],
)
def test_a_database_that_lost_its_schema_revision_is_called_damaged(path: Path, statement: str) -> None:
    _sql(path, statement)

    with pytest.raises(StoreDamagedError, match=str(path)):
        Store.open(path)


@pytest.mark.parametrize("table", ["records", "record_versions", "categories", "registry"])
def test_a_missing_table_is_called_damage(
    path: Path, open_store: Callable[[Path], Store], table: str
) -> None:
    _sql(path, f"DROP TABLE {table}")
    store = open_store(path)

    with pytest.raises(StoreDamagedError, match=f"no such table: .*{table}"):
        _all_of(store)


def test_a_missing_serial_is_called_damage(path: Path, open_store: Callable[[Path], Store]) -> None:
    _sql(path, "DELETE FROM registry")
    store = open_store(path)

    with pytest.raises(StoreDamagedError, match="lost its serial"):
        store.serial()
    with pytest.raises(StoreDamagedError, match="lost its serial"), store.transaction():
        pytest.fail("a transaction began")


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE registry SET serial = 39", "the serial is 39"),
        ("UPDATE registry SET serial = 41", "the serial is 41"),
        ("UPDATE categories SET revision = 7 WHERE name = 'esrgan'", "esrgan is at revision 7"),
        ("DELETE FROM records WHERE serial = 5", "version 5 is the newest of its record, but not shown"),
        ("UPDATE record_versions SET document = '{' WHERE serial = 3", "version 3 is not JSON"),
    ],
)
def test_a_check_finds_what_does_not_fit_together(
    path: Path, open_store: Callable[[Path], Store], statement: str, problem: str
) -> None:
    _sql(path, statement)

    problems = open_store(path).check()

    assert any(problem in found for found in problems)


def test_a_check_finds_nothing_in_a_sound_database(path: Path, open_store: Callable[[Path], Store]) -> None:
    assert open_store(path).check() == []


def test_a_record_that_is_no_json_is_called_damage(path: Path, open_store: Callable[[Path], Store]) -> None:
    _sql(path, "UPDATE record_versions SET document = '{oops' WHERE serial = 3")

    with pytest.raises(StoreDamagedError, match="esrgan"):
        open_store(path).fetch(Category.esrgan)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(StoreUnavailableError, match="in memory"):
        Store.open(url)


@pytest.mark.parametrize("url", ["nonsense", "nodriver://host/name", "sqlite+nodriver:///file"])
def test_a_url_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(StoreUnavailableError, match="URL"):
        Store.open(url)


@pytest.mark.parametrize("name", ["what?", "100%20", "a#b", "a b", "ü模", "semi;colon&x=y", "[x]"])
def test_a_path_may_hold_what_means_something_in_a_url(
    tmp_path: Path, open_store: Callable[[Path], Store], name: str
) -> None:
    path = tmp_path / name / "store.sqlite"

    open_store(path)

    assert path.is_file()


def test_a_database_that_may_only_be_read_can_not_be_used(path: Path) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "import sqlalchemy.dialects.sqlite.pysqlite, sqlite3\n"
        "from horde_model_reference.domain.errors import StoreUnavailableError\n"
        "from horde_model_reference.store.store import Store\n"
        "if os.geteuid() == 0:\n"
        "    os.setuid(65534)\n"
        "try:\n"
        "    store = Store.open(Path(sys.argv[1]))\n"
        "    store.serial()\n"
        "    store.transaction().__enter__()\n"
        "except StoreUnavailableError as error:\n"
        "    print(error)\n"
    )
    with TemporaryDirectory() as folder:  # others may look into it, unlike into tmp_path
        copy = Path(folder) / path.name
        shutil.copy(path, copy)
        copy.chmod(0o444)
        copy.parent.chmod(0o555)
        run = subprocess.run(
            [sys.executable, "-c", program, str(copy)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        copy.parent.chmod(0o755)

    assert run.stderr == ""
    assert f"{copy} can't be used" in run.stdout


def test_a_removed_file_is_not_written_to_and_not_made_anew(
    path: Path, open_store: Callable[[Path], Store]
) -> None:
    store = open_store(path)
    store.serial()
    path.unlink()

    with pytest.raises(StoreUnavailableError, match="is gone"), store.transaction():
        pytest.fail("a transaction began")

    assert not path.exists()


def test_a_replaced_file_is_the_one_that_is_written_to(
    path: Path, tmp_path: Path, open_store: Callable[[Path], Store]
) -> None:
    store = open_store(path)
    store.serial()
    other = Store.open(tmp_path / "other.sqlite")
    other.close()
    (tmp_path / "other.sqlite").replace(path)

    with store.transaction() as transaction:
        transaction.write(Category.gfpgan, [a_write("new")], author="test")

    assert open_store(path).serial() == 1
