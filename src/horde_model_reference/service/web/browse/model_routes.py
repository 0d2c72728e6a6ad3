"""The page of one model."""

import time
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY, LiveModels
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.usage_history import utc_day
from horde_model_reference.domain.categories import Category, lookup_order
from horde_model_reference.domain.errors import StoreError
from horde_model_reference.service.public_address import base_address, vary_by_host
from horde_model_reference.service.web.browse.history_view import MORE_VERSIONS, MOST_VERSIONS, version_views
from horde_model_reference.service.web.browse.legacy_view import v1_json
from horde_model_reference.service.web.browse.list_routes import known_category
from horde_model_reference.service.web.browse.live_view import ModelLive, model_live
from horde_model_reference.service.web.browse.missing_model import missing_model
from horde_model_reference.service.web.browse.model_view import model_view
from horde_model_reference.service.web.browse.snippets import snippets
from horde_model_reference.service.web.charts.days import DayValue, day_chart
from horde_model_reference.service.web.labels import CATEGORY_LABELS
from horde_model_reference.service.web.live_figures import LIVE_FOR_SECONDS, figures_by_name, live_or_none
from horde_model_reference.service.web.page_answers import shared_page

router = APIRouter()

USAGE_DAYS: Final = 42
_BUCKET_SECONDS: Final = 60
"""How often a page looks for newer days of usage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a page of a model is made of."""

    request: Request
    registry: Registry
    category: Category
    snapshot: CategorySnapshot
    key: str
    base: str
    """What whole addresses on it begin with."""
    live: LiveModels | None
    with_workers: LiveModels | None
    """The same with single workers; their answer may be another."""
    images_are_shown: bool
    all_versions: bool

    @property
    def version(self) -> Hashable:
        """Return what is another one as soon as the page would be."""
        has_days = self.category in WORK_KIND_OF_CATEGORY and self.registry.usage is not None
        return (
            self.snapshot.v2.tag,
            self.snapshot.revision,
            *(each.version if each else None for each in (self.live, self.with_workers)),
            int(time.time() // _BUCKET_SECONDS) if has_days else None,
            self.images_are_shown,
            self.all_versions,
            self.base,
        )


@router.get("/models/{category}/{name:path}")
async def model(
    request: Request,
    category: str,
    name: str,
    images: Literal["", "shown"] = "",
    history: Literal["", "all"] = "",
) -> Response:
    """Show everything that is known of a model."""
    known = known_category(category)
    registry: Registry = request.app.state.registry
    stored = _stored(registry, known, name)
    if stored is None:
        return await missing_model(request, known, name)
    snapshot, key = stored
    kind = WORK_KIND_OF_CATEGORY.get(known)
    live = await live_or_none(request, kind)
    asked = _Asked(
        request=request,
        registry=registry,
        category=known,
        snapshot=snapshot,
        key=key,
        base=base_address(request),
        live=live,
        with_workers=await live_or_none(request, kind, with_workers=True) if live else None,
        images_are_shown=images == "shown",
        all_versions=history == "all",
    )
    answer = await shared_page(
        request,
        "model.html",
        asked.version,
        partial(_values, asked),
        for_seconds=LIVE_FOR_SECONDS if kind else None,
        make_without_store=partial(_values, asked, is_store_away=True),
    )
    vary_by_host(request, answer)
    return answer


def _values(asked: _Asked, *, is_store_away: bool = False) -> dict[str, Any]:
    view = model_view(asked.category, asked.key, asked.snapshot.record(asked.key) or b"{}")
    return _history(asked, is_store_away=is_store_away) | {
        "model": view,
        "category_title": CATEGORY_LABELS[asked.category].title,
        "live": _figures(asked),
        "is_counted": asked.category in WORK_KIND_OF_CATEGORY,
        "usage": day_chart(
            _usage(asked.registry, asked.category, asked.key),
            days=USAGE_DAYS,
            today=utc_day(time.time()),
            second_title="Workers",
        ),
        "v1_json": v1_json(asked.snapshot, asked.key),
        "snippets": snippets(asked.base, asked.category, asked.key, has_files=bool(view.files)),
        "images_shown": asked.images_are_shown,
    }


def _history(asked: _Asked, *, is_store_away: bool) -> dict[str, Any]:
    store = asked.registry.store
    versions = [] if store is None or is_store_away else store.history(asked.category, asked.key)
    # One more than is shown: what the oldest one changed is found by the one before.
    most = MORE_VERSIONS if asked.all_versions else MOST_VERSIONS
    views = version_views(asked.category, versions[-most - 1 :])
    return {
        "versions": views[:most],
        "has_more_versions": len(versions) > most,
        "more_versions": 0 if asked.all_versions else min(len(versions), MORE_VERSIONS),
        "version_count": len(versions),
        "has_history": store is not None,
        "has_audit": asked.registry.settings.audit.enabled,
        "is_store_away": is_store_away,
    }


def _figures(asked: _Asked) -> ModelLive | None:
    if asked.live is None:
        return None
    joined = figures_by_name(asked.request, asked.snapshot, asked.live)
    return model_live(asked.category, asked.key, joined.get(asked.key), asked.live, asked.with_workers)


def _stored(registry: Registry, category: Category, name: str) -> tuple[CategorySnapshot, str] | None:
    """Return the snapshot of a category, and the key under which a model is stored in it; None for none."""
    snapshot = registry.catalog.snapshot(category)
    for key in lookup_order(category, name):
        if snapshot is not None and snapshot.record(key) is not None:
            return snapshot, key
    return None


def _usage(registry: Registry, category: Category, name: str) -> list[DayValue]:
    """Return the days of usage that are known; none where the database has trouble with them."""
    if registry.usage is None or category not in WORK_KIND_OF_CATEGORY:
        return []
    first = utc_day(time.time()) - timedelta(days=USAGE_DAYS - 1)
    try:
        days = registry.usage.history.days(category, name, first=first)
    except StoreError:
        return []
    return [
        DayValue(day=each.day, requests=each.figures.usage.day, second=each.figures.worker_count)
        for each in days
    ]
