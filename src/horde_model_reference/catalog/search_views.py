"""What searches read: the present state of the data, and for cursors the states before it."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.catalog.document_table import JoinedTable, SearchTable
from horde_model_reference.catalog.snapshot import CategorySnapshot, build_snapshot
from horde_model_reference.domain.categories import Category

_MOST_STATES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """The records of one category, or of all, at one moment."""

    data: str
    """Names the content: equal for equal records in every process."""
    newest: CategorySnapshot
    """The snapshot with the last change."""
    table: SearchTable


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    snapshots: Mapping[Category, CategorySnapshot]
    views: dict[Category | None, SearchView] = field(default_factory=dict[Category | None, SearchView])

    def view(self, category: Category | None) -> SearchView:
        found = self.views.get(category)
        if found is None:
            found = self._all() if category is None else self._one(self.snapshots[category])
            # Two threads may make it; the first one stays, with what searches add to its table.
            found = self.views.setdefault(category, found)
        return found

    def _one(self, snapshot: CategorySnapshot) -> SearchView:
        return SearchView(data=snapshot.v2.tag, newest=snapshot, table=snapshot.table())

    def _all(self) -> SearchView:
        snapshots = self.snapshots.values()
        content = "".join(snapshot.v2.tag for snapshot in snapshots)
        return SearchView(
            data=blake2b(content.encode(), digest_size=16).hexdigest(),
            newest=max(snapshots, key=lambda snapshot: snapshot.modified_at),
            table=JoinedTable([self.view(category).table for category in self.snapshots]),
        )


class SearchViews:
    """The views of a catalog. Old ones stay for cursors, as long as their documents take little memory."""

    def __init__(self, catalog: Catalog, *, most_old_bytes: int = 64 * 1024 * 1024) -> None:
        self._catalog = catalog
        self._most_old_bytes = most_old_bytes
        self._lock = threading.Lock()
        self._states: deque[_State] = deque()
        self._nothing = {
            category: build_snapshot(category, (), revision=0, modified_at=0) for category in Category
        }
        self._present()
        # At once, and not with the next search: a cursor from another process may come before that.
        catalog.on_swap(lambda _snapshot: self._note_change())

    def current(self, category: Category | None) -> SearchView:
        """Return the view of what readers see now; None: of all categories."""
        return self._present().view(category)

    def find(self, category: Category | None, data: str) -> SearchView | None:
        """Return the view of a content that was seen before, None where it is gone."""
        self._present()
        views = (state.view(category) for state in reversed(tuple(self._states)))
        return next((view for view in views if view.data == data), None)

    def _note_change(self) -> None:
        self._present()

    def _present(self) -> _State:
        with self._lock:
            now = self._read()
            if not self._states or self._states[-1].snapshots != now:
                self._states.append(_State(snapshots=now))
                self._forget_oldest()
            return self._states[-1]

    def _read(self) -> dict[Category, CategorySnapshot]:
        """Return the snapshots of one moment: never one from before a change beside one from after it."""
        return {**self._nothing, **self._catalog.moment.snapshots}

    def _forget_oldest(self) -> None:
        while len(self._states) > 1 and (
            len(self._states) > _MOST_STATES or self._old_bytes() > self._most_old_bytes
        ):
            self._states.popleft()

    def _old_bytes(self) -> int:
        present = {id(snapshot) for snapshot in self._states[-1].snapshots.values()}
        old = {
            id(snapshot): len(snapshot.v2)
            for state in self._states
            for snapshot in state.snapshots.values()
            if id(snapshot) not in present
        }
        return sum(old.values())
