"""The database as it is at one moment: where snapshots and catalogues are made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from horde_model_reference.catalog.resources import Catalogs, ResourceCatalog
from horde_model_reference.catalog.snapshot import (
    CategorySnapshot,
    StoredRecord,
    build_snapshot,
    served_document,
)
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import StoreDamagedError
from horde_model_reference.store.resource_rows import read_catalogs
from horde_model_reference.store.tables import CategoryRow, RecordRow, RecordVersionRow

_MOST_CHANGES: Final = 500
"""After more changes than this a snapshot is made anew, which is quicker then."""


@dataclass(frozen=True, slots=True)
class StoreMoment:
    """The state of the database that one transaction sees, as a `CatalogSource`."""

    connection: sa.Connection
    location: str
    """Where the database is, without a password."""

    def fetch(
        self, category: Category, *, newer_than: CategorySnapshot | None = None
    ) -> CategorySnapshot | None:
        """Return the snapshot of a category if it changed, made from the one at hand where that can be.

        Raises:
            StoreDamagedError: A record can't be read.
        """
        row = self.connection.execute(
            sa.select(CategoryRow.revision, CategoryRow.modified_at).where(CategoryRow.name == category)
        ).first()
        if row is None or (newer_than is not None and newer_than.revision == row.revision):
            return None
        revision, modified_at = row
        try:
            updated = None
            if newer_than is not None and newer_than.revision < revision:
                updated = self._updated(newer_than, revision=revision, modified_at=modified_at)
            return updated or build_snapshot(
                category, read_records(self.connection, category), revision=revision, modified_at=modified_at
            )
        except ValueError as error:
            raise StoreDamagedError(
                f"the database {self.location} holds a record of {category} that can't be read: {error}"
            ) from error

    def fetch_resources(self, known: Catalogs) -> list[ResourceCatalog]:
        """Return the catalogues of side resources that are not at the serial of those that are known.

        Raises:
            StoreDamagedError: A resource can't be read.
        """
        try:
            return read_catalogs(self.connection, known)
        except ValueError as error:
            raise StoreDamagedError(
                f"the database {self.location} holds a side resource that can't be read: {error}"
            ) from error

    def _updated(
        self, known: CategorySnapshot, *, revision: int, modified_at: int
    ) -> CategorySnapshot | None:
        touched = self._touched_since(known)
        if touched is None or not self._is_of_this_history(known):
            return None
        changed = read_records(self.connection, known.category, list(touched))
        # What was deleted and made again has lost its place.
        removed = [name for name, was_deleted in touched.items() if was_deleted]
        return known.updated(changed, removed=removed, revision=revision, modified_at=modified_at)

    def _is_of_this_history(self, known: CategorySnapshot) -> bool:
        """Tell whether the last change that a snapshot shows is here too; the database may be another now."""
        if known.revision == 0:
            return len(known) == 0
        query = sa.select(RecordVersionRow.name, RecordVersionRow.document).where(
            RecordVersionRow.serial == known.revision, RecordVersionRow.category == known.category
        )
        row = self.connection.execute(query).first()
        if row is None:
            return False
        served = None if row.document is None else served_document(known.category, row.document.encode())
        return known.record(row.name) == served

    def _touched_since(self, known: CategorySnapshot) -> dict[str, bool] | None:
        """Return the names with new versions, and whether one of these is a deletion; None for too many."""
        query = (
            sa.select(RecordVersionRow.name, RecordVersionRow.document.is_(None))
            .where(RecordVersionRow.category == known.category, RecordVersionRow.serial > known.revision)
            .limit(_MOST_CHANGES + 1)
        )
        versions = self.connection.execute(query).all()
        if len(versions) > _MOST_CHANGES:
            return None
        touched: dict[str, bool] = {}
        for name, is_deletion in versions:
            touched[name] = touched.get(name, False) or bool(is_deletion)
        return touched


def read_records(
    connection: sa.Connection, category: Category, names: list[str] | None = None
) -> Iterator[StoredRecord]:
    """Return the records of a category in storage order; with ``names`` those of them that exist."""
    query = (
        sa.select(RecordRow.name, RecordVersionRow.document, RecordVersionRow.legacy)
        .join(RecordVersionRow, RecordVersionRow.serial == RecordRow.serial)
        .where(RecordRow.category == category)
        .order_by(RecordRow.position)
    )
    if names is not None:
        query = query.where(RecordRow.name.in_(names))
    for row in connection.execute(query.execution_options(yield_per=500)):
        document: str = row.document  # what exists has a document; a constraint sees to it
        legacy: str | None = row.legacy
        yield StoredRecord(
            name=row.name, document=document.encode(), legacy=None if legacy is None else legacy.encode()
        )
