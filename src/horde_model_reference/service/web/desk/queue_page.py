"""The queue: what waits for a decision or for being applied, oldest first."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import Response

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Change, ChangeFilter, ChangeStatus, Operation
from horde_model_reference.domain.diff import ChangeDiff
from horde_model_reference.service.comparing import compared
from horde_model_reference.service.queue_schemas import MAX_STORED_INTEGER, SearchText
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.web.differences import differences_of
from horde_model_reference.service.web.rendering import render
from horde_model_reference.service.web.signed_in import SignedIn
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

PAGE_LENGTH: Final = 50
SHOWN_STATUSES: Final = tuple(status for status in ChangeStatus if status is not ChangeStatus.purged)
_OPEN: Final = (ChangeStatus.pending, ChangeStatus.approved)

router = APIRouter()

_Value = TypeVar("_Value")


def _none_where_empty(value: object) -> object:
    """Take what a form sends for a field that nobody filled in for a field that isn't there."""
    return None if value == "" else value


Blank = BeforeValidator(_none_where_empty)


class QueueQuery(BaseModel):
    """Which changes to show, as it stands in the address."""

    status: Annotated[ChangeStatus | None, Blank] = None
    """None: those that are open."""
    category: Annotated[Category | None, Blank] = None
    model: Annotated[SearchText, Field(max_length=200)] = ""
    by: Annotated[SearchText, Field(max_length=200)] = ""
    """User id, or a name that ends in one."""
    batch: Annotated[Annotated[int, Field(ge=1, le=MAX_STORED_INTEGER)] | None, Blank] = None
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    def wanted(self) -> ChangeFilter:
        """Return the changes that are meant."""
        user_id = self.by.rpartition("#")[2].strip()
        return ChangeFilter(
            statuses=_OPEN if self.status is None and self.batch is None else _only(self.status),
            categories=_only(self.category),
            requested_by=_only(user_id),
            model_name=self.model.strip() or None,
            batch_id=self.batch,
        )

    def address(self, page: int) -> str:
        """Return the address of another page of the same."""
        fields = {**self.model_dump(mode="json", exclude_defaults=True), "page": page}
        return f"/queue?{urlencode(fields)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One change in the list."""

    change: Change
    diff: ChangeDiff
    is_own: bool
    may_be_decided: bool
    """Whether the visitor may approve or reject it now."""
    fields: int | None
    """How many fields an update changes for readers; None for other changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBatch:
    """The changes that are approved and not yet applied."""

    batch_id: int
    title: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    rows: tuple[QueueRow, ...]
    total: int
    batch: OpenBatch | None


@router.get("/queue")
async def queue(
    request: Request, desk: CurrentDesk, actor: SignedIn, query: Annotated[QueueQuery, Query()]
) -> Response:
    """List changes."""
    desk.require_queue()
    found = await desk.look(lambda view: _found(view, query, actor, desk))
    first = (query.page - 1) * PAGE_LENGTH
    return render(
        request,
        "desk/queue.html",
        query=query,
        rows=found.rows,
        total=found.total,
        first=first + 1,
        batch=found.batch,
        now=int(time.time()),
        title=batch_title(found.batch),
        statuses=SHOWN_STATUSES,
        categories=tuple(Category),
        may_review=actor.has(Role.approver),
        previous=query.address(query.page - 1) if query.page > 1 else None,
        next=query.address(query.page + 1) if first + len(found.rows) < found.total else None,
    )


def may_decide(actor: Actor, change: Change, desk: ReviewDesk) -> bool:
    """Tell whether somebody may decide about a change, were it pending."""
    allows_own = desk.registry.settings.pending_queue.allow_self_approval
    return actor.has(Role.approver) and (allows_own or change.requested_by != actor.user_id)


def open_batch(view: SqlUnitOfWork) -> OpenBatch | None:
    """Return the batch that is to be applied next; None where nothing is approved."""
    batch_id = view.batches.open_id()
    if batch_id is None:
        return None
    members = view.changes.find(ChangeFilter(batch_id=batch_id, statuses=(ChangeStatus.approved,)))
    title = next((change.batch_title for change in members.items if change.batch_title), "")
    return OpenBatch(batch_id=batch_id, title=title, count=members.total)


def batch_title(batch: OpenBatch | None) -> str:
    """Return what to call a batch, unless somebody knows better: like the open one, else after the day."""
    if batch is not None and batch.title:
        return batch.title
    today = datetime.now(UTC)
    return f"Review of {today.day} {today:%b %Y}"


def _found(view: SqlUnitOfWork, query: QueueQuery, actor: Actor, desk: ReviewDesk) -> _Found:
    first = (query.page - 1) * PAGE_LENGTH
    page = view.changes.find(query.wanted(), offset=first, limit=PAGE_LENGTH)
    rows = tuple(_row(compared(view, change), actor, desk) for change in page.items)
    return _Found(rows=rows, total=page.total, batch=open_batch(view))


def _row(found: ChangeDiff, actor: Actor, desk: ReviewDesk) -> QueueRow:
    change = found.change
    is_update = change.operation is Operation.update
    return QueueRow(
        change=change,
        diff=found,
        is_own=change.requested_by == actor.user_id,
        may_be_decided=change.status is ChangeStatus.pending and may_decide(actor, change, desk),
        fields=sum(part.field_count for part in differences_of(found)) if is_update else None,
    )


def _only(value: _Value | None) -> tuple[_Value, ...]:
    return (value,) if value else ()
