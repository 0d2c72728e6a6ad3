"""What the registry keeps beside the model records: small catalogues of side resources (spec 23, 24)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from horde_model_reference.domain.changes import Document

SCHEMA_VERSION: Final = 1
"""Of catalogues, as their metadata says it."""


class CatalogName(StrEnum):
    """The catalogues. Each has a revision of its own, which every change to it raises by one."""

    text_aliases = "text_aliases"
    text_families = "text_families"
    text_name_schemas = "text_name_schemas"
    licensing = "licensing"
    text_guidance = "text_guidance"
    image_baselines = "image_baselines"


class ResourceType(StrEnum):
    """What a side resource is; stands in place of a category in the audit trail."""

    text_alias = "text_alias"
    text_family = "text_family"
    text_name_schema = "text_name_schema"
    license_definition = "license_definition"
    licensed_asset = "licensed_asset"
    guidance_profile = "guidance_profile"
    guidance_assignment = "guidance_assignment"
    image_baseline = "image_baseline"

    @property
    def catalog(self) -> CatalogName:
        """The catalogue that it is kept in."""
        return _CATALOGS[self]


_CATALOGS: Final[Mapping[ResourceType, CatalogName]] = MappingProxyType(
    {
        ResourceType.text_alias: CatalogName.text_aliases,
        ResourceType.text_family: CatalogName.text_families,
        ResourceType.text_name_schema: CatalogName.text_name_schemas,
        ResourceType.license_definition: CatalogName.licensing,
        ResourceType.licensed_asset: CatalogName.licensing,
        ResourceType.guidance_profile: CatalogName.text_guidance,
        ResourceType.guidance_assignment: CatalogName.text_guidance,
        ResourceType.image_baseline: CatalogName.image_baselines,
    }
)
RESOURCE_TYPE_NAMES: Final = frozenset(resource_type.value for resource_type in ResourceType)


def types_of(catalog: CatalogName) -> tuple[ResourceType, ...]:
    """Return the types that a catalogue holds."""
    return tuple(resource_type for resource_type in ResourceType if resource_type.catalog is catalog)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogMetadata:
    """The state of a catalogue (spec 24, Shared record metadata)."""

    revision: int = 1
    updated_at: int | None = None
    """Unix seconds of the last change; None where there never was one."""

    def document(self) -> dict[str, Any]:
        """Return it as answers show it."""
        return {"schema_version": SCHEMA_VERSION, "revision": self.revision, "updated_at": self.updated_at}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A side resource at one revision."""

    resource_type: ResourceType
    key: str
    document: Document
    """Its fields and ``metadata``, as readers see it; shared by all, to be changed by nobody."""

    @property
    def revision(self) -> int:
        """From 1, raised by every change until it is deleted."""
        return int(self.document["metadata"]["revision"])


def stamped(document: Document, before: Resource | None, *, by: str, now: int) -> dict[str, Any]:
    """Return what is stored: the document with the metadata that belongs to it, whatever it came with."""
    known: Document = {} if before is None else before.document["metadata"]
    created = {"created_at": now, "created_by": by} if before is None else {}
    metadata = {
        "revision": known.get("revision", 0) + 1,
        "created_at": known.get("created_at"),
        "created_by": known.get("created_by"),
        **created,
        "updated_at": now,
        "updated_by": by,
    }
    return {**document, "metadata": metadata}
