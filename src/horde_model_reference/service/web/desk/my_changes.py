"""What somebody proposed themselves, newest first."""

import time
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.changes import ChangeFilter, ChangeStatus
from horde_model_reference.service.comparing import compared
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.web.desk.change_page import DONE, Actions, actions_on
from horde_model_reference.service.web.desk.queue_page import SHOWN_STATUSES, Blank
from horde_model_reference.service.web.rendering import render
from horde_model_reference.service.web.signed_in import SignedIn
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

router = APIRouter()

_PAGE_LENGTH: Final = 25


@router.get("/my-changes")
async def my_changes(
    request: Request,
    desk: CurrentDesk,
    actor: SignedIn,
    status: Annotated[ChangeStatus | None, Blank] = None,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """List the visitor's own changes with what they may do with each."""
    desk.require_queue()
    wanted = ChangeFilter(requested_by=(actor.user_id,), statuses=(status,) if status else ())
    rows, total = await desk.look(lambda view: _rows(view, wanted, actor, desk, page))
    query = f"status={status.value}&" if status else ""
    return render(
        request,
        "desk/my_changes.html",
        rows=rows,
        now=int(time.time()),
        total=total,
        first=(page - 1) * _PAGE_LENGTH + 1,
        chosen=status,
        statuses=SHOWN_STATUSES,
        may_propose=actor.has(Role.requestor),
        done=DONE.get(done),
        previous=f"/my-changes?{query}page={page - 1}" if page > 1 else None,
        next=f"/my-changes?{query}page={page + 1}" if page * _PAGE_LENGTH < total else None,
    )


def _rows(
    view: SqlUnitOfWork, wanted: ChangeFilter, actor: Actor, desk: ReviewDesk, page: int
) -> tuple[list[dict[str, object]], int]:
    total = view.changes.find(wanted, limit=1).total
    # The store counts from the oldest; the last page of it is the first one here.
    end = total - (page - 1) * _PAGE_LENGTH
    start = max(0, end - _PAGE_LENGTH)
    found = view.changes.find(wanted, offset=start, limit=end - start).items if end > 0 else ()
    rows: list[dict[str, object]] = []
    for change in reversed(found):
        diff = compared(view, change)
        actions: Actions = actions_on(diff, actor, desk)
        rows.append({"change": change, "diff": diff, "actions": actions})
    return rows, total
