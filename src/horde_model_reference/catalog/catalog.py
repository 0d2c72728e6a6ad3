"""The current snapshot of every category: all that readers see."""

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext

from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.source import Source
from horde_model_reference.domain.categories import Category


class Catalog:
    """Holds a snapshot of each category and takes newer ones from a source.

    Reads never wait: a snapshot is replaced as a whole. Refreshing is for one thread at a time.
    """

    def __init__(
        self, source: Source, *, at_one_moment: Callable[[], AbstractContextManager[Source]] | None = None
    ) -> None:
        """Take snapshots from a source.

        ``at_one_moment`` gives the source as it is at one moment, where it can: what was changed together
        is then seen together.
        """
        self._at_one_moment = at_one_moment or (lambda: nullcontext(source))
        self._snapshots: dict[Category, CategorySnapshot] = {}
        self._listeners: list[Callable[[CategorySnapshot], None]] = []
        self._refreshing = threading.Lock()

    def snapshot(self, category: Category) -> CategorySnapshot | None:
        """Return the current snapshot, None where nothing is known of the category."""
        return self._snapshots.get(category)

    @property
    def serial(self) -> int:
        """Return the number of the newest change that readers see."""
        return max((snapshot.revision for snapshot in self._snapshots.values()), default=0)

    def record_count(self) -> int:
        """Return the number of records in all categories."""
        return sum(len(snapshot) for snapshot in self._snapshots.values())

    def on_swap(self, listener: Callable[[CategorySnapshot], None]) -> None:
        """Call a function after each swap, on the thread that refreshes."""
        self._listeners.append(listener)

    def refresh(
        self, categories: Iterable[Category] = Category, *, afresh: bool = False
    ) -> tuple[Category, ...]:
        """Ask the source for newer snapshots and return the categories that changed.

        ``afresh`` takes all that the source has, for when it may have become another one.

        Raises:
            SourceUnavailableError: The source can't be asked; what was known stays.
        """
        with self._refreshing:
            known = {} if afresh else self._snapshots
            with self._at_one_moment() as source:
                found = [
                    snapshot
                    for category in categories
                    if (snapshot := source.fetch(category, newer_than=known.get(category))) is not None
                ]
            # One assignment, so that nobody sees one half of what one transaction changed.
            self._snapshots = self._snapshots | {snapshot.category: snapshot for snapshot in found}
            for snapshot in found:
                for listener in self._listeners:
                    listener(snapshot)
            return tuple(snapshot.category for snapshot in found)
