"""The page of one model."""

import time
from datetime import timedelta
from functools import partial
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.usage_history import utc_day
from horde_model_reference.domain.categories import Category, lookup_order
from horde_model_reference.domain.errors import StoreError
from horde_model_reference.service.public_address import base_address, vary_by_host
from horde_model_reference.service.web.browse.history_view import MOST_VERSIONS, version_views
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
    with_workers = await live_or_none(request, kind, with_workers=True) if live else None

    base = base_address(request)

    def make(*, is_store_away: bool = False) -> dict[str, Any]:
        view = model_view(known, key, snapshot.record(key) or b"{}")
        versions = [] if registry.store is None or is_store_away else registry.store.history(known, key)
        shown = versions if history else versions[-MOST_VERSIONS - 1 :]
        views = version_views(shown)
        figures: ModelLive | None = None
        if live:
            joined = figures_by_name(request, snapshot, live)
            figures = model_live(known, key, joined.get(key), live, with_workers)
        return {
            "model": view,
            "category_title": CATEGORY_LABELS[known].title,
            "live": figures,
            "is_counted": kind is not None,
            "usage": day_chart(
                _usage(registry, known, key),
                days=USAGE_DAYS,
                today=utc_day(time.time()),
                second_title="Workers",
            ),
            "versions": views if history else views[:MOST_VERSIONS],
            "version_count": len(versions),
            "has_history": registry.store is not None,
            "is_store_away": is_store_away,
            "v1_json": v1_json(snapshot, key),
            "snippets": snippets(base, known, key, has_files=bool(view.files)),
            "images_shown": images == "shown",
        }

    bucket = int(time.time() // _BUCKET_SECONDS) if kind and registry.usage else None
    versions = (live.version if live else None, with_workers.version if with_workers else None)
    made_of = (snapshot.v2.tag, snapshot.revision, versions, bucket, images, history, base)
    answer = await shared_page(
        request,
        "model.html",
        made_of,
        make,
        for_seconds=LIVE_FOR_SECONDS if kind else None,
        make_without_store=partial(make, is_store_away=True),
    )
    vary_by_host(request, answer)
    return answer


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
