"""Forms about one change: taking the step, and what comes after it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.changes import Change, ChangeStatus
from horde_model_reference.domain.errors import (
    ConflictError,
    InvalidRecordError,
    InvalidTransitionError,
    NotPermittedError,
)
from horde_model_reference.review.applying import Applied
from horde_model_reference.review.steps import find_change
from horde_model_reference.service.errors import status_of
from horde_model_reference.service.queue_schemas import StoredNumber
from horde_model_reference.service.review_desk import CurrentDesk, ReviewDesk, Step
from horde_model_reference.service.web.desk.addresses import ChangeQuery
from horde_model_reference.service.web.desk.change_page import (
    Place,
    change_page,
    next_to_decide,
)
from horde_model_reference.service.web.desk.refusals import Refused
from horde_model_reference.service.web.signed_in import SignedIn

T = TypeVar("T")

REFUSALS: Final = (ConflictError, InvalidRecordError, NotPermittedError)
"""What may be in the way of a step, and is shown on the page that it was taken from."""

_DONE_BEFORE: Final[Mapping[str, Callable[[Change, Actor], bool]]] = {
    "approved": lambda change, by: (change.status, change.approved_by) == (ChangeStatus.approved, by.user_id),
    "rejected": lambda change, by: (change.status, change.rejected_by) == (ChangeStatus.rejected, by.user_id),
    "applied": lambda change, by: (change.status, change.applied_by) == (ChangeStatus.applied, by.user_id),
    "withdrawn": lambda change, by: (
        change.status is ChangeStatus.withdrawn and change.requested_by == by.user_id
    ),
    "unapproved": lambda change, _by: change.status is ChangeStatus.pending,
}
"""Tells whether what somebody asks for is what they did before: a form that was sent twice."""


@dataclass(frozen=True, slots=True)
class Taken(Generic[T]):
    """What came of a step."""

    result: T | None = None
    """None: it was refused, or the same person had taken it before."""
    refusal: Response | None = None
    """The page that says what was in the way; None: nothing was."""


@dataclass(frozen=True, slots=True)
class FormOfChange:
    """A form about one change, and the page that it stood on."""

    place: Place

    async def take(self, step: Step[T], done: str, **typed: str) -> Taken[T]:
        """Take a step; ``typed`` is what stood in the form, to be shown again where it is refused."""
        return await self._tried(self.place.desk.take(step), done, typed)

    async def write(self, step: Step[Applied], done: str, **typed: str) -> Taken[Applied]:
        """Take a step after which readers see other records."""
        return await self._tried(self.place.desk.write(step, categories_of), done, typed)

    async def to_next(self, done: str) -> Response:
        """Lead to the next change that waits for a decision, after the last one to the queue."""
        place = self.place
        _, following = await place.desk.look(lambda view: next_to_decide(view, place))
        path = f"/queue/{following.change_id}" if following else "/queue"
        return seen_after(place.query.address(path, done=done, of=place.change_id))

    def to_change(self, done: str, *, fragment: str = "") -> Response:
        """Lead back to the change."""
        address = self.place.query.address(f"/queue/{self.place.change_id}", done=done)
        return seen_after(address + fragment)

    async def _tried(self, step: Awaitable[T], done: str, typed: Mapping[str, str]) -> Taken[T]:
        try:
            return Taken(result=await step)
        except REFUSALS as error:
            place = self.place
            if await were_done_before(place.desk, [place.change_id], done, place.actor, error):
                return Taken()
            refused = Refused(text=str(error), status=status_of(type(error)), typed=typed)
            return Taken(refusal=await change_page(self.place, refused))


def form_of_change(
    request: Request,
    desk: CurrentDesk,
    actor: SignedIn,
    change_id: StoredNumber,
    query: Annotated[ChangeQuery, Query()],
) -> FormOfChange:
    """Return the form that a request sends."""
    desk.require_queue()
    return FormOfChange(Place(request, desk, actor, change_id, query))


CurrentForm = Annotated[FormOfChange, Depends(form_of_change)]


def seen_after(address: str) -> Response:
    """Lead from a form to a page, so that neither a reload nor the back button sends it again."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def categories_of(done: Applied) -> Iterable[str]:
    """Return the categories that readers see differently now."""
    changes: tuple[Change, ...] = done.applied
    return [change.category for change in changes]


async def were_done_before(
    desk: ReviewDesk, change_ids: Iterable[int], done: str, actor: Actor, error: Exception
) -> bool:
    """Tell whether a step was refused because the same person had taken it: their form came twice."""
    tell = _DONE_BEFORE.get(done)
    if tell is None or not isinstance(error, InvalidTransitionError):
        return False
    wanted = dict.fromkeys(change_ids)
    changes = await desk.look(lambda view: [find_change(view, change_id) for change_id in wanted])
    return bool(changes) and all(tell(change, actor) for change in changes)
