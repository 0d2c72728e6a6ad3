"""The start page: what there is, what changed lately, what is used most."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY, LiveModels
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.web.browse.changes import ChangeView, change_views
from horde_model_reference.service.web.labels import CATEGORY_LABELS, CategoryLabel
from horde_model_reference.service.web.live_figures import LIVE_FOR_SECONDS, figures_by_name, live_or_none
from horde_model_reference.service.web.page_answers import shared_page

router = APIRouter()

_MOST_USED: Final = 8
_CHANGES: Final = 8
_NAMES_OF_CHANGE: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCount:
    """A category and how many models it has."""

    category: Category
    label: CategoryLabel
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedModel:
    """A model that is used a lot."""

    name: str
    used_in_day: int
    share: int
    """Of the most used one, in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MostUsed:
    """The models of a category that are used most."""

    category: Category
    title: str
    models: tuple[UsedModel, ...]
    as_of: int
    """Unix seconds."""


@router.get("/")
async def home(request: Request) -> Response:
    """Show what there is."""
    registry: Registry = request.app.state.registry
    live = {category: await live_or_none(request, kind) for category, kind in WORK_KIND_OF_CATEGORY.items()}

    def make(*, is_store_away: bool = False) -> dict[str, object]:
        return {
            "categories": list(_counts(registry)),
            "total": registry.catalog.record_count(),
            "most_used": list(_most_used(request, live)),
            "changes": [] if is_store_away else _last_changes(registry),
            "has_history": registry.store is not None,
            "is_store_away": is_store_away,
        }

    versions = tuple(each.version if each else None for each in live.values())
    # The last changes may be others where every record is as it was.
    made_of = (registry.catalog.serial, _contents(registry), versions)
    return await shared_page(
        request,
        "home.html",
        made_of,
        make,
        for_seconds=LIVE_FOR_SECONDS,
        make_without_store=partial(make, is_store_away=True),
    )


def _contents(registry: Registry) -> tuple[str | None, ...]:
    snapshots = (registry.catalog.snapshot(category) for category in Category)
    return tuple(snapshot.v2.tag if snapshot else None for snapshot in snapshots)


def _counts(registry: Registry) -> Iterator[CategoryCount]:
    for category, label in CATEGORY_LABELS.items():
        snapshot = registry.catalog.snapshot(category)
        if snapshot:
            yield CategoryCount(category=category, label=label, count=len(snapshot))


def _last_changes(registry: Registry) -> list[ChangeView]:
    """Return what changed lately; nothing where there is no database, as on a REPLICA. Reads the database."""
    if registry.store is None:
        return []
    groups = registry.store.change_groups(limit=_CHANGES)
    return change_views(registry.store, groups, most_names=_NAMES_OF_CHANGE)


def _most_used(request: Request, live: dict[Category, LiveModels | None]) -> Iterator[MostUsed]:
    registry: Registry = request.app.state.registry
    for category, found in live.items():
        snapshot = registry.catalog.snapshot(category)
        if not snapshot or found is None:
            continue
        figures = figures_by_name(request, snapshot, found)
        used = [(each.usage_stats.day, name) for name, each in figures.items() if each.usage_stats]
        first = sorted((pair for pair in used if pair[0]), key=lambda pair: -pair[0])[:_MOST_USED]
        if first:
            most = first[0][0]
            models = tuple(
                UsedModel(name=name, used_in_day=day, share=max(1, round(100 * day / most)))
                for day, name in first
            )
            title = CATEGORY_LABELS[category].title
            yield MostUsed(category=category, title=title, models=models, as_of=found.fetched_at)
