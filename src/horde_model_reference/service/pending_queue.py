"""The pending queue, the same under v1 and v2: look at changes, and decide on them (spec 22)."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query

from horde_model_reference.domain.changes import ChangeFilter, RecordForm, ResourceKind
from horde_model_reference.domain.diff import ChangeDiff
from horde_model_reference.domain.errors import ChangeNotFoundError, RevisionConflictError
from horde_model_reference.review import steps
from horde_model_reference.review.ports import ChangePage
from horde_model_reference.service.auth import CurrentCaller
from horde_model_reference.service.comparing import compared
from horde_model_reference.service.proposal_checks import checks_on
from horde_model_reference.service.queue_schemas import (
    ChangeComment,
    ChangesQuery,
    CommentRequest,
    DiffError,
    MyChangesQuery,
    PendingBatchRequest,
    PendingBatchResult,
    PendingChangeDiff,
    PendingChangeDiffPage,
    PendingChangeRecord,
    PendingQueuePage,
    ProposalCheck,
    PurgePendingChangesRequest,
    PurgePendingChangesResponse,
    RebaseRequest,
    selects_nothing,
)
from horde_model_reference.service.record_bodies import legacy_payload, v2_payload
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.schemas import ErrorResponse
from horde_model_reference.service.strict_json import StrictJsonRoute
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

MOST_DIFFS: Final = 100


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors that an operation may answer with, for the documentation."""
    return {status: {"model": ErrorResponse} for status in statuses}


router = APIRouter(route_class=StrictJsonRoute, responses=errors(401, 503))
"""Included once for each API version."""


@router.get("/changes", name="list_pending_changes")
async def changes(
    caller: CurrentCaller, desk: CurrentDesk, query: Annotated[ChangesQuery, Query()]
) -> PendingQueuePage:
    """List the changes that meet all conditions, by rising number."""
    await caller.reader()
    desk.require_queue()
    return await _page(desk, query, query.wanted())


@router.get("/my_changes", name="list_my_pending_changes", responses=errors(403))
async def my_changes(
    caller: CurrentCaller, desk: CurrentDesk, query: Annotated[MyChangesQuery, Query()]
) -> PendingQueuePage:
    """List the caller's own changes, by rising number."""
    actor = await caller.requestor()
    desk.require_queue()
    return await _page(desk, query, query.wanted(by=actor.user_id))


@router.post("/purge", name="purge_pending_changes", responses=errors(403))
async def purge(
    caller: CurrentCaller, desk: CurrentDesk, body: PurgePendingChangesRequest
) -> PurgePendingChangesResponse:
    """Remove changes from the queue, whatever their status; their numbers are never used again."""
    actor = await caller.approver()
    desk.require_queue()
    if selects_nothing(body.statuses):
        return PurgePendingChangesResponse(removed_count=0, dry_run=body.dry_run)
    purged = await desk.take(
        lambda uow, rules, now: steps.purge(
            uow, body.wanted(), actor=actor, now=now, rules=rules, dry_run=body.dry_run
        )
    )
    removed = list(purged.removed_change_ids)
    return PurgePendingChangesResponse(
        removed_count=len(removed), removed_change_ids=removed, dry_run=purged.dry_run
    )


@router.get("/changes/{change_id}", name="read_pending_change", responses=errors(404))
async def change(caller: CurrentCaller, desk: CurrentDesk, change_id: int) -> PendingChangeRecord:
    """Return one change."""
    await caller.reader()
    desk.require_queue()
    return PendingChangeRecord.of(await desk.look(lambda view: steps.find_change(view, change_id)))


@router.get("/changes/{change_id}/diff", name="get_pending_change_diff", responses=errors(404, 409))
async def change_diff(caller: CurrentCaller, desk: CurrentDesk, change_id: int) -> PendingChangeDiff:
    """Compare one change with the record as it stands; a change set with what its catalogue holds.

    A change set that was applied is shown as what it did; 409 where it does not fit any more.
    """
    await caller.reader()
    desk.require_queue()
    return PendingChangeDiff.of(await desk.look(lambda view: _compared(view, change_id)))


@router.get("/changes/{change_id}/checks", name="get_pending_change_checks", responses=errors(404))
async def change_checks(
    caller: CurrentCaller,
    desk: CurrentDesk,
    change_id: int,
    ask: Annotated[
        bool, Query(description="Ask the addresses that nothing is known of; takes seconds.")
    ] = False,
) -> list[ProposalCheck]:
    """Look up what a reviewer would: licence, baseline, duplicates, sums, and whether the files are there."""
    await caller.reader()
    desk.require_queue()
    found = await desk.look(lambda view: steps.find_change(view, change_id))
    checks = await checks_on(desk, found, ask=ask)
    return [ProposalCheck.model_validate(check) for check in checks]


@router.get("/diffs", name="get_pending_changes_diffs", responses=errors(400))
async def diffs(
    caller: CurrentCaller,
    desk: CurrentDesk,
    change_ids: Annotated[list[int], Query(min_length=1, max_length=MOST_DIFFS)],
) -> PendingChangeDiffPage:
    """Compare several changes with the records as they stand."""
    await caller.reader()
    desk.require_queue()
    return await desk.look(lambda view: _all_compared(view, change_ids))


@router.post("/batches", name="process_pending_batch", responses=errors(400, 403))
async def decide(caller: CurrentCaller, desk: CurrentDesk, body: PendingBatchRequest) -> PendingBatchResult:
    """Approve and reject changes, all of them or none."""
    actor = await caller.approver()
    desk.require_queue()
    decided = await desk.take(
        lambda uow, rules, now: steps.decide(uow, body.decision(), actor=actor, now=now, rules=rules)
    )
    return PendingBatchResult(
        batch_id=decided.batch_id,
        batch_title=decided.batch_title,
        approved=[PendingChangeRecord.of(change) for change in decided.approved],
        rejected=[PendingChangeRecord.of(change) for change in decided.rejected],
    )


@router.post("/changes/{change_id}/withdraw", name="withdraw_change", responses=errors(400, 403, 404))
async def withdraw(caller: CurrentCaller, desk: CurrentDesk, change_id: int) -> PendingChangeRecord:
    """Take back one's own change for good."""
    actor = await caller.requestor()
    desk.require_queue()
    return PendingChangeRecord.of(
        await desk.take(
            lambda uow, rules, now: steps.withdraw(uow, change_id, actor=actor, now=now, rules=rules)
        )
    )


@router.post("/changes/{change_id}/unapprove", name="unapprove_change", responses=errors(400, 403, 404))
async def unapprove(caller: CurrentCaller, desk: CurrentDesk, change_id: int) -> PendingChangeRecord:
    """Take back an approval, so that the change is pending again."""
    actor = await caller.approver()
    desk.require_queue()
    return PendingChangeRecord.of(
        await desk.take(
            lambda uow, rules, now: steps.unapprove(uow, change_id, actor=actor, now=now, rules=rules)
        )
    )


@router.post("/changes/{change_id}/rebase", name="rebase_change", responses=errors(400, 403, 404, 409, 422))
async def rebase(
    caller: CurrentCaller, desk: CurrentDesk, change_id: int, body: RebaseRequest | None = None
) -> PendingChangeRecord:
    """Make one's own change anew from the record as it stands; an approval is void with that."""
    actor = await caller.requestor()
    desk.require_queue()
    payload = None
    if body is not None and body.payload is not None:
        known = await desk.look(lambda view: steps.find_change(view, change_id))
        read = v2_payload if known.form is RecordForm.v2 else legacy_payload
        payload = read(known.category, body.payload, within=("payload",))
    return PendingChangeRecord.of(
        await desk.take(
            lambda uow, rules, now: steps.rebase(
                uow, change_id, actor=actor, now=now, rules=rules, payload=payload
            )
        )
    )


@router.get("/changes/{change_id}/comments", name="list_change_comments", responses=errors(404))
async def comments(caller: CurrentCaller, desk: CurrentDesk, change_id: int) -> list[ChangeComment]:
    """List what was said about a change, oldest first."""
    await caller.reader()
    desk.require_queue()
    found = await desk.look(lambda view: steps.find_change(view, change_id))
    return [ChangeComment.model_validate(comment) for comment in found.comments]


@router.post(
    "/changes/{change_id}/comments",
    name="comment_on_change",
    status_code=201,
    responses=errors(403, 404, 422),
)
async def comment(
    caller: CurrentCaller, desk: CurrentDesk, change_id: int, body: CommentRequest
) -> ChangeComment:
    """Say something about a change, whatever its status."""
    actor = await caller.requestor()
    desk.require_queue()
    commented = await desk.take(
        lambda uow, rules, now: steps.comment(uow, change_id, body.text, actor=actor, now=now, rules=rules)
    )
    return ChangeComment.model_validate(commented.comments[-1])


async def _page(
    desk: ReviewDesk, query: ChangesQuery | MyChangesQuery, wanted: ChangeFilter
) -> PendingQueuePage:
    found = ChangePage(items=(), total=0)
    if not selects_nothing(query.statuses):
        found = await desk.look(
            lambda view: view.changes.find(wanted, offset=query.offset, limit=query.limit)
        )
    items = [PendingChangeRecord.of(change) for change in found.items]
    return PendingQueuePage(items=items, total=found.total, offset=query.offset, limit=query.limit)


def _compared(view: SqlUnitOfWork, change_id: int) -> ChangeDiff:
    found = compared(view, steps.find_change(view, change_id))
    if found.conflict and found.change.resource_kind is not ResourceKind.model_reference:
        raise RevisionConflictError(f"Change set {change_id} does not fit what there is any more.")
    return found


def _all_compared(view: SqlUnitOfWork, change_ids: list[int]) -> PendingChangeDiffPage:
    page = PendingChangeDiffPage(total=len(change_ids))
    for change_id in change_ids:
        try:
            page.diffs.append(PendingChangeDiff.of(_compared(view, change_id)))
        except ChangeNotFoundError as error:
            page.errors.append(DiffError(change_id=change_id, error=str(error), error_type="NotFound"))
        except RevisionConflictError as error:
            page.errors.append(DiffError(change_id=change_id, error=str(error), error_type="Conflict"))
    return page
