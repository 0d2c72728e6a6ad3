"""Each catalogue of side resources as one document, as its export over HTTP or its file shows it."""

from collections.abc import Iterable
from typing import Any, assert_never

import orjson

from horde_model_reference.catalog import guidance
from horde_model_reference.catalog.licensed_assets import LicensedAssets, ModelGroup
from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.resources import CatalogName, ResourceType


def exported_catalog(catalog: ResourceCatalog, models: Iterable[CategorySnapshot]) -> dict[str, Any]:
    """Return everything that a catalogue says; ``models`` are shown by that of the licences."""
    match catalog.name:
        case CatalogName.licensing:
            return _licensing(catalog, models)
        case CatalogName.text_guidance:
            return guidance.exported(catalog)
        case CatalogName.image_baselines:
            return exported_baselines(catalog)
        case CatalogName.text_aliases:
            return _plain(catalog, ResourceType.text_alias)
        case CatalogName.text_families:
            families = _plain(catalog, ResourceType.text_family)
            return {name: {"family_name": name, **family} for name, family in families.items()}
        case CatalogName.text_name_schemas:
            return _plain(catalog, ResourceType.text_name_schema)
        case _:
            assert_never(catalog.name)


def exported_baselines(catalog: ResourceCatalog) -> dict[str, Any]:
    """Return all image baselines."""
    found = catalog.all(ResourceType.image_baseline)
    baselines = {name: resource.document for name, resource in found.items()}
    return {"metadata": catalog.metadata.document(), "baselines": baselines}


def _licensing(catalog: ResourceCatalog, models: Iterable[CategorySnapshot]) -> dict[str, Any]:
    assets = LicensedAssets((ModelGroup(snapshot) for snapshot in models), catalog)
    export: dict[str, Any] = orjson.loads(assets.export.content)
    return export


def _plain(catalog: ResourceCatalog, resource_type: ResourceType) -> dict[str, Any]:
    """Return resources without who changed them and when, as the library keeps them in its files."""
    return {key: without_metadata(found.document) for key, found in catalog.all(resource_type).items()}


def without_metadata(document: Document) -> dict[str, Any]:
    """Return what a resource says itself."""
    return {name: value for name, value in document.items() if name != "metadata"}
