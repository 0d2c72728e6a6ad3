"""What changed of late."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from horde_model_reference.bootstrap import Registry
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.web.browse.labels import category_title
from horde_model_reference.store.store import RecordChange

_VERBS: Final = {"create": "added", "update": "changed", "delete": "removed"}
_MOST_NAMES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """Changes of one kind that were made together."""

    verb: str
    category: str
    category_title: str
    names: tuple[str, ...]
    more: int
    """How many there are besides those named."""
    author: str
    recorded_at: int
    serial: int
    """Of the newest."""

    @property
    def is_removal(self) -> bool:
        """Tell whether the models are gone, so that there is no page to link to."""
        return self.verb == _VERBS["delete"]


def last_changes(registry: Registry, *, limit: int, category: Category | None = None) -> list[RecordChange]:
    """Return the newest changes; none where there is no database, as on a REPLICA. Reads the database."""
    return [] if registry.store is None else registry.store.last_changes(limit=limit, category=category)


def change_views(changes: Iterable[RecordChange], *, limit: int) -> list[ChangeView]:
    """Return changes, newest first, with those as one that one person made at once."""
    together = groupby(
        changes, lambda change: (change.recorded_at, change.author, change.category, change.operation)
    )
    return [_view(list(each)) for _, each in together][:limit]


def _view(changes: Sequence[RecordChange]) -> ChangeView:
    first = changes[0]
    return ChangeView(
        verb=_VERBS[first.operation],
        category=first.category,
        category_title=category_title(first.category),
        names=tuple(change.name for change in changes[:_MOST_NAMES]),
        more=max(0, len(changes) - _MOST_NAMES),
        author=first.author,
        recorded_at=first.recorded_at,
        serial=first.serial,
    )
