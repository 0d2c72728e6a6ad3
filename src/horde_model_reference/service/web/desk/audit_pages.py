"""The audit log: what happened, newest first, and whether the chain of events holds."""

from collections.abc import Mapping, Sequence
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
from horde_model_reference.domain.errors import StoreDamagedError
from horde_model_reference.domain.resources import ResourceType
from horde_model_reference.service.errors import UnavailableError
from horde_model_reference.service.queue_schemas import SearchText, StoredNumber
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk
from horde_model_reference.service.web.desk.addresses import Blank
from horde_model_reference.service.web.desk.chain_watch import ChainWatch
from horde_model_reference.service.web.difference_parts import part_of
from horde_model_reference.service.web.differences import (
    MOST_COUNTED,
    Difference,
    as_text,
    difference_between,
    fields_in_words,
    telling_changes,
)
from horde_model_reference.service.web.page_numbers import PageNumber
from horde_model_reference.service.web.page_route import PageRoute
from horde_model_reference.service.web.rendering import render_in_thread
from horde_model_reference.service.web.signed_in import SignedIn
from horde_model_reference.store.audit_rows import EventFilter
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

router = APIRouter(route_class=PageRoute)

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
    before: Annotated[StoredNumber | None, Blank] = None
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
class EventLine:
    """An event in the words of the log."""

    event: AuditEvent
    what: str
    by: str
    """Name of who brought it about, where the queue knows it; else the user id."""
    change_id: int | None = None
    """The change that a step was taken with; None: it is about a record or a resource, or a batch."""
    about: tuple[str, str] | None = None
    """Category and name of what that change is about."""
    fields: str | None = None
    """How many fields an update changes for readers; None for events of the queue."""
    is_model: bool = False


@router.get("/audit")
async def audit_log(
    request: Request, desk: CurrentDesk, actor: SignedIn, query: Annotated[AuditQuery, Query()]
) -> Response:
    """List events."""
    del actor
    _require_audit(desk)
    try:
        events, lines = await desk.look(lambda view: _listed(view, query))
        trouble = None
    except StoreDamagedError as error:  # a log that was tampered with says so all the same
        events, lines, trouble = [], [], str(error)
    return await render_in_thread(
        request,
        "desk/audit.html",
        query=query,
        events=lines,
        trouble=trouble,
        categories=(QUEUE_CATEGORY, *Category, *ResourceType),
        chain=await run_in_threadpool(_chain_watch(request).state, desk.store),
        newest=query.address(None) if query.before is not None else None,
        older=query.address(lines[-1].event.event_id) if len(events) > _PAGE_LENGTH else None,
    )


@router.get("/audit/{event_id:int}")
async def audit_event(
    request: Request, desk: CurrentDesk, actor: SignedIn, event_id: StoredNumber, part: PageNumber = 1
) -> Response:
    """Show one event with what it changed."""
    del actor
    _require_audit(desk)
    found = await desk.look(lambda view: _one(view, event_id))
    if found is None:
        raise HTTPException(404, f"There is no audit event {event_id}.")
    line, last_id, difference = found
    event = line.event
    shown = await run_in_threadpool(part_of, [] if difference is None else [difference], part)
    told: dict[str, Any] = (event.payload.get("after") or {}) if difference is None else {}
    return await render_in_thread(
        request,
        "desk/audit_event.html",
        event=event,
        line=line,
        last_id=last_id,
        told={key: as_text(value) for key, value in told.items()},
        part=shown,
    )


def _listed(view: SqlUnitOfWork, query: AuditQuery) -> tuple[list[AuditEvent], list[EventLine]]:
    events = view.audit.last_events(query.wanted(), _PAGE_LENGTH + 1)
    return events, _lines(view, events[:_PAGE_LENGTH])


def _one(view: SqlUnitOfWork, event_id: int) -> tuple[EventLine, int, Difference | None] | None:
    """Return an event, the number of the last one, and what it changed; nothing for a step of the queue."""
    last_id = view.audit.head().count
    if event_id > last_id:
        return None
    only = EventFilter(after_event_id=event_id - 1, before_event_id=event_id + 1)
    event = next(iter(view.audit.last_events(only, 1)), None)
    if event is None:  # somebody took it out of the database
        return None
    before, after = event.payload.get("before"), event.payload.get("after")
    is_step = event.category == QUEUE_CATEGORY
    difference = None if is_step else difference_between(event.category, before, after)
    return _lines(view, [event])[0], last_id, difference


def _require_audit(desk: ReviewDesk) -> None:
    if not desk.registry.settings.audit.enabled:
        raise UnavailableError("The audit views are switched off here.")
    _ = desk.store


def _chain_watch(request: Request) -> ChainWatch:
    known: ChainWatch | None = getattr(request.app.state, "chain_watch", None)
    if known is None:
        known = request.app.state.chain_watch = ChainWatch()
    return known


def _lines(view: SqlUnitOfWork, events: Sequence[AuditEvent]) -> list[EventLine]:
    numbers = [number for event in events if (number := _change_id(event)) is not None]
    about = view.changes.names_of(set(numbers))
    names = view.changes.usernames({event.logical_user_id for event in events})
    return [_line(event, about, names) for event in events]


def _line(event: AuditEvent, about: Mapping[int, tuple[str, str]], names: Mapping[str, str]) -> EventLine:
    by = names.get(event.logical_user_id, event.logical_user_id)
    if event.category == QUEUE_CATEGORY:
        told: dict[str, Any] = event.payload.get("after") or {}
        step, number = str(told.get("action")), _change_id(event)
        found = None if number is None else about.get(number)
        return EventLine(event=event, what=_STEPS.get(step, step), by=by, change_id=number, about=found)
    return EventLine(
        event=event,
        what=_DOES_TO_RECORDS[event.operation],
        by=by,
        fields=fields_in_words(_field_count(event)),
        is_model=event.category in set(Category),
    )


def _field_count(event: AuditEvent) -> int:
    before, after = event.payload.get("before"), event.payload.get("after")
    if before is None or after is None:
        return 0
    changes = diff(before, after)
    if len(changes) > MOST_COUNTED:
        return len(changes)
    return len(telling_changes(event.category, changes, before, after))


def _change_id(event: AuditEvent) -> int | None:
    told: dict[str, Any] = event.payload.get("after") or {}
    number = told.get("change_id") if event.category == QUEUE_CATEGORY else None
    return number if isinstance(number, int) else None


def _midnight(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp())
