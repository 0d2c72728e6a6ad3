"""What somebody proposed themselves, newest first."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.changes import Change, ChangeFilter, ChangeStatus
from horde_model_reference.domain.diff import ChangeDiff
from horde_model_reference.service.comparing import compared
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.web.desk.actions import Actions, actions_on
from horde_model_reference.service.web.desk.addresses import AfterStep, Blank, Selection
from horde_model_reference.service.web.desk.queue_page import SHOWN_STATUSES
from horde_model_reference.service.web.desk.reports import report
from horde_model_reference.service.web.desk.subjects import Subject, subject_of
from horde_model_reference.service.web.page_numbers import PageNumber
from horde_model_reference.service.web.rendering import render_in_thread
from horde_model_reference.service.web.signed_in import SignedIn
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

router = APIRouter()

_PAGE_LENGTH: Final = 25


class MyQuery(AfterStep):
    """Which of their own changes somebody wants to see."""

    status: Annotated[ChangeStatus | None, Blank] = None
    page: PageNumber = 1

    def page_address(self, page: int) -> str:
        """Return the address of another page of the same."""
        status = f"status={self.status.value}&" if self.status else ""
        return f"/my-changes?{status}page={page}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MyRow:
    """One change in the list."""

    change: Change
    subject: Subject
    diff: ChangeDiff
    actions: Actions


@router.get("/my-changes")
async def my_changes(
    request: Request, desk: CurrentDesk, actor: SignedIn, query: Annotated[MyQuery, Query()]
) -> Response:
    """List the visitor's own changes with what they may do with each."""
    desk.require_queue()
    wanted = ChangeFilter(requested_by=(actor.user_id,), statuses=(query.status,) if query.status else ())

    rows, total, said = await desk.look(
        lambda view: (
            tuple(_rows(view, wanted, query.page, actor, desk)),
            view.changes.count(wanted),
            report(view, query, actor),
        )
    )
    return await render_in_thread(
        request,
        "desk/my_changes.html",
        rows=rows,
        total=total,
        report=said,
        now=int(time.time()),
        first=(query.page - 1) * _PAGE_LENGTH + 1,
        chosen=query.status,
        statuses=SHOWN_STATUSES,
        query=Selection(),
        may_propose=actor.has(Role.requestor),
        previous=query.page_address(query.page - 1) if query.page > 1 else None,
        next=query.page_address(query.page + 1) if query.page * _PAGE_LENGTH < total else None,
    )


def _rows(
    view: SqlUnitOfWork, wanted: ChangeFilter, page: int, actor: Actor, desk: ReviewDesk
) -> Iterator[MyRow]:
    # The store counts from the oldest; the last page of it is the first one here.
    end = view.changes.count(wanted) - (page - 1) * _PAGE_LENGTH
    start = max(0, end - _PAGE_LENGTH)
    found = view.changes.find(wanted, offset=start, limit=end - start).items if end > 0 else ()
    for change in reversed(found):
        diff = compared(view, change)
        yield MyRow(
            change=change, subject=subject_of(change), diff=diff, actions=actions_on(diff, actor, desk)
        )
