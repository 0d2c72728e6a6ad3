"""Who would notice if a record changed or went."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from horde_model_reference.catalog.live import Usage, WorkerSummary
from horde_model_reference.catalog.live_join import ModelLiveStatistics
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import MODEL_NAME_ALIASES, Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What depends on a record at the moment; None means that it isn't known."""

    workers: tuple[WorkerSummary, ...] | None = None
    worker_count: int | None = None
    usage: Usage | None = None
    observed_at: int | None = None
    """Unix seconds of the live data."""
    aliases: tuple[str, ...] = ()
    """Former names that lead to the record."""
    group: str | None = None
    """The group of a text model; None: it has none."""
    group_members: tuple[str, ...] = ()
    """The other models of the group."""
    guidance: Mapping[str, Any] | None = None
    """The guidance assigned to a text model, as v2 shows it; None: there is none."""


def effects_on(
    snapshot: CategorySnapshot | None, name: str, live: ModelLiveStatistics | None = None
) -> Effects:
    """Return what depends on a record of a category."""
    if snapshot is None:
        return Effects()
    content = snapshot.record(name)
    document: dict[str, Any] = {} if content is None else orjson.loads(content)
    group = document.get("text_model_group")
    guidance: dict[str, Any] = document.get("guidance") or {}
    workers = None if live is None else live.worker_summaries or {}
    return Effects(
        workers=None if workers is None else tuple(workers.values()),
        worker_count=None if live is None else live.worker_count,
        usage=None if live is None else live.usage_stats or Usage(),
        observed_at=None if live is None else live.observed_at,
        aliases=_aliases(snapshot.category, name),
        group=group,
        group_members=_members(snapshot, group, besides=name),
        guidance=guidance if guidance.get("primary_profile_id") else None,
    )


def _aliases(category: Category, name: str) -> tuple[str, ...]:
    aliases = MODEL_NAME_ALIASES.get(category, {})
    return tuple(alias for alias, meant in aliases.items() if meant == name)


def _members(snapshot: CategorySnapshot, group: str | None, *, besides: str) -> tuple[str, ...]:
    if group is None:
        return ()
    # Only records that hold the words are read.
    needle = orjson.dumps(group)
    return tuple(
        name
        for name in snapshot
        if name != besides
        and needle in (content := snapshot.record(name) or b"{}")
        and orjson.loads(content).get("text_model_group") == group
    )
