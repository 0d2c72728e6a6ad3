"""One catalogue of side resources at one revision, as readers see it; immutable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, TypeVar, cast

from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.source import Source
from horde_model_reference.domain.bundled_resources import bundled_resources, untouched_metadata
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.resources import (
    CatalogMetadata,
    CatalogName,
    Resource,
    ResourceType,
    types_of,
)

T = TypeVar("T")

Resources = Mapping[ResourceType, Mapping[str, Resource]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceCatalog:
    """All resources of a catalogue, and what readers made of them."""

    name: CatalogName
    metadata: CatalogMetadata
    serial: int
    """Of the last change; 0 where there never was one."""
    resources: Resources
    """Of each type by key, sorted by key."""
    _made: dict[Callable[..., Any], Any] = field(
        default_factory=dict[Callable[..., Any], Any], repr=False, compare=False
    )

    def all(self, resource_type: ResourceType) -> Mapping[str, Resource]:
        """Return the resources of a type by key, sorted by key."""
        return self.resources[resource_type]

    def made(self, make: Callable[["ResourceCatalog"], T]) -> T:
        """Return what a function makes of the catalogue, such as an index; it is called once a revision."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast(T, self._made[make])


Catalogs = Mapping[CatalogName, ResourceCatalog]


class CatalogSource(Source, Protocol):
    """Gives snapshots of categories, and catalogues of side resources, as they are at one moment."""

    def fetch_resources(self, known: Catalogs) -> list[ResourceCatalog]:
        """Return the catalogues that are not at the serial of those that are known.

        Raises:
            SourceUnavailableError: The source can't be asked.
        """
        ...


class WithBundledResources:
    """A source of records, with the side resources that come with the program."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def fetch(
        self, category: Category, *, newer_than: CategorySnapshot | None = None
    ) -> CategorySnapshot | None:
        """Return what the source of records gives."""
        return self._source.fetch(category, newer_than=newer_than)

    def fetch_resources(self, known: Catalogs) -> list[ResourceCatalog]:
        """Return the bundled catalogues, which never change."""
        return [catalog for name, catalog in bundled_catalogs().items() if name not in known]


@cache
def bundled_catalogs() -> Catalogs:
    """Return every catalogue as it is before anybody changed it."""
    return {name: make_catalog(name, untouched_metadata(name), serial=0, changed={}) for name in CatalogName}


def make_catalog(
    name: CatalogName,
    metadata: CatalogMetadata,
    *,
    serial: int,
    changed: Mapping[tuple[ResourceType, str], Resource | None],
) -> ResourceCatalog:
    """Return a catalogue: what is bundled, and what became of it since; None is a deletion."""
    resources: dict[ResourceType, dict[str, Resource]] = {
        resource_type: dict(bundled_resources(resource_type)) for resource_type in types_of(name)
    }
    for (resource_type, key), resource in changed.items():
        if resource is None:
            resources[resource_type].pop(key, None)
        else:
            resources[resource_type][key] = resource
    in_order = {resource_type: dict(sorted(found.items())) for resource_type, found in resources.items()}
    return ResourceCatalog(name=name, metadata=metadata, serial=serial, resources=in_order)
