"""Where snapshots come from, as readers of the catalog see it."""

from typing import Protocol

from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category


class Source(Protocol):
    """Gives the snapshot of a category if it is newer than the one at hand."""

    def fetch(
        self, category: Category, *, newer_than: CategorySnapshot | None = None
    ) -> CategorySnapshot | None:
        """Return a newer snapshot, or None where there is none.

        Raises:
            SourceUnavailableError: The source can't be asked.
        """
        ...
