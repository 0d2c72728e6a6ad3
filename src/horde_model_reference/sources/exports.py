"""What a PRIMARY tells in one document each, read back into catalogues (spec 24)."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from horde_model_reference.catalog.asset_views import stored_asset
from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.baseline_catalog import ImageBaselineRecord
from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.domain.licensing import LicensedAsset, LicensedAssetKind, LicenseDefinition
from horde_model_reference.domain.resources import CatalogMetadata, CatalogName, Resource, ResourceType
from horde_model_reference.domain.text_guidance import TextGuidanceAssignment, TextProfile

EXPORT_PATHS: Final[Mapping[CatalogName, str]] = {
    CatalogName.licensing: "/model_references/v2/licensing/export",
    CatalogName.text_guidance: "/model_references/v2/text_generation/guidance/export",
    CatalogName.image_baselines: "/model_references/v2/image_generation/baselines/export",
}
"""Below the address of the API."""

_KEY_FIELDS: Final[Mapping[ResourceType, tuple[str, ...]]] = {
    ResourceType.license_definition: ("license_id",),
    ResourceType.licensed_asset: ("asset_kind", "asset_identifier"),
    ResourceType.guidance_profile: ("profile_id",),
    ResourceType.guidance_assignment: ("model_name",),
    ResourceType.image_baseline: ("name",),
}

_log = logging.getLogger(__name__)

_Found = dict[ResourceType, dict[str, Resource]]


def read_export(name: CatalogName, content: bytes) -> ResourceCatalog:
    """Return the catalogue that an export describes; what is wrong in it is left out by itself.

    Raises:
        SourceUnavailableError: It is no export, or has members and none of them can be used.
    """
    try:
        export: object = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise SourceUnavailableError(f"not JSON: {error}") from error
    members = _object(export)
    metadata = _object(members.get("metadata"))
    revision, updated_at = metadata.get("revision"), metadata.get("updated_at")
    if not isinstance(revision, int) or not isinstance(updated_at, int | None):
        raise SourceUnavailableError("no export: its metadata names no revision")
    resources = _READERS[name](members)
    return ResourceCatalog(
        name=name,
        metadata=CatalogMetadata(revision=revision, updated_at=updated_at),
        serial=revision,
        resources={each: dict(sorted(found.items())) for each, found in resources.items()},
    )


def _licensing(members: Mapping[str, Any]) -> _Found:
    kinds = tuple(LicensedAssetKind)  # a set can't be asked for a list, which may stand there
    shown = [_object(each) for each in _list(members.get("assets"))]
    # Models are there, too, but come with the records.
    assets = [stored_asset(each) for each in shown if each.get("asset_kind") in kinds]
    return {
        ResourceType.license_definition: _resources(
            ResourceType.license_definition, TypeAdapter(LicenseDefinition), _list(members.get("licenses"))
        ),
        ResourceType.licensed_asset: _resources(
            ResourceType.licensed_asset, TypeAdapter(LicensedAsset), assets
        ),
    }


def _guidance(members: Mapping[str, Any]) -> _Found:
    profile, assignment = ResourceType.guidance_profile, ResourceType.guidance_assignment
    assignments = _object(members.get("assignments")).values()
    return {
        profile: _resources(profile, TypeAdapter(TextProfile), _object(members.get("profiles")).values()),
        assignment: _resources(assignment, TypeAdapter(TextGuidanceAssignment), assignments),
    }


def _baselines(members: Mapping[str, Any]) -> _Found:
    kind = ResourceType.image_baseline
    baselines = _object(members.get("baselines")).values()
    return {kind: _resources(kind, TypeAdapter(ImageBaselineRecord), baselines)}


_READERS: Final = {
    CatalogName.licensing: _licensing,
    CatalogName.text_guidance: _guidance,
    CatalogName.image_baselines: _baselines,
}


def _resources(
    kind: ResourceType, adapter: TypeAdapter[Any], documents: Iterable[Any]
) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    given = list(documents)
    for document in given:
        try:
            model: BaseModel = adapter.validate_python(document)
        except ValidationError as error:
            _log.warning("a %s of the PRIMARY is left out: %s", kind, error.errors()[0]["msg"])
        else:
            resource = _resource(kind, model.model_dump(mode="json"))
            found[resource.key] = resource
    if given and not found:
        raise SourceUnavailableError(f"no {kind} among {len(given)} can be used")
    return found


def _resource(kind: ResourceType, document: dict[str, Any]) -> Resource:
    key = ":".join(document[field] for field in _KEY_FIELDS[kind])
    return Resource(resource_type=kind, key=key, document=document)


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SourceUnavailableError("no export: an object is missing")
    return cast("dict[str, Any]", value)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise SourceUnavailableError("no export: a list is missing")
    return [*cast("list[object]", value)]
