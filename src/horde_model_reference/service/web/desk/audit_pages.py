"""The audit log: what happened, newest first, and whether the chain of events holds."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from horde_model_reference.domain.audit import QUEUE_CATEGORY, AuditEvent
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.diff import diff
from horde_model_reference.domain.resources import ResourceType
from horde_model_reference.service.errors import UnavailableError
from horde_model_reference.service.queue_schemas import MAX_STORED_INTEGER, SearchText
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.web.desk.addresses import Blank
from horde_model_reference.service.web.differences import as_text, difference_between
from horde_model_reference.service.web.rendering import render
from horde_model_reference.service.web.signed_in import SignedIn
from horde_model_reference.store.audit import AuditReport, verify_audit
from horde_model_reference.store.audit_rows import EventFilter, SqlAuditTrail
from horde_model_reference.store.store import Store

router = APIRouter()

_PAGE_LENGTH: Final = 50
_STEPS: Final = {
    "enqueue": "proposed",
    "approve": "approved",
    "reject": "rejected",
    "apply": "applied",
    "withdraw": "withdrawn",
    "unapprove": "approval taken back",
    "rebase": "re-based",
    "comment": "commented on",
    "purge": "purged",
    "batch_split": "What is left of a batch moved to a new one",
}
"""What happened to a change, by the word that is recorded for it."""
_DOES_TO_RECORDS: Final = {"create": "created", "update": "updated", "delete": "deleted"}


class AuditQuery(BaseModel):
    """Which events to show, as it stands in the address."""

    category: Annotated[Annotated[str, Field(pattern="^[a-z_]{1,64}$")] | None, Blank] = None
    """A category, or ``pending_queue``."""
    model: Annotated[SearchText, Field(max_length=200)] = ""
    """The exact name of a record; for the queue the number of a change."""
    by: Annotated[SearchText, Field(max_length=200)] = ""
    since: Annotated[date | None, Blank] = None
    until: Annotated[date | None, Blank] = None
    before: Annotated[Annotated[int, Field(ge=1, le=MAX_STORED_INTEGER)] | None, Blank] = None
    """Only events before this one: what the page before ended with."""

    def wanted(self) -> EventFilter:
        """Return the events that are meant."""
        return EventFilter(
            category=self.category,
            model_name=self.model.strip() or None,
            user_id=self.by.rpartition("#")[2].strip() or None,
            since=None if self.since is None else _midnight(self.since),
            until=None if self.until is None else _midnight(self.until) + 86_399,
            before_event_id=self.before,
        )

    def address(self, before: int | None) -> str:
        """Return the address of a page of the same events."""
        fields = self.model_dump(mode="json", exclude_defaults=True) | {"before": before}
        return f"/audit?{urlencode({key: value for key, value in fields.items() if value is not None})}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """What the last verification found."""

    report: AuditReport
    verified_at: int
    """Unix seconds."""


class ChainWatch:
    """Verifies the chain again when it has grown; one at a time, the others take what it found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: ChainState | None = None

    def state(self, store: Store) -> ChainState:
        """Return whether the chain holds up to its present end."""
        with self._lock:
            with store.review_view() as view:
                head = view.audit.head()
            if self._last is None or self._last.report.head != head:
                self._last = ChainState(report=verify_audit(store), verified_at=int(time.time()))
            return self._last


@router.get("/audit")
async def audit_log(
    request: Request, desk: CurrentDesk, actor: SignedIn, query: Annotated[AuditQuery, Query()]
) -> Response:
    """List events."""
    del actor
    _require_audit(desk)
    events = await desk.look(lambda view: view.audit.last_events(query.wanted(), _PAGE_LENGTH + 1))
    shown = events[:_PAGE_LENGTH]
    return render(
        request,
        "desk/audit.html",
        query=query,
        events=[_line(event) for event in shown],
        categories=(QUEUE_CATEGORY, *Category, *ResourceType),
        chain=await run_in_threadpool(_chain_watch(request).state, desk.store),
        newest=query.address(None) if query.before is not None else None,
        older=query.address(shown[-1].event_id) if len(events) > _PAGE_LENGTH else None,
    )


@router.get("/audit/{event_id:int}")
async def audit_event(request: Request, desk: CurrentDesk, actor: SignedIn, event_id: int) -> Response:
    """Show one event with what it changed."""
    del actor
    _require_audit(desk)
    event = await desk.look(lambda view: _event(view.audit, event_id))
    if event is None:
        raise HTTPException(404, f"There is no audit event {event_id}.")
    is_queue = event.category == QUEUE_CATEGORY
    after: dict[str, Any] | None = event.payload.get("after")
    return render(
        request,
        "desk/audit_event.html",
        event=event,
        line=_line(event),
        told={key: as_text(value) for key, value in (after or {}).items()} if is_queue else {},
        difference=None
        if is_queue
        else difference_between(event.category, event.payload.get("before"), after),
    )


def _require_audit(desk: ReviewDesk) -> None:
    if not desk.registry.settings.audit.enabled:
        raise UnavailableError("The audit views are switched off here.")
    _ = desk.store


def _chain_watch(request: Request) -> ChainWatch:
    known: ChainWatch | None = getattr(request.app.state, "chain_watch", None)
    if known is None:
        known = request.app.state.chain_watch = ChainWatch()
    return known


def _event(trail: SqlAuditTrail, event_id: int) -> AuditEvent | None:
    if not 0 < event_id <= MAX_STORED_INTEGER:
        return None
    found = next(iter(trail.events(EventFilter(after_event_id=event_id - 1))), None)
    return found if found is not None and found.event_id == event_id else None


def _line(event: AuditEvent) -> dict[str, Any]:
    """Return an event in the words of the log."""
    if event.category == QUEUE_CATEGORY:
        told: dict[str, Any] = event.payload.get("after") or {}
        step = told.get("action")
        return {
            "event": event,
            "what": _STEPS.get(str(step), step),
            "change_id": told.get("change_id"),
            "fields": None,
        }
    return {
        "event": event,
        "what": _DOES_TO_RECORDS[event.operation],
        "fields": len(diff(event.payload.get("before"), event.payload.get("after"))),
        "is_model": event.category in set(Category),
    }


def _midnight(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp())
