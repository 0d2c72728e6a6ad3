"""Writing to the store: every change takes the next number of the one global serial."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.store.notices import tell_others
from horde_model_reference.store.tables import CategoryRow, RecordRow, RecordVersionRow, RegistryRow

_ROWS_A_STATEMENT = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """The newest version of a record."""

    serial: int
    document: str
    legacy: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A record's next version: None as document deletes it."""

    name: str
    document: str | None
    legacy: str | None = None


class StoreTransaction:
    """The changes of one transaction; nothing of it is seen by anybody before it is committed."""

    def __init__(self, connection: sa.Connection, *, serial: int, now: int) -> None:
        self.now = now
        """Unix seconds; the same for everything in the transaction."""
        self._connection = connection
        self._serial = self._started_at_serial = serial

    @property
    def connection(self) -> sa.Connection:
        """Return the connection, for tables of other modules that change together with records."""
        return self._connection

    @property
    def serial(self) -> int:
        """Return the last serial given out, in this transaction or before."""
        return self._serial

    def take_serials(self, count: int) -> range:
        """Return the next serials, for versions of something else than records."""
        first = self._serial + 1
        self._serial += count
        return range(first, first + count)

    def ensure_category(self, category: Category) -> int:
        """Make the category known, though it may be empty, and return when it first was (Unix seconds)."""
        query = sa.select(CategoryRow.initialized_at).where(CategoryRow.name == category)
        known = self._connection.execute(query).scalar()
        if known is not None:
            return known
        self._connection.execute(
            sa.insert(CategoryRow).values(
                name=category, revision=0, modified_at=self.now, initialized_at=self.now
            )
        )
        return self.now

    def heads(self, category: Category) -> dict[str, Head]:
        """Return the newest version of every record of a category, by name, in storage order."""
        query = self._heads_query(category).order_by(RecordRow.position)
        return {
            row.name: Head(row.serial, row.document, row.legacy) for row in self._connection.execute(query)
        }

    def head(self, category: Category, name: str) -> Head | None:
        """Return the newest version of a record, None where there is none."""
        row = self._connection.execute(self._heads_query(category).where(RecordRow.name == name)).first()
        return None if row is None else Head(row.serial, row.document, row.legacy)

    def write(self, category: Category, writes: Iterable[Write], *, author: str) -> list[int]:
        """Store new versions in the given order and return their serials.

        A name that is new goes to the end of the category; an update keeps its place.

        Raises:
            RecordNotFoundError: A record is to be deleted that doesn't exist; nothing is stored.
        """
        self.ensure_category(category)
        pending = list(writes)
        names = [write.name for write in pending]
        before = self._serials(category, names)
        previous = self._last_versions(category, names)
        after = dict(before)
        appended: dict[str, None] = {}
        versions: list[dict[str, Any]] = []
        for serial, write in enumerate(pending, self._serial + 1):
            version = self._version(category, write, author, serial, exists=write.name in after)
            versions.append(version | {"previous_serial": previous.get(write.name, 0)})
            previous[write.name] = serial
            if write.document is None:
                del after[write.name]
                appended.pop(write.name, None)
            else:
                if write.name not in after:
                    appended[write.name] = None
                after[write.name] = serial
        if not versions:
            return []
        self._insert(RecordVersionRow, versions)
        self._move_heads(category, before, after, list(appended))
        self._serial += len(versions)
        self._connection.execute(
            sa.update(CategoryRow)
            .where(CategoryRow.name == category)
            .values(revision=self._serial, modified_at=self.now)
        )
        return [version["serial"] for version in versions]

    def finish(self) -> None:
        """Store the serial that the next transaction goes on from, and have other processes told of it."""
        if self._serial != self._started_at_serial:
            self._connection.execute(sa.update(RegistryRow).values(serial=self._serial))
            tell_others(self._connection, self._serial)

    def _version(
        self, category: Category, write: Write, author: str, serial: int, *, exists: bool
    ) -> dict[str, Any]:
        if write.document is None and not exists:
            raise RecordNotFoundError(f"there is no model {write.name!r} in {category}")
        operation = "delete" if write.document is None else "update" if exists else "create"
        return {
            "serial": serial,
            "category": category,
            "name": write.name,
            "operation": operation,
            "document": write.document,
            "legacy": write.legacy,
            "author": author,
            "recorded_at": self.now,
        }

    def _move_heads(
        self, category: Category, before: Mapping[str, int], after: Mapping[str, int], appended: list[str]
    ) -> None:
        """Point the records at their new versions: remove what is gone, then append what is new."""
        place = (RecordRow.category == category) & (RecordRow.name == sa.bindparam("of_name"))
        new = set(appended)
        deleted = [{"of_name": name} for name in before if name not in after or name in new]
        updated = [
            {"of_name": name, "of_serial": serial}
            for name, serial in after.items()
            if name not in new and serial != before[name]
        ]
        if deleted:
            self._connection.execute(sa.delete(RecordRow).where(place), deleted)
        if updated:
            self._connection.execute(
                sa.update(RecordRow).where(place).values(serial=sa.bindparam("of_serial")), updated
            )
        first = self._last_position(category) + 1
        self._insert(
            RecordRow,
            [
                {"category": category, "name": name, "position": position, "serial": after[name]}
                for position, name in enumerate(appended, first)
            ],
        )

    def _serials(self, category: Category, names: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(names), _ROWS_A_STATEMENT):
            some = names[start : start + _ROWS_A_STATEMENT]
            query = sa.select(RecordRow.name, RecordRow.serial).where(
                RecordRow.category == category, RecordRow.name.in_(some)
            )
            found |= dict(self._connection.execute(query).all())
        return found

    def _last_versions(self, category: Category, names: list[str]) -> dict[str, int]:
        """Return the serial of the newest version or tombstone of each name that ever had one."""
        found: dict[str, int] = {}
        for start in range(0, len(names), _ROWS_A_STATEMENT):
            some = names[start : start + _ROWS_A_STATEMENT]
            query = (
                sa.select(RecordVersionRow.name, sa.func.max(RecordVersionRow.serial))
                .where(RecordVersionRow.category == category, RecordVersionRow.name.in_(some))
                .group_by(RecordVersionRow.name)
            )
            found |= dict(self._connection.execute(query).all())
        return found

    def _last_position(self, category: Category) -> int:
        query = sa.select(sa.func.max(RecordRow.position)).where(RecordRow.category == category)
        return self._connection.execute(query).scalar() or 0

    def _insert(self, table: type[RecordVersionRow | RecordRow], rows: list[dict[str, Any]]) -> None:
        for start in range(0, len(rows), _ROWS_A_STATEMENT):
            self._connection.execute(sa.insert(table), rows[start : start + _ROWS_A_STATEMENT])

    @staticmethod
    def _heads_query(category: Category) -> sa.Select[str, int, str | None, str | None]:
        return (
            sa.select(
                RecordRow.name, RecordVersionRow.serial, RecordVersionRow.document, RecordVersionRow.legacy
            )
            .join(RecordVersionRow, RecordVersionRow.serial == RecordRow.serial)
            .where(RecordRow.category == category)
        )
