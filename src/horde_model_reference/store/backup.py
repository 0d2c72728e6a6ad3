"""A whole store as one file, the same for SQLite and PostgreSQL: compressed lines of JSON.

The first line says what the file is and how many rows each table has, then come the rows, the last line holds
the hash of all before it. So a cut or altered file is noticed before anything of it is used.
"""

import gzip
import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

import sqlalchemy as sa

from horde_model_reference.domain.errors import ConflictError, StoreDamagedError, StoreTooNewError
from horde_model_reference.store.audit import verify_connection
from horde_model_reference.store.checking import find_damage
from horde_model_reference.store.engine import (
    create_engine,
    location,
    lock_schema,
    read_transaction,
    write_transaction,
)
from horde_model_reference.store.schema import stored_revision, upgrade
from horde_model_reference.store.store import Store
from horde_model_reference.store.tables import NOT_IN_BACKUPS, SCHEMA_REVISION, Table

_KIND: Final = "horde-model-reference backup"
_VERSION: Final = 1
_ROWS_AT_A_TIME: Final = 500
_STARTING_TABLES: Final = ("category_counters", "categories", "registry")
"""The tables in which a store without records has rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSummary:
    """What a backup holds."""

    schema: str
    """Revision of the tables."""
    rows: dict[str, int]
    """Number of rows by table."""


def write_backup(store: Store, path: Path) -> BackupSummary:
    """Write all that a store holds at one moment to a file; others go on to read and write meanwhile.

    Raises:
        StoreError: The database can't be read.
        OSError: The file can't be written; what was there before stays.
    """
    if path.exists() and not path.is_file():  # a device such as /dev/null would be gone
        raise FileExistsError(f"{path} is no file, so no backup is written there")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, filename="", mtime=0) as packed:
                summary = _write(store, packed)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return summary


def restore_backup(place: str | Path, path: Path) -> BackupSummary:
    """Fill an empty database, given its URL or the path of its SQLite file, with what a backup holds.

    Everything is restored or, on an error, nothing.

    Raises:
        ConflictError: The database holds something already.
        StoreDamagedError: The file is no backup, or not whole; or what it holds contradicts itself.
        StoreTooNewError: A newer release has written it.
        OSError: The file can't be read.
    """
    summary = _checked(path)
    engine = create_engine(place)
    try:
        revision = stored_revision(engine)
        with write_transaction(engine) as connection:
            lock_schema(connection)
            if revision is None:
                upgrade(connection, summary.schema)
            else:
                _require_empty(connection, revision, summary.schema)
            _fill(connection, path)
            upgrade(connection)
            _require_sound(connection, path)
    finally:
        engine.dispose()
    return summary


def _write(store: Store, file: gzip.GzipFile) -> BackupSummary:
    digest = sha256()

    def put(value: object) -> None:
        line = json.dumps(value, separators=(",", ":")).encode() + b"\n"
        digest.update(line)
        file.write(line)

    with read_transaction(store.engine) as connection:
        tables = [table for table in Table.metadata.sorted_tables if table.name not in NOT_IN_BACKUPS]
        rows = {table.name: _count(connection, table) for table in tables}
        put({"kind": _KIND, "version": _VERSION, "schema": SCHEMA_REVISION, "rows": rows})
        for table in tables:
            put({"table": table.name, "columns": [column.name for column in table.columns]})
            query = sa.select(table).order_by(*table.primary_key.columns)
            for row in connection.execute(query.execution_options(yield_per=_ROWS_AT_A_TIME)):
                put(list(row))
    file.write(json.dumps({"sha256": digest.hexdigest()}).encode() + b"\n")
    return BackupSummary(schema=SCHEMA_REVISION, rows=rows)


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _checked(path: Path) -> BackupSummary:
    """Read a backup to its end and return what it holds; nothing else is done with it before."""
    lines = _lines(path)
    try:
        head = cast("dict[str, Any]", next(lines))
        if head["kind"] != _KIND:
            raise StoreDamagedError(f"{path} is not a backup of a registry")
        if head["version"] > _VERSION or head["schema"] > SCHEMA_REVISION:
            raise StoreTooNewError(f"{path} was written by a newer release; install that to restore it")
        counted: dict[str, int] = {}
        table = ""
        for line in lines:
            if isinstance(line, dict):
                table = str(cast("dict[str, Any]", line)["table"])
                counted[table] = 0
            else:
                counted[table] += 1
    except (KeyError, TypeError, StopIteration) as error:
        raise StoreDamagedError(f"{path} is not a backup of a registry") from error
    if counted != head["rows"]:
        raise StoreDamagedError(f"{path} does not hold the rows that it names")
    return BackupSummary(schema=head["schema"], rows=counted)


def _lines(path: Path) -> Iterator[object]:
    """Return the lines of a backup but the last, which has to be the hash of all others."""
    digest = sha256()
    waiting: bytes | None = None
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                if waiting is not None:
                    digest.update(waiting)
                    yield json.loads(waiting)
                waiting = line
        if waiting is None or json.loads(waiting) != {"sha256": digest.hexdigest()}:
            raise StoreDamagedError(f"{path} is not whole, or was altered")
    except (EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
        raise StoreDamagedError(f"{path} is not whole, or no backup of a registry: {error}") from error


def _require_empty(connection: sa.Connection, revision: str, wanted: str) -> None:
    place = location(connection.engine)
    if revision != wanted:
        raise ConflictError(f"the database {place} is at schema {revision}, the backup at {wanted}")
    tables = Table.metadata.tables
    for name, table in tables.items():
        if name not in {*_STARTING_TABLES, *NOT_IN_BACKUPS} and _count(connection, table):
            raise ConflictError(f"the database {place} is not empty; restore into a new one")
    for name in _STARTING_TABLES:
        connection.execute(sa.delete(tables[name]))


def _fill(connection: sa.Connection, path: Path) -> None:
    lines = _lines(path)
    next(lines)
    table: sa.Table | None = None
    columns: list[str] = []
    rows: list[dict[str, Any]] = []
    for line in lines:
        if isinstance(line, dict) or len(rows) == _ROWS_AT_A_TIME:
            _insert(connection, table, rows)
            rows = []
        if isinstance(line, dict):
            heading = cast("dict[str, Any]", line)
            # As the database has it, which may be that of an earlier release.
            table = sa.Table(heading["table"], sa.MetaData(), autoload_with=connection)
            columns = heading["columns"]
        else:
            rows.append(dict(zip(columns, cast("list[Any]", line), strict=True)))
    _insert(connection, table, rows)


def _insert(connection: sa.Connection, table: sa.Table | None, rows: list[dict[str, Any]]) -> None:
    if table is not None and rows:
        connection.execute(sa.insert(table), rows)


def _require_sound(connection: sa.Connection, path: Path) -> None:
    fault = verify_connection(connection).fault
    problems = [*find_damage(connection), *([fault.reason] if fault is not None else [])]
    if problems:
        raise StoreDamagedError(f"what {path} holds contradicts itself: {problems[0]}")
