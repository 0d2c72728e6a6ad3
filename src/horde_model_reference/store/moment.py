"""The database as it is at one moment: where snapshots and catalogues are made from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import orjson
import sqlalchemy as sa

from horde_model_reference.catalog.resources import Catalogs, ResourceCatalog
from horde_model_reference.catalog.snapshot import (
    CategorySnapshot,
    StoredRecord,
    build_snapshot,
    published_guidance,
    served_document,
    told_guidance,
)
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import StoreDamagedError
from horde_model_reference.domain.resources import ResourceType
from horde_model_reference.store.resource_rows import read_catalogs, read_documents
from horde_model_reference.store.tables import CategoryRow, RecordRow, RecordVersionRow, ResourceVersionRow

_MOST_CHANGES: Final = 500
"""After more changes than this a snapshot is made anew, which is quicker then."""


_IS_ASSIGNMENT: Final = ResourceVersionRow.resource_type == ResourceType.guidance_assignment.value


@dataclass(frozen=True)
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
        state = self._states.get(category)
        if state is None or (newer_than is not None and newer_than.revision == state[0]):
            return None
        revision, modified_at = state
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

    @cached_property
    def _states(self) -> Mapping[str, tuple[int, int]]:
        """Revision and time of the last change of every category; most have none that is new."""
        rows = self.connection.execute(
            sa.select(CategoryRow.name, CategoryRow.revision, CategoryRow.modified_at)
        )
        return {name: (revision, modified_at) for name, revision, modified_at in rows}

    def _updated(
        self, known: CategorySnapshot, *, revision: int, modified_at: int
    ) -> CategorySnapshot | None:
        touched = self._touched_since(known)
        if touched is None or not self._is_of_this_history(known):
            return None
        if known.category is Category.text_generation and not touched:
            names = [name for name in self._assigned_since(known) if known.record(name) is not None]
            if len(names) > _MOST_CHANGES:
                return None
            changed = read_records(self.connection, known.category, names)
            return known.with_guidance(changed, revision=revision, modified_at=modified_at)
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
            return self._shows_assignment(known)
        record = None if row.document is None else row.document.encode()
        guidance = read_guidance(self.connection, [row.name]).get(row.name)
        shown = known.record(row.name)
        return shown == (None if record is None else served_document(known.category, record, guidance))

    def _shows_assignment(self, known: CategorySnapshot) -> bool:
        """Tell whether the last change that a snapshot shows is an assignment that is here too."""
        query = sa.select(ResourceVersionRow.key, ResourceVersionRow.document).where(
            ResourceVersionRow.serial == known.revision, _IS_ASSIGNMENT
        )
        row = self.connection.execute(query).first()
        record = None if row is None else known.record(row.key)
        if row is None or record is None:
            return False
        told = told_guidance(orjson.loads(record))
        return told == (None if row.document is None else published_guidance(orjson.loads(row.document)))

    def _assigned_since(self, known: CategorySnapshot) -> list[str]:
        """Return the models whose assignment of guidance changed."""
        query = sa.select(ResourceVersionRow.key).where(
            ResourceVersionRow.serial > known.revision, _IS_ASSIGNMENT
        )
        return list(dict.fromkeys(self.connection.execute(query).scalars()))

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
    guidance = read_guidance(connection, names) if category is Category.text_generation else {}
    for row in connection.execute(query.execution_options(yield_per=500)):
        document: str = row.document  # what exists has a document; a constraint sees to it
        legacy: str | None = row.legacy
        yield StoredRecord(
            name=row.name,
            document=document.encode(),
            legacy=None if legacy is None else legacy.encode(),
            guidance=guidance.get(row.name),
        )


def read_guidance(connection: sa.Connection, names: list[str] | None = None) -> dict[str, dict[str, Any]]:
    """Return the summaries of the guidance that is published, by model; with ``names`` of some."""
    documents = read_documents(connection, ResourceType.guidance_assignment, names)
    return {name: published_guidance(document) for name, document in documents.items()}
