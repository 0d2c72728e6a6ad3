"""What the AI-Horde says at the moment, as pages need it: at once, or not at all."""

import asyncio
from collections.abc import Mapping
from typing import Final

from fastapi import Request

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.live import LiveDataUnavailableError, LiveModels, WorkKind
from horde_model_reference.catalog.live_join import ModelLiveStatistics
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.service.derived_answers import DerivedAnswers

LIVE_FOR_SECONDS: Final = 1.0
"""How long a page with figures is given again without a look at newer ones."""
_PATIENCE_SECONDS: Final = 1.0


async def live_or_none(
    request: Request, kind: WorkKind | None, *, with_workers: bool = False
) -> LiveModels | None:
    """Return the live data of a kind of work; None where there is none within a second: the page can wait."""
    registry: Registry = request.app.state.registry
    if registry.ai_horde is None or kind is None:
        return None
    client = registry.ai_horde.live
    due = client.renew(kind, with_workers=with_workers)
    if due.seconds:
        landings = [asyncio.wrap_future(each) for each in due.landings]
        await asyncio.wait(landings, timeout=min(due.seconds, _PATIENCE_SECONDS))
    try:
        return client.at_hand(kind, with_workers=with_workers)
    except LiveDataUnavailableError:
        return None


def figures_by_name(
    request: Request, snapshot: CategorySnapshot | None, live: LiveModels | None
) -> Mapping[str, ModelLiveStatistics]:
    """Return the live figures of the models of a category; none without live data."""
    answers: DerivedAnswers = request.app.state.derived_answers
    return {} if live is None or snapshot is None else answers.joined(snapshot, live)
