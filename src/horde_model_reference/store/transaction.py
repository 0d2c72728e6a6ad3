"""Writing to the store: every change takes the next number of the one global serial."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from horde_model_reference.domain.categories import Category
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

    def __init__(self, connection: sa.Connection, *, now: int) -> None:
        self.now = now
        """Unix seconds; the same for everything in the transaction."""
        self._connection = connection
        # The row lock makes others wait here, so that serials are gapless and in the order of commits.
        self._serial = connection.execute(sa.select(RegistryRow.serial).with_for_update()).scalar_one()
        self._started_at_serial = self._serial

    @property
    def connection(self) -> sa.Connection:
        """Return the connection, for tables of other modules that change together with records."""
        return self._connection

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
        """
        self.ensure_category(category)
        pending = list(writes)
        current = self._serials(category, [write.name for write in pending])
        position = self._last_position(category)
        versions: list[dict[str, Any]] = []
        created: list[dict[str, Any]] = []
        for write in pending:
            self._serial += 1
            is_new = write.name not in current
            versions.append(self._version(category, write, author, is_new=is_new))
            if is_new:
                position += 1
                created.append(
                    {"category": category, "name": write.name, "position": position, "serial": self._serial}
                )
                current[write.name] = self._serial
        self._insert(RecordVersionRow, versions)
        self._insert(RecordRow, created)
        self._move_heads(category, versions)
        if versions:
            self._connection.execute(
                sa.update(CategoryRow)
                .where(CategoryRow.name == category)
                .values(revision=self._serial, modified_at=self.now)
            )
        return [version["serial"] for version in versions]

    def finish(self) -> None:
        """Store the serial that the next transaction goes on from."""
        if self._serial != self._started_at_serial:
            self._connection.execute(sa.update(RegistryRow).values(serial=self._serial))

    def _version(self, category: Category, write: Write, author: str, *, is_new: bool) -> dict[str, Any]:
        operation = "delete" if write.document is None else "create" if is_new else "update"
        return {
            "serial": self._serial,
            "category": category,
            "name": write.name,
            "operation": operation,
            "document": write.document,
            "legacy": write.legacy,
            "author": author,
            "recorded_at": self.now,
        }

    def _move_heads(self, category: Category, versions: list[dict[str, Any]]) -> None:
        """Point the records at their new versions, and remove those that were deleted."""
        place = (RecordRow.category == category) & (RecordRow.name == sa.bindparam("of_name"))
        updated = [
            {"of_name": version["name"], "of_serial": version["serial"]}
            for version in versions
            if version["operation"] == "update"
        ]
        deleted = [{"of_name": version["name"]} for version in versions if version["operation"] == "delete"]
        if updated:
            self._connection.execute(
                sa.update(RecordRow).where(place).values(serial=sa.bindparam("of_serial")), updated
            )
        if deleted:
            self._connection.execute(sa.delete(RecordRow).where(place), deleted)

    def _serials(self, category: Category, names: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(names), _ROWS_A_STATEMENT):
            some = names[start : start + _ROWS_A_STATEMENT]
            query = sa.select(RecordRow.name, RecordRow.serial).where(
                RecordRow.category == category, RecordRow.name.in_(some)
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
