"""One change: what it does, what checks say of it, who would notice, what was said, and what can be done."""

import time
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.changes import (
    Change,
    ChangeFilter,
    ChangeStatus,
    Operation,
    ResourceKind,
)
from horde_model_reference.domain.diff import ChangeDiff
from horde_model_reference.review.steps import find_change
from horde_model_reference.service.comparing import compared_as_done
from horde_model_reference.service.queue_schemas import StoredNumber
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.web.desk.actions import actions_on, not_by
from horde_model_reference.service.web.desk.addresses import ChangeQuery, Selection
from horde_model_reference.service.web.desk.batches import OpenBatch, batch_title, open_batch
from horde_model_reference.service.web.desk.comment_pages import comment_page
from horde_model_reference.service.web.desk.comparisons import Comparison, comparisons_of, shown_in
from horde_model_reference.service.web.desk.findings import look_up
from horde_model_reference.service.web.desk.refusals import Refused
from horde_model_reference.service.web.desk.reports import Report, report
from horde_model_reference.service.web.desk.subjects import subject_of
from horde_model_reference.service.web.difference_parts import part_of
from horde_model_reference.service.web.differences import pretty
from horde_model_reference.service.web.page_route import PageRoute
from horde_model_reference.service.web.rendering import FILE_HEADERS, render_in_thread
from horde_model_reference.service.web.signed_in import SignedIn
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

router = APIRouter(route_class=PageRoute)

_MOST_RIVALS: Final = 20
_MOST_JSON: Final = 16_000
"""Characters of a payload that is shown within the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A change with all that the database knows about it."""

    diff: ChangeDiff
    comparisons: tuple[Comparison, ...]
    rivals: tuple[Change, ...]
    """Other open changes to the same record."""
    batch: OpenBatch | None
    following: Change | None
    """The next change that waits for a decision; None: this was the last."""
    preceding: Change | None
    waiting: int
    """How many wait for a decision of the visitor, among those that they go through."""
    report: Report | None
    payload: str | None
    """What is proposed as JSON; None where nothing is."""

    @property
    def short_payload(self) -> str | None:
        """Return the same where a page has room for it."""
        return self.payload if self.payload and len(self.payload) <= _MOST_JSON else None

    @property
    def is_critical(self) -> bool:
        """Return whether an update touches something that needs special care."""
        change = self.diff.change
        if change.resource_kind is not ResourceKind.model_reference:
            return True
        parts = (part for comparison in self.comparisons[:1] for part in comparison.differences)
        return change.operation is Operation.update and any(
            row.is_critical for part in parts for row in part.rows
        )


@router.get("/queue/{change_id:int}")
async def change(
    request: Request,
    desk: CurrentDesk,
    actor: SignedIn,
    change_id: StoredNumber,
    query: Annotated[ChangeQuery, Query()],
) -> Response:
    """Show a change."""
    desk.require_queue()
    return await change_page(Place(request, desk, actor, change_id, query))


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is: at which change, and among which."""

    request: Request
    desk: ReviewDesk
    actor: Actor
    change_id: int
    query: ChangeQuery


async def change_page(place: Place, refused: Refused | None = None) -> Response:
    """Return the page of a change as it stands now, also after a form that was not taken."""
    seen = await place.desk.look(lambda view: _seen(view, place))
    change = seen.diff.change
    said = comment_page(change.comments, place.query.said)
    differences = [each for comparison in seen.comparisons for each in comparison.differences]
    part = await run_in_threadpool(part_of, differences, place.query.part)
    found = await look_up(place.request, place.desk, change, ask=place.query.ask)
    return await render_in_thread(
        place.request,
        "desk/change.html",
        status=HTTPStatus.OK if refused is None else refused.status,
        seen=seen,
        part=part,
        comparisons=tuple(shown_in(part, seen.comparisons)),
        said=said,
        change=change,
        subject=subject_of(change),
        diff=seen.diff,
        is_record=change.resource_kind is ResourceKind.model_reference,
        actions=actions_on(seen.diff, place.actor, place.desk),
        now=int(time.time()),
        title=batch_title(seen.batch),
        query=place.query,
        found=found,
        refused=refused,
        typed={} if refused is None else refused.typed,
    )


@router.get("/queue/{change_id:int}/proposed.json")
async def proposed(desk: CurrentDesk, actor: SignedIn, change_id: StoredNumber) -> Response:
    """Return what is proposed as it is, however long: a file that no browser takes for a page."""
    del actor
    desk.require_queue()
    payload = await desk.look(lambda view: pretty(find_change(view, change_id)))
    if payload is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"Change {change_id} proposes no record.")
    name = f"change-{change_id}.json"
    return Response(
        payload,
        headers=FILE_HEADERS | {"content-disposition": f'attachment; filename="{name}"'},
        media_type="application/json",
    )


@router.get("/queue/{change_id:int}/checks")
async def checks(
    request: Request,
    desk: CurrentDesk,
    actor: SignedIn,
    change_id: StoredNumber,
    query: Annotated[Selection, Query()],
) -> Response:
    """Return the part of the page that takes seconds to find out, for its script."""
    del actor
    desk.require_queue()
    change = await desk.look(lambda view: find_change(view, change_id))
    found = await look_up(request, desk, change, ask=True)
    return await render_in_thread(request, "desk/found.html", change=change, found=found, query=query)


def next_to_decide(view: SqlUnitOfWork, place: Place) -> tuple[Change | None, Change | None]:
    """Return the nearest changes before and after that wait for a decision of the visitor."""
    return view.changes.neighbours(place.change_id, _to_decide(place))


def _to_decide(place: Place) -> ChangeFilter:
    wanted = place.query.wanted(ChangeStatus.pending)
    return replace(wanted, not_requested_by=not_by(place.actor, place.desk))


def _seen(view: SqlUnitOfWork, place: Place) -> _Seen:
    found = compared_as_done(view, find_change(view, place.change_id))
    preceding, following = next_to_decide(view, place)
    return _Seen(
        diff=found,
        comparisons=comparisons_of(view, found),
        rivals=_rivals(view, found.change),
        batch=open_batch(view),
        following=following,
        preceding=preceding,
        waiting=view.changes.count(_to_decide(place)),
        report=report(view, place.query, place.actor, here=place.change_id),
        payload=pretty(found.change),
    )


def _rivals(view: SqlUnitOfWork, change: Change) -> tuple[Change, ...]:
    if not change.is_open or change.resource_kind is not ResourceKind.model_reference:
        return ()
    numbers = view.changes.open_by_record([change.model_name]).get((change.category, change.model_name), [])
    others = [number for number in numbers if number != change.change_id]
    return tuple(view.changes.get(number) for number in others[:_MOST_RIVALS])
