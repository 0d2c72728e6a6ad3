"""Side resources in the database: what is bundled with the program, and every change to it since."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from horde_model_reference.catalog.resources import Catalogs, ResourceCatalog, make_catalog
from horde_model_reference.domain.bundled_resources import untouched_metadata
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Operation
from horde_model_reference.domain.resources import (
    RESOURCE_TYPE_NAMES,
    CatalogMetadata,
    CatalogName,
    Resource,
    ResourceType,
)
from horde_model_reference.review.ports import ResourceWrite
from horde_model_reference.store.tables import CategoryRow, ResourceCatalogRow, ResourceVersionRow
from horde_model_reference.store.transaction import StoreTransaction


class SqlResources:
    """The side resources that one transaction sees."""

    def __init__(self, transaction: StoreTransaction) -> None:
        self._transaction = transaction
        self._connection = transaction.connection

    def catalog(self, name: CatalogName) -> ResourceCatalog:
        """Return a catalogue as it stands."""
        row = self._connection.execute(_CATALOGS.where(ResourceCatalogRow.name == name.value)).first()
        return _catalog(self._connection, name, row)

    def catalog_at(self, name: CatalogName, serial: int) -> ResourceCatalog:
        """Return a catalogue with the resources that it had after the change with a serial.

        Its metadata is not told: it is that of an untouched catalogue.
        """
        changed = _changed(self._connection, name, up_to=serial)
        return make_catalog(name, untouched_metadata(name), serial=serial, changed=changed)

    def write(self, name: CatalogName, writes: Sequence[ResourceWrite], *, author: str) -> list[int]:
        """Store new versions, raise the catalogue's revision by one, and return the serials."""
        before = self.catalog(name)
        serials = self._transaction.take_serials(len(writes))
        self._raise_revision(before, serial=serials[-1])
        previous = self._last_versions(name)
        rows = [
            self._row(write, before, author)
            | {"serial": serial, "previous_serial": previous.get((write.resource_type, write.key), 0)}
            for serial, write in zip(serials, writes, strict=True)
        ]
        self._connection.execute(sa.insert(ResourceVersionRow), rows)
        self._touch_text_models(rows)
        return list(serials)

    def _touch_text_models(self, rows: Sequence[dict[str, Any]]) -> None:
        """Have text models count as changed where the guidance that they show did."""
        assignment = ResourceType.guidance_assignment.value
        serials = [int(row["serial"]) for row in rows if row["resource_type"] == assignment]
        if serials:
            category = sa.update(CategoryRow).where(CategoryRow.name == Category.text_generation)
            self._connection.execute(
                category.values(revision=max(serials), modified_at=self._transaction.now)
            )

    def _row(self, write: ResourceWrite, before: ResourceCatalog, author: str) -> dict[str, Any]:
        known = write.key in before.all(write.resource_type)
        operation = Operation.update if known else Operation.create
        return {
            "catalog": before.name.value,
            "resource_type": write.resource_type.value,
            "key": write.key,
            "operation": (Operation.delete if write.document is None else operation).value,
            "document": None if write.document is None else orjson.dumps(write.document).decode(),
            "author": author,
            "recorded_at": self._transaction.now,
        }

    def _raise_revision(self, before: ResourceCatalog, *, serial: int) -> None:
        values = {
            "revision": before.metadata.revision + 1,
            "serial": serial,
            "updated_at": self._transaction.now,
        }
        known = sa.update(ResourceCatalogRow).where(ResourceCatalogRow.name == before.name.value)
        if not self._connection.execute(known.values(**values)).rowcount:
            self._connection.execute(sa.insert(ResourceCatalogRow).values(name=before.name.value, **values))

    def _last_versions(self, name: CatalogName) -> dict[tuple[str, str], int]:
        query = sa.select(
            ResourceVersionRow.resource_type,
            ResourceVersionRow.key,
            sa.func.max(ResourceVersionRow.serial),
        ).where(ResourceVersionRow.catalog == name.value)
        rows = self._connection.execute(
            query.group_by(ResourceVersionRow.resource_type, ResourceVersionRow.key)
        )
        return {(resource_type, key): serial for resource_type, key, serial in rows}


_CATALOGS = sa.select(
    ResourceCatalogRow.name,
    ResourceCatalogRow.revision,
    ResourceCatalogRow.serial,
    ResourceCatalogRow.updated_at,
)


def read_catalogs(connection: sa.Connection, known: Catalogs) -> list[ResourceCatalog]:
    """Return the catalogues that are at another serial than those that are known.

    Raises:
        ValueError: a resource is not JSON.
    """
    rows = {row.name: row for row in connection.execute(_CATALOGS)}
    return [
        _catalog(connection, name, rows.get(name.value))
        for name in CatalogName
        if name not in known or known[name].serial != _serial(rows.get(name.value))
    ]


def read_documents(
    connection: sa.Connection, resource_type: ResourceType, keys: list[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Return the stored resources of a type by key, without what is bundled; with ``keys`` some of them."""
    newest = sa.select(sa.func.max(ResourceVersionRow.serial)).where(
        ResourceVersionRow.resource_type == resource_type.value
    )
    if keys is not None:
        newest = newest.where(ResourceVersionRow.key.in_(keys))
    query = sa.select(ResourceVersionRow.key, ResourceVersionRow.document).where(
        ResourceVersionRow.serial.in_(newest.group_by(ResourceVersionRow.key)),
        ResourceVersionRow.document.is_not(None),
    )
    return {key: orjson.loads(document or "") for key, document in connection.execute(query)}


def _serial(row: Any) -> int:
    return 0 if row is None else row.serial


def _catalog(connection: sa.Connection, name: CatalogName, row: Any) -> ResourceCatalog:
    if row is None:
        return make_catalog(name, untouched_metadata(name), serial=0, changed={})
    metadata = CatalogMetadata(revision=row.revision, updated_at=row.updated_at)
    return make_catalog(name, metadata, serial=row.serial, changed=_changed(connection, name))


def _changed(
    connection: sa.Connection, name: CatalogName, *, up_to: int | None = None
) -> Mapping[tuple[ResourceType, str], Resource | None]:
    """Return what became of the resources that were ever changed; None: deleted."""
    newest = (
        sa.select(sa.func.max(ResourceVersionRow.serial))
        .where(ResourceVersionRow.catalog == name.value)
        .group_by(ResourceVersionRow.resource_type, ResourceVersionRow.key)
    )
    if up_to is not None:
        newest = newest.where(ResourceVersionRow.serial <= up_to)
    query = sa.select(
        ResourceVersionRow.resource_type, ResourceVersionRow.key, ResourceVersionRow.document
    ).where(ResourceVersionRow.serial.in_(newest))
    return {
        (ResourceType(resource_type), key): _resource(ResourceType(resource_type), key, document)
        for resource_type, key, document in connection.execute(query)
        if resource_type in RESOURCE_TYPE_NAMES
    }


def _resource(resource_type: ResourceType, key: str, document: str | None) -> Resource | None:
    if document is None:
        return None
    return Resource(resource_type=resource_type, key=key, document=orjson.loads(document))
