"""The queue: what waits for a decision or for being applied, oldest first."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Change, ChangeStatus, Operation, ResourceKind
from horde_model_reference.domain.diff import ChangeDiff, FieldChange, is_critical
from horde_model_reference.service.comparing import compared
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.web.desk.actions import may_decide
from horde_model_reference.service.web.desk.addresses import PAGE_LENGTH, QueueQuery
from horde_model_reference.service.web.desk.batches import OpenBatch, batch_title, open_batch
from horde_model_reference.service.web.desk.findings import live_at_hand
from horde_model_reference.service.web.desk.refusals import Refused
from horde_model_reference.service.web.desk.reports import Report, report
from horde_model_reference.service.web.desk.subjects import Subject, subject_of
from horde_model_reference.service.web.differences import MOST_COUNTED, fields_in_words, telling_changes
from horde_model_reference.service.web.rendering import render_in_thread
from horde_model_reference.service.web.signed_in import SignedIn
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

SHOWN_STATUSES: Final = tuple(status for status in ChangeStatus if status is not ChangeStatus.purged)

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One change in the list."""

    change: Change
    subject: Subject
    diff: ChangeDiff
    is_own: bool
    may_be_decided: bool
    """Whether the visitor may approve or reject it now."""
    fields: str | None
    """How many fields an update changes for readers; None for other changes."""
    is_critical: bool
    """Whether some of them need special care."""
    rivals: int
    """How many other open changes there are to the same record."""

    @property
    def is_open_deletion(self) -> bool:
        """Tell whether a record may go by it."""
        is_record = self.change.resource_kind is ResourceKind.model_reference
        return is_record and self.change.is_open and self.change.operation is Operation.delete


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    rows: tuple[QueueRow, ...]
    total: int
    batch: OpenBatch | None
    report: Report | None


@router.get("/queue")
async def queue(
    request: Request, desk: CurrentDesk, actor: SignedIn, query: Annotated[QueueQuery, Query()]
) -> Response:
    """List changes."""
    desk.require_queue()
    return await queue_page(request, desk, actor, query)


async def queue_page(
    request: Request,
    desk: ReviewDesk,
    actor: Actor,
    query: QueueQuery,
    *,
    refused: Refused | None = None,
    chosen: Collection[int] = (),
) -> Response:
    """Return the page, also after a form that was not taken, with what was ``chosen`` in it."""
    found = await desk.look(lambda view: _found(view, query, actor, desk))
    first = (query.page - 1) * PAGE_LENGTH
    return await render_in_thread(
        request,
        "desk/queue.html",
        status=HTTPStatus.OK if refused is None else refused.status,
        query=query,
        rows=found.rows,
        losses={
            row.change.change_id: live.worker_count
            for row in found.rows
            if row.is_open_deletion and (live := await live_at_hand(request, desk, row.change)) is not None
        },
        total=found.total,
        first=first + 1,
        batch=found.batch,
        report=found.report if refused is None else None,
        refused=refused,
        chosen=chosen,
        now=int(time.time()),
        title=batch_title(found.batch),
        statuses=SHOWN_STATUSES,
        categories=tuple(Category),
        may_choose=refused is not None or any(row.may_be_decided for row in found.rows),
        previous=query.listed_at(page=query.page - 1) if query.page > 1 else None,
        next=query.listed_at(page=query.page + 1) if first + len(found.rows) < found.total else None,
    )


def _found(view: SqlUnitOfWork, query: QueueQuery, actor: Actor, desk: ReviewDesk) -> _Found:
    first = (query.page - 1) * PAGE_LENGTH
    page = view.changes.find(query.listed(), offset=first, limit=PAGE_LENGTH)
    open_ones = view.changes.open_by_record({change.model_name for change in page.items})
    rows = tuple(_row(compared(view, change), open_ones, actor, desk) for change in page.items)
    return _Found(rows=rows, total=page.total, batch=open_batch(view), report=report(view, query, actor))


def _row(
    found: ChangeDiff, open_ones: Mapping[tuple[str, str], list[int]], actor: Actor, desk: ReviewDesk
) -> QueueRow:
    change = found.change
    is_record = change.resource_kind is ResourceKind.model_reference
    is_update = is_record and change.operation is Operation.update
    fields = _telling(found) if is_update else ()
    same_record = open_ones.get((change.category, change.model_name), ()) if is_record else ()
    return QueueRow(
        change=change,
        subject=subject_of(change),
        diff=found,
        is_own=change.requested_by == actor.user_id,
        may_be_decided=change.status is ChangeStatus.pending and may_decide(actor, change, desk),
        fields=fields_in_words(len(fields)) if is_update else None,
        is_critical=not is_record or is_critical(change.category, fields),
        rivals=sum(number != change.change_id for number in same_record) if change.is_open else 0,
    )


def _telling(found: ChangeDiff) -> Sequence[FieldChange]:
    """Return the fields of an update that make a difference, or all of them where they are very many."""
    if len(found.field_diffs) > MOST_COUNTED:
        return found.field_diffs
    change = found.change
    before, after = found.current_state, found.proposed_state
    return telling_changes(change.category, found.field_diffs, before, after, form=change.form)
