"""What is known about a proposal besides itself: checks, and who would notice."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from horde_model_reference.catalog.live import WORK_KIND_OF_CATEGORY, LiveDataUnavailableError
from horde_model_reference.catalog.live_join import ModelLiveStatistics
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Change, ResourceKind
from horde_model_reference.review.check_shapes import Check, Outcome
from horde_model_reference.review.effects import Effects, effects_on
from horde_model_reference.service.derived_answers import DerivedAnswers, current_live
from horde_model_reference.service.proposal_checks import checks_on
from horde_model_reference.service.review_desk import ReviewDesk

_ORDER: Final = {Outcome.problem: 0, Outcome.note: 1, Outcome.unknown: 2, Outcome.good: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found out about a change."""

    checks: tuple[Check, ...] = ()
    """Problems first."""
    counts: Mapping[str, int]
    """How many checks came to each outcome."""
    effects: Effects = field(default_factory=Effects)
    has_live_data: bool = False
    """Whether the AI-Horde counts the work of models of the category."""

    @property
    def to_look_at(self) -> tuple[Check, ...]:
        """Return the checks that somebody should look at, problems first."""
        return tuple(check for check in self.checks if check.outcome is not Outcome.good)

    @property
    def good(self) -> tuple[Check, ...]:
        """Return the others."""
        return tuple(check for check in self.checks if check.outcome is Outcome.good)


async def look_up(request: Request, desk: ReviewDesk, change: Change, *, ask: bool) -> Findings:
    """Return what is known about an open change; nothing about one that has come to an end.

    ``ask`` waits for what is not known yet, for some seconds.
    """
    if not change.is_open:
        return _findings([])
    checking = checks_on(desk, change, ask=ask)
    if change.resource_kind is not ResourceKind.model_reference:
        return _findings(await checking)
    category = Category(change.category)
    checks, live = await asyncio.gather(checking, _live(request, desk, change, ask=ask))
    snapshot = desk.registry.catalog.snapshot(category)
    effects = await run_in_threadpool(effects_on, snapshot, change.model_name, live)
    return _findings(checks, effects, has_live_data=category in WORK_KIND_OF_CATEGORY)


def _findings(
    checks: list[Check], effects: Effects | None = None, *, has_live_data: bool = False
) -> Findings:
    outcomes = [check.outcome for check in checks]
    return Findings(
        checks=tuple(sorted(checks, key=lambda check: _ORDER[check.outcome])),
        counts={outcome.value: outcomes.count(outcome) for outcome in Outcome},
        effects=effects or Effects(),
        has_live_data=has_live_data,
    )


async def live_at_hand(request: Request, desk: ReviewDesk, change: Change) -> ModelLiveStatistics | None:
    """Return who serves the model of a change, as far as that is known without waiting."""
    return await _live(request, desk, change, ask=False)


async def _live(
    request: Request, desk: ReviewDesk, change: Change, *, ask: bool
) -> ModelLiveStatistics | None:
    """Return who serves the model; None where that isn't known, and can't be found out while one waits."""
    category = Category(change.category)
    snapshot = desk.registry.catalog.snapshot(category)
    kind, ai_horde = WORK_KIND_OF_CATEGORY.get(category), desk.registry.ai_horde
    if kind is None or snapshot is None or ai_horde is None:
        return None
    try:
        if ask:
            live = await current_live(request, kind, with_workers=True)
        else:
            ai_horde.live.renew(kind, with_workers=True)
            live = ai_horde.live.at_hand(kind, with_workers=True)
    except LiveDataUnavailableError:
        return None
    answers: DerivedAnswers = request.app.state.derived_answers
    joined = await asyncio.to_thread(answers.joined, snapshot, live)
    return joined.get(change.model_name)
