"""The past of the queue, read from its audit events; the same under v1 and v2 (spec 22, Audit views)."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import asdict
from threading import Lock
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool

from horde_model_reference.domain.audit import EMPTY_CHAIN, QUEUE_CATEGORY, AuditEvent, head_after
from horde_model_reference.domain.changes import RecordForm
from horde_model_reference.domain.diff import NetOperation, diff, net_operation
from horde_model_reference.domain.resources import RESOURCE_TYPE_NAMES
from horde_model_reference.review.change_set_kinds import CHANGE_SETS
from horde_model_reference.review.history import (
    AuditedChange,
    BatchSummary,
    NetChange,
    QueueHistory,
    apply_event_id,
    net_changes,
)
from horde_model_reference.service.audit_schemas import (
    BatchNetChangeResponse,
    ModelNetChange,
    PendingQueueAuditBatchDetail,
    PendingQueueAuditBatchPage,
    PendingQueueAuditBatchSummary,
    PendingQueueAuditChange,
    PendingQueueAuditCurrentResponse,
)
from horde_model_reference.service.auth import CurrentCaller
from horde_model_reference.service.change_set_states import states_around, written_by
from horde_model_reference.service.errors import UnavailableError
from horde_model_reference.service.pending_queue import errors
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.store.audit_rows import EventFilter, SqlAuditTrail
from horde_model_reference.store.store import Store
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

T = TypeVar("T")

router = APIRouter(prefix="/audit", tags=["audit"], responses=errors(401, 503))
"""Included once for each API version."""

DomainQuery = Annotated[RecordForm | None, Query(description="Which history; default: the canonical format.")]


class QueueHistories:
    """The histories of both domains, brought up to date at each look; every event is read once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen = EMPTY_CHAIN
        self._histories = {domain: QueueHistory() for domain in RecordForm}

    def tell(
        self, store: Store, domain: RecordForm, telling: Callable[[QueueHistory, SqlUnitOfWork], T]
    ) -> T:
        """Return what is told of one domain's history, with everything in it that happened until now.

        One at a time: each look sees at least what the one before it saw.
        """
        with self._lock, store.review_view() as view:
            self._catch_up(view.audit)
            return telling(self._histories[domain], view)

    def _catch_up(self, trail: SqlAuditTrail) -> None:
        head = trail.head()
        if head == self._seen:
            return
        if self._seen.count and not self._is_still_there(trail):
            self._forget()
        for event in trail.events(EventFilter(category=QUEUE_CATEGORY, after_event_id=self._seen.count)):
            self._histories[event.domain].take(event)
        self._seen = head

    def _is_still_there(self, trail: SqlAuditTrail) -> bool:
        """Tell whether the chain goes on from what was read; it does not after a backup was restored."""
        last = next(trail.events(EventFilter(after_event_id=self._seen.count - 1)), None)
        return last is not None and head_after(last) == self._seen

    def _forget(self) -> None:
        self._seen = EMPTY_CHAIN
        self._histories = {domain: QueueHistory() for domain in RecordForm}


async def _tell(
    request: Request,
    desk: ReviewDesk,
    domain: RecordForm,
    telling: Callable[[QueueHistory, SqlUnitOfWork], T],
) -> T:
    histories: QueueHistories = request.app.state.queue_histories
    return await run_in_threadpool(histories.tell, desk.store, domain, telling)


async def readable_domain(
    caller: CurrentCaller, desk: CurrentDesk, domain_override: DomainQuery = None
) -> Callable[[], Awaitable[RecordForm]]:
    """Return what lets a reader in and says which history is meant, to be called by the route."""

    async def admitted() -> RecordForm:
        if not desk.registry.settings.audit.enabled:
            raise UnavailableError("The audit views are switched off here.")
        await caller.reader()
        desk.require_queue()
        return domain_override or RecordForm(desk.registry.settings.canonical_format)

    return admitted


Admission = Annotated[Callable[[], Awaitable[RecordForm]], Depends(readable_domain)]


@router.get("/current", name="get_current_pending_changes")
async def current(
    request: Request, desk: CurrentDesk, admitted: Admission
) -> PendingQueueAuditCurrentResponse:
    """List the changes that nobody has decided on, newest first."""
    domain = await admitted()
    pending = await _tell(request, desk, domain, lambda history, _view: _changes(history.pending_changes()))
    return PendingQueueAuditCurrentResponse(
        domain=domain, pending_changes=pending, total_pending=len(pending), generated_at=int(time.time())
    )


@router.get("/batches", name="list_pending_queue_batches")
async def batches(
    request: Request,
    desk: CurrentDesk,
    admitted: Admission,
    cursor: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> PendingQueueAuditBatchPage:
    """List batches, newest first; `cursor` is the `next_cursor` of the page before."""
    domain = await admitted()
    page, next_cursor = await _tell(
        request, desk, domain, lambda history, _view: history.batch_page(below=cursor, limit=limit)
    )
    summaries = [PendingQueueAuditBatchSummary.of(summary) for summary in page]
    return PendingQueueAuditBatchPage(domain=domain, batches=summaries, next_cursor=next_cursor)


@router.get("/batches/{batch_id}", name="get_pending_queue_batch_detail", responses=errors(404))
async def batch(
    request: Request, desk: CurrentDesk, admitted: Admission, batch_id: int
) -> PendingQueueAuditBatchDetail:
    """Return a batch with its changes."""

    def telling(history: QueueHistory, _view: SqlUnitOfWork) -> PendingQueueAuditBatchDetail:
        summary, members = history.batch(batch_id)
        return PendingQueueAuditBatchDetail(**asdict(summary), changes=_changes(members))

    return await _tell(request, desk, await admitted(), telling)


@router.get("/batches/{batch_id}/net_changes", name="get_batch_net_changes", responses=errors(404))
async def batch_net_changes(
    request: Request, desk: CurrentDesk, admitted: Admission, batch_id: int
) -> BatchNetChangeResponse:
    """Return what the applied changes of a batch made of each record, and of whole catalogues."""
    domain = await admitted()

    def telling(history: QueueHistory, view: SqlUnitOfWork) -> BatchNetChangeResponse:
        summary, members = history.batch(batch_id)
        found = (*net_changes(_record_events(members, view.audit)), *_net_change_sets(members, view))
        return _net_response(summary, domain, [ModelNetChange.of(change) for change in found])

    return await _tell(request, desk, domain, telling)


def _changes(changes: Iterable[AuditedChange]) -> list[PendingQueueAuditChange]:
    return [PendingQueueAuditChange.of(change) for change in changes]


def _record_events(members: Iterable[AuditedChange], trail: SqlAuditTrail) -> Iterator[AuditEvent]:
    """Yield the events that tell what applying did to records, in the order in which that was done."""
    applied = sorted(event_id for change in members if (event_id := apply_event_id(change)) is not None)
    for event_id in applied:
        # The event of the record comes right before that of its change (spec 22, Audit trail storage).
        event = next(trail.events(EventFilter(after_event_id=event_id - 2)), None)
        if event is not None and event.category not in (QUEUE_CATEGORY, *RESOURCE_TYPE_NAMES):
            yield event


def _net_change_sets(members: Iterable[AuditedChange], view: SqlUnitOfWork) -> Iterator[NetChange]:
    for member in members:
        written = written_by(member.events)
        if written is None:
            continue
        states = states_around(view, CHANGE_SETS[written.kind], written)
        yield NetChange(
            model_name=member.model_name or "",
            category=member.category or "",
            net_operation=net_operation(states.before, states.after),
            before_state=states.before,
            after_state=states.after,
            field_diffs=tuple(diff(states.before, states.after)),
            is_critical=True,
        )


def _net_response(
    summary: BatchSummary, domain: RecordForm, found: list[ModelNetChange]
) -> BatchNetChangeResponse:
    counts = Counter(change.net_operation for change in found)
    return BatchNetChangeResponse(
        batch_id=summary.batch_id,
        batch_title=summary.batch_title,
        domain=domain,
        model_changes=found,
        models_added=counts[NetOperation.added],
        models_modified=counts[NetOperation.modified],
        models_deleted=counts[NetOperation.deleted],
        models_unchanged=counts[NetOperation.unchanged],
        total_field_changes=sum(len(change.field_diffs) for change in found),
        has_critical_changes=any(change.is_critical for change in found),
        generated_at=int(time.time()),
    )
