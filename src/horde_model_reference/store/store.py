"""The store of a PRIMARY: the newest version of every record, and all versions before it."""

import time
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from horde_model_reference.catalog.resources import CatalogSource
from horde_model_reference.catalog.snapshot import CategorySnapshot, StoredRecord
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import StoreDamagedError
from horde_model_reference.store.change_groups import ChangeGroup, change_groups
from horde_model_reference.store.checking import find_damage
from horde_model_reference.store.counters import CategoryCounters, read_counters
from horde_model_reference.store.engine import (
    create_engine,
    location,
    read_transaction,
    translated_errors,
    write_transaction,
)
from horde_model_reference.store.moment import StoreMoment, read_records
from horde_model_reference.store.schema import prepare, stored_revision
from horde_model_reference.store.tables import RecordRow, RecordVersionRow, RegistryRow
from horde_model_reference.store.transaction import StoreTransaction
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

Clock = Callable[[], int]


def unix_time() -> int:
    """Return the time now in Unix seconds."""
    return int(time.time())


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVersion:
    """One version of a record, as its history shows it."""

    serial: int
    operation: str
    document: str | None
    author: str
    recorded_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """That a record changed, without what it says."""

    serial: int
    category: str
    name: str
    operation: str
    author: str
    recorded_at: int
    previous_serial: int = 0
    """Of the version or tombstone before; 0 where there was none."""


class Store:
    """A database of records, for any number of threads and processes; each change is a transaction."""

    def __init__(self, engine: sa.Engine, *, clock: Clock = unix_time) -> None:
        self._engine = engine
        self._clock = clock

    @classmethod
    def open(cls, place: str | Path, *, clock: Clock = unix_time, must_exist: bool = False) -> "Store":
        """Open a database, given its URL or the path of its SQLite file, and bring its tables up to date.

        Raises:
            StoreUnavailableError: It can't be opened, or is no file yet and ``must_exist``.
            StoreTooNewError: A newer release has written it.
            StoreDamagedError: It is not a registry's, or broken.
        """
        engine = create_engine(place, must_exist=must_exist)
        try:
            with translated_errors(engine):
                prepare(engine, now=clock())
        except Exception:
            engine.dispose()
            raise
        return cls(engine, clock=clock)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @property
    def location(self) -> str:
        """Return where the data is, without a password."""
        return location(self._engine)

    @property
    def engine(self) -> sa.Engine:
        """Return the engine, for the parts of the store that watch or check it."""
        return self._engine

    def schema_revision(self) -> str | None:
        """Return the revision of the tables."""
        return stored_revision(self._engine)

    def is_empty(self) -> bool:
        """Tell whether no record was ever stored."""
        return self.serial() == 0

    def serial(self) -> int:
        """Return the number of the last change."""
        with read_transaction(self._engine) as connection:
            serial = connection.execute(sa.select(RegistryRow.serial)).scalar()
        return self._require_serial(serial)

    def record_count(self) -> int:
        """Return the number of records that exist."""
        with read_transaction(self._engine) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(RecordRow)).scalar_one()

    def records(self, category: Category) -> list[StoredRecord]:
        """Return the records of a category in storage order."""
        with read_transaction(self._engine) as connection:
            return list(read_records(connection, category))

    def fetch(
        self, category: Category, *, newer_than: CategorySnapshot | None = None
    ) -> CategorySnapshot | None:
        """Return the snapshot of a category if it changed since the one at hand, as a `Source` does."""
        with self.at_one_moment() as moment:
            return moment.fetch(category, newer_than=newer_than)

    @contextmanager
    def at_one_moment(self) -> Generator[CatalogSource]:
        """Give a source whose answers all show the same state of the database."""
        with read_transaction(self._engine) as connection:
            yield StoreMoment(connection, self.location)

    def history(self, category: Category, name: str) -> list[RecordVersion]:
        """Return every version of a record, oldest first."""
        columns = (
            RecordVersionRow.serial,
            RecordVersionRow.operation,
            RecordVersionRow.document,
            RecordVersionRow.author,
            RecordVersionRow.recorded_at,
        )
        query = (
            sa.select(*columns)
            .where(RecordVersionRow.category == category, RecordVersionRow.name == name)
            .order_by(RecordVersionRow.serial)
        )
        with read_transaction(self._engine) as connection:
            return [RecordVersion(**row) for row in connection.execute(query).mappings()]

    def last_changes(self, *, limit: int, category: Category | None = None) -> list[RecordChange]:
        """Return the newest versions of all records, or of those of a category, the newest first."""
        columns = (
            RecordVersionRow.serial,
            RecordVersionRow.category,
            RecordVersionRow.name,
            RecordVersionRow.operation,
            RecordVersionRow.author,
            RecordVersionRow.recorded_at,
            RecordVersionRow.previous_serial,
        )
        query = sa.select(*columns).order_by(RecordVersionRow.serial.desc()).limit(limit)
        if category is not None:
            query = query.where(RecordVersionRow.category == category)
        with read_transaction(self._engine) as connection:
            return [RecordChange(**row) for row in connection.execute(query).mappings()]

    def change_groups(
        self, *, limit: int, before: int | None = None, category: Category | None = None
    ) -> list[ChangeGroup]:
        """Return what changed below a serial, newest first, with what was changed at once as one."""
        with read_transaction(self._engine) as connection:
            return list(change_groups(connection, limit=limit, before=before, category=category))

    def documents(self, serials: Collection[int]) -> dict[int, str]:
        """Return the documents of versions by their serials; deletions and unknown serials have none."""
        query = sa.select(RecordVersionRow.serial, RecordVersionRow.document).where(
            RecordVersionRow.serial.in_(serials), RecordVersionRow.document.is_not(None)
        )
        with read_transaction(self._engine) as connection:
            return {serial: document for serial, document in connection.execute(query) if document}

    def counters(self, format_name: str) -> dict[Category, CategoryCounters]:
        """Return the bookkeeping of every category for `v1` or `v2` (spec 11, Metadata)."""
        with read_transaction(self._engine) as connection:
            return read_counters(connection, format_name)

    @contextmanager
    def transaction(self) -> Generator[StoreTransaction]:
        """Give the only writer until the block ends; all of it is stored, or on an error none of it."""
        with write_transaction(self._engine) as connection:
            # The row lock makes others wait here, so that serials are gapless and in the order of commits.
            serial = connection.execute(sa.select(RegistryRow.serial).with_for_update()).scalar()
            transaction = StoreTransaction(connection, serial=self._require_serial(serial), now=self._clock())
            yield transaction
            transaction.finish()

    def unit_of_work(self, *, allow_self_approval: bool = False) -> SqlUnitOfWork:
        """Return a unit of work for the steps of the review, to be used by one thread.

        ``allow_self_approval`` says what the constraints of the database let pass; the steps have their own
        rules (spec 20, OURS).
        """
        return SqlUnitOfWork(self.transaction, allow_self_approval=allow_self_approval)

    def review_view(self) -> SqlUnitOfWork:
        """Return a unit of work that only reads, at one moment, and waits for no writer; it can't commit."""
        return SqlUnitOfWork(self._reading)

    @contextmanager
    def _reading(self) -> Generator[StoreTransaction]:
        with read_transaction(self._engine) as connection:
            serial = connection.execute(sa.select(RegistryRow.serial)).scalar()
            yield StoreTransaction(connection, serial=self._require_serial(serial), now=self._clock())
            raise RuntimeError("a view of the review has nothing to commit")

    def check(self) -> list[str]:
        """Read the whole database and return what is wrong with it, an empty list where nothing is."""
        try:
            with read_transaction(self._engine) as connection:
                return find_damage(connection)
        except StoreDamagedError as error:
            return [str(error)]

    def _require_serial(self, serial: int | None) -> int:
        if serial is None:
            raise StoreDamagedError(
                f"the database {self.location} has lost its serial; restore a backup of it"
            )
        return serial
