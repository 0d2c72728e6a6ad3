"""Which sources of records a read takes, and in which order (spec 30 §6)."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

HORDE_SOURCE_ID: Final = "horde"
"""The records of the registry itself."""

ANY_SOURCE: Final = "any"
"""The registry first, then every provider in the order of registration."""

PENDING_SOURCE_ID: Final = "pending"
"""The provider of records that wait for a review."""

RESERVED_SOURCE_IDS: Final = frozenset({HORDE_SOURCE_ID, ANY_SOURCE})
"""Ids that no provider may have."""

SourceSelector = str | Sequence[str]
"""``horde``, ``any``, the id of a provider, or several ids, of which the earlier wins a name."""


class SourceOutcome(StrEnum):
    """How reading one source went."""

    ok = "ok"
    empty = "empty"
    error = "error"


def normalize_source_selector(selector: SourceSelector, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the ids that a selector stands for, each once; ``known`` are the ids of the providers, in order.

    Raises:
        ValueError: It names a source that nobody registered.
    """
    providers = tuple(known)
    asked = (selector,) if isinstance(selector, str) else tuple(selector) or (HORDE_SOURCE_ID,)
    ids: dict[str, None] = {}
    for source_id in asked:
        if source_id == ANY_SOURCE:
            ids.update(dict.fromkeys((HORDE_SOURCE_ID, *providers)))
        elif source_id == HORDE_SOURCE_ID or source_id in providers:
            ids[source_id] = None
        else:
            there_are = ", ".join((HORDE_SOURCE_ID, ANY_SOURCE, *providers))
            raise ValueError(f"{source_id!r} is not a source of records; there are {there_are}")
    return tuple(ids)
