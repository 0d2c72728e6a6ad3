"""The current snapshot of every category and catalogue: all that readers see."""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

from horde_model_reference.catalog.resources import (
    Catalogs,
    CatalogSource,
    ResourceCatalog,
    WithBundledResources,
    bundled_catalogs,
)
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.source import Source
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.resources import CatalogName

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogMoment:
    """All that readers see, at one moment; it is another object after every change, and only then."""

    snapshots: Mapping[Category, CategorySnapshot]
    resources: Catalogs

    @property
    def serial(self) -> int:
        """The number of the newest change."""
        snapshots = (snapshot.revision for snapshot in self.snapshots.values())
        resources = (catalog.serial for catalog in self.resources.values())
        return max((*snapshots, *resources), default=0)

    @property
    def modified_at(self) -> int:
        """Unix seconds of the newest change."""
        snapshots = (snapshot.modified_at for snapshot in self.snapshots.values())
        resources = (catalog.metadata.updated_at or 0 for catalog in self.resources.values())
        return max((*snapshots, *resources), default=0)


class Catalog:
    """Holds a snapshot of each category and side catalogue, and takes newer ones from a source.

    Reads never wait: a snapshot is replaced as a whole. Refreshing is for one thread at a time.
    """

    def __init__(
        self,
        source: Source,
        *,
        at_one_moment: Callable[[], AbstractContextManager[CatalogSource]] | None = None,
    ) -> None:
        """Take snapshots from a source.

        ``at_one_moment`` gives the source as it is at one moment, where it can: what was changed together
        is then seen together. Without it the side resources are those that come with the program.
        """
        self._at_one_moment = at_one_moment or (lambda: nullcontext(WithBundledResources(source)))
        self._current = CatalogMoment(snapshots={}, resources=bundled_catalogs())
        self._swap_listeners: list[Callable[[CategorySnapshot], None]] = []
        self._resource_listeners: list[Callable[[ResourceCatalog], None]] = []
        self._early_listeners: list[Callable[[ResourceCatalog], None]] = []
        self._refreshing = threading.Lock()

    def snapshot(self, category: Category) -> CategorySnapshot | None:
        """Return the current snapshot, None where nothing is known of the category."""
        return self._current.snapshots.get(category)

    def resources(self, name: CatalogName) -> ResourceCatalog:
        """Return a catalogue of side resources as it is now."""
        return self._current.resources[name]

    @property
    def moment(self) -> CatalogMoment:
        """All of that as it is now."""
        return self._current

    @property
    def serial(self) -> int:
        """Return the number of the newest change that readers see."""
        return self._current.serial

    def record_count(self) -> int:
        """Return the number of records in all categories."""
        return sum(len(snapshot) for snapshot in self._current.snapshots.values())

    def on_swap(self, listener: Callable[[CategorySnapshot], None]) -> None:
        """Call a function with each new snapshot, on the thread that refreshes."""
        self._swap_listeners.append(listener)

    def on_resources(self, listener: Callable[[ResourceCatalog], None]) -> None:
        """Call a function with each catalogue that changed, on the thread that refreshes."""
        self._resource_listeners.append(listener)

    def before_records(self, listener: Callable[[ResourceCatalog], None]) -> None:
        """Call a function with each changed catalogue before records are read that may name its content.

        It is called on the thread that refreshes; readers don't see the catalogue yet.
        """
        self._early_listeners.append(listener)

    def refresh(self, categories: Iterable[Category] = Category, *, afresh: bool = False) -> tuple[str, ...]:
        """Ask the source for newer snapshots and return the categories and catalogues that changed.

        ``afresh`` takes all that the source has and keeps nothing else, for when it may have become another
        one. Catalogues of side resources are always asked for; that is one small question for all of them.

        Raises:
            SourceUnavailableError: The source can't be asked; what was known stays.
        """
        with self._refreshing:
            known = CatalogMoment(snapshots={}, resources={}) if afresh else self._current
            with self._at_one_moment() as source:
                resources = source.fetch_resources(known.resources)
                _tell(self._early_listeners, resources)
                found = [
                    snapshot
                    for category in categories
                    if (snapshot := source.fetch(category, newer_than=known.snapshots.get(category)))
                    is not None
                ]
            if found or resources:
                # One assignment, so that nobody sees one half of what one transaction changed.
                self._current = CatalogMoment(
                    snapshots={**known.snapshots, **{each.category: each for each in found}},
                    resources={**self._current.resources, **{each.name: each for each in resources}},
                )
            _tell(self._swap_listeners, found)
            _tell(self._resource_listeners, resources)
            return (*(snapshot.category for snapshot in found), *(catalog.name for catalog in resources))


def _tell(listeners: Iterable[Callable[[T], None]], news: Iterable[T]) -> None:
    for each in news:
        for listener in listeners:
            listener(each)
