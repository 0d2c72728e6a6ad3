"""Databases of earlier releases become what this release works with, and lose nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from factories import a_document, compact

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import StoreUnavailableError
from horde_model_reference.store import schema
from horde_model_reference.store.store import Store
from horde_model_reference.store.tables import SCHEMA_REVISION, Table

_MIGRATIONS = Path(schema.__file__).parent / "migrations"


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _revisions() -> list[str]:
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _insert(connection: sa.Connection, table: str, row: dict[str, object]) -> None:
    columns = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)


def _fill(connection: sa.Connection) -> None:
    """Store an update, a deletion and two records with nothing but the columns of the first release."""
    _insert(connection, "registry", {"id": 1, "serial": 5, "initialized_at": 10})
    _insert(
        connection, "categories", {"name": "esrgan", "revision": 5, "modified_at": 15, "initialized_at": 10}
    )
    versions = [
        (1, "a", "create"),
        (2, "b", "create"),
        (3, "a", "update"),
        (4, "c", "create"),
        (5, "b", "delete"),
    ]
    for serial, name, operation in versions:
        document = None if operation == "delete" else compact(a_document(name, description=f"{serial}"))
        _insert(
            connection,
            "record_versions",
            {
                "serial": serial,
                "category": "esrgan",
                "name": name,
                "operation": operation,
                "document": document,
                "legacy": None,
                "author": "somebody",
                "recorded_at": 10 + serial,
            },
        )
    for position, (name, serial) in enumerate([("a", 3), ("c", 4)]):
        _insert(
            connection,
            "records",
            {"category": "esrgan", "name": name, "position": position + 1, "serial": serial},
        )


@pytest.mark.parametrize("revision", _revisions())
def test_a_filled_database_of_each_earlier_release_is_upgraded_without_a_loss(
    tmp_path: Path, revision: str
) -> None:
    path = tmp_path / "old.sqlite"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(_config(connection), _revisions()[0])
        _fill(connection)
        command.upgrade(_config(connection), revision)
    engine.dispose()

    store = Store.open(path)

    assert store.schema_revision() == SCHEMA_REVISION
    assert store.check() == []
    assert [record.name for record in store.records(Category.esrgan)] == ["a", "c"]
    assert [(version.serial, version.operation) for version in store.history(Category.esrgan, "b")] == [
        (2, "create"),
        (5, "delete"),
    ]
    assert store.serial() == 5
    store.close()


def test_the_migrations_make_the_tables_that_the_program_works_with(new_url: Callable[[], str]) -> None:
    store = Store.open(new_url())

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Table.metadata)

    store.close()
    assert differences == []


def test_the_schema_revision_is_that_of_the_last_migration() -> None:
    assert _revisions()[-1] == SCHEMA_REVISION
    assert ScriptDirectory.from_config(_config()).get_heads() == [SCHEMA_REVISION]


def test_revisions_are_numbered_so_that_a_newer_one_is_greater() -> None:
    assert _revisions() == sorted(_revisions())


def test_a_database_that_is_up_to_date_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    Store.open(path).close()
    before = path.read_bytes()

    Store.open(path).close()

    assert path.read_bytes() == before


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW category_counters AS SELECT 1")

    with pytest.raises(StoreUnavailableError, match="category_counters"):
        Store.open(path)

    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
