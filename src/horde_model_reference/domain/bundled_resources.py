"""The side resources that a registry has before anybody changed one (spec 24, Bundled data).

They are part of the program and stand in no database. A release that changes them must store what they were,
in a migration, or revision 1 would mean two things.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from horde_model_reference.domain.asset_catalog import built_in_licensed_assets
from horde_model_reference.domain.baseline_catalog import built_in_baseline_catalog
from horde_model_reference.domain.license_catalog import BUNDLED_AT, built_in_license_definitions
from horde_model_reference.domain.resources import CatalogMetadata, CatalogName, Resource, ResourceType

_UNTOUCHED: Final = CatalogMetadata()


@cache
def bundled_resources(resource_type: ResourceType) -> Mapping[str, Resource]:
    """Return the bundled resources of a type by key; most types have none."""
    models: Mapping[str, BaseModel] = {}
    if resource_type is ResourceType.image_baseline:
        models = built_in_baseline_catalog().baselines
    elif resource_type is ResourceType.license_definition:
        models = built_in_license_definitions()
    elif resource_type is ResourceType.licensed_asset:
        models = built_in_licensed_assets()
    return MappingProxyType(
        {
            key: Resource(resource_type=resource_type, key=key, document=_document(model))
            for key, model in models.items()
        }
    )


def untouched_metadata(catalog: CatalogName) -> CatalogMetadata:
    """Return the state of a catalogue that nobody changed."""
    return CatalogMetadata(updated_at=BUNDLED_AT) if catalog is CatalogName.licensing else _UNTOUCHED


def _document(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json")
