"""Catalogs of a few made-up records that tests of searches read and change."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.catalog.snapshot import CategorySnapshot, StoredRecord, build_snapshot
from horde_model_reference.domain.categories import Category

Documents = Mapping[str, Mapping[str, Any]]


def image_document(**fields: Any) -> dict[str, Any]:
    """Return the document of an image model; its name is put in by its key."""
    return {"baseline": "stable_diffusion_1", "nsfw": False, **fields}


class ChangingSource:
    """A source whose records tests set; each setting is a new revision."""

    def __init__(self) -> None:
        self._snapshots: dict[Category, CategorySnapshot] = {}
        self._revision = 0

    def set(self, category: Category, documents: Documents) -> None:
        """Replace the records of a category."""
        self._revision += 1
        self._snapshots[category] = build_snapshot(
            category, stored(documents), revision=self._revision, modified_at=1_700_000_000 + self._revision
        )

    def fetch(
        self, category: Category, *, newer_than: CategorySnapshot | None = None
    ) -> CategorySnapshot | None:
        """Return the snapshot of a category, as sources do."""
        found = self._snapshots.get(category)
        return None if found is newer_than else found


def stored(documents: Documents) -> Iterable[StoredRecord]:
    """Yield documents by name as a store gives them."""
    for name, document in documents.items():
        yield StoredRecord(name=name, document=orjson.dumps({"name": name, **document}))


def catalog_of(source: ChangingSource, documents: Documents) -> Catalog:
    """Return a catalog of image models from a source that can change them."""
    source.set(Category.image_generation, documents)
    catalog = Catalog(source)
    catalog.refresh()
    return catalog
