"""Bringing a database to the schema that this release works with."""

from pathlib import Path

import sqlalchemy as sa

from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
from horde_model_reference.domain.errors import StoreDamagedError, StoreTooNewError
from horde_model_reference.store.engine import location, lock_schema, read_transaction, write_transaction
from horde_model_reference.store.tables import SCHEMA_REVISION, CategoryRow, RegistryRow, Table

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"


def stored_revision(engine: sa.Engine) -> str | None:
    """Return the schema revision of a database, None where it is empty.

    Raises:
        StoreDamagedError: It holds tables, but not those of a registry.
        StoreUnavailableError: It can't be opened.
    """
    with read_transaction(engine) as connection:
        tables = set(sa.inspect(connection).get_table_names())
        if _VERSION_TABLE not in tables:
            if tables & set(Table.metadata.tables):
                raise StoreDamagedError(
                    f"the database {location(engine)} has lost its {_VERSION_TABLE} table"
                )
            return None
        revision = connection.execute(sa.text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()  # noqa: S608 - the table's name is a constant
        if revision is None and tables & set(Table.metadata.tables):
            raise StoreDamagedError(f"the database {location(engine)} has lost its schema revision")
        return None if revision is None else str(revision)


def prepare(engine: sa.Engine, *, now: int) -> None:
    """Create or upgrade the tables; a database that is up to date isn't written to.

    Raises:
        StoreTooNewError: A newer release has upgraded the database.
        StoreDamagedError: Its schema revision never existed.
    """
    revision = stored_revision(engine)
    if revision == SCHEMA_REVISION:
        return
    if revision is not None and revision > SCHEMA_REVISION:
        raise StoreTooNewError(
            f"the database {location(engine)} is at schema {revision}, this release knows {SCHEMA_REVISION}; "
            "install the newer release that wrote it"
        )
    with write_transaction(engine) as connection:
        lock_schema(connection)
        upgrade(connection)
        _initialize(connection, now=now)


def upgrade(connection: sa.Connection, revision: str = SCHEMA_REVISION) -> None:
    """Bring the tables to a revision, from whichever earlier one.

    Raises:
        StoreDamagedError: The present revision never existed.
    """
    from alembic import command  # noqa: PLC0415 - Alembic is needed once in the life of a database
    from alembic.config import Config  # noqa: PLC0415 - needed once in the life of a database
    from alembic.util import CommandError  # noqa: PLC0415 - needed once in the life of a database

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        place = location(connection.engine)
        raise StoreDamagedError(f"the database {place} can't be upgraded: {error}") from error


def _initialize(connection: sa.Connection, *, now: int) -> None:
    """Write the rows that every registry has: the serial, and the categories without a legacy file."""
    if connection.execute(sa.select(RegistryRow.id)).first() is not None:
        return
    connection.execute(sa.insert(RegistryRow).values(id=1, serial=0, initialized_at=now))
    connection.execute(
        sa.insert(CategoryRow),
        [
            {"name": category, "revision": 0, "modified_at": now, "initialized_at": now}
            for category in Category
            if not BUILT_IN_CATEGORIES[category].has_legacy_format
        ],
    )
