"""What addresses of the desk say: which changes somebody goes through, and what they just did."""

from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, Field

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import ChangeFilter, ChangeStatus
from horde_model_reference.service.queue_schemas import SearchText, StoredNumber
from horde_model_reference.service.web.page_numbers import PageNumber

PAGE_LENGTH: Final = 50
"""Changes on one page of the queue."""
OPEN: Final = (ChangeStatus.pending, ChangeStatus.approved)

_Value = TypeVar("_Value")


def _none_where_empty(value: object) -> object:
    """Take what a form sends for a field that nobody filled in for a field that isn't there."""
    return None if value == "" else value


Blank = BeforeValidator(_none_where_empty)


class Selection(BaseModel):
    """Which changes somebody goes through; every page that leads on keeps it in its address."""

    category: Annotated[Category | None, Blank] = None
    model: Annotated[SearchText, Field(max_length=200)] = ""
    by: Annotated[SearchText, Field(max_length=200)] = ""
    """User id, a name that ends in one, or part of a name."""
    view: Literal["side", "unified"] = "side"
    """How they look at differences."""

    def wanted(self, *statuses: ChangeStatus, batch_id: int | None = None) -> ChangeFilter:
        """Return the changes that are meant."""
        _, has_number, number = self.by.strip().rpartition("#")
        is_id = bool(has_number) or number.isdecimal()
        return ChangeFilter(
            statuses=statuses,
            categories=_only(self.category),
            requested_by=_only(number if is_id else None),
            requested_username=(number or None) if not is_id else None,
            model_name=self.model.strip() or None,
            batch_id=batch_id,
        )

    def address(self, path: str, **more: object) -> str:
        """Return a local address that keeps to the selection; what is None or empty is left out."""
        kept = Selection.model_fields
        fields = self.model_dump(mode="json", exclude_defaults=True, include=set(kept)) | more
        told = {name: value for name, value in fields.items() if value not in (None, "", ())}
        return f"{path}?{urlencode(told, doseq=True)}" if told else path


class AfterStep(BaseModel):
    """The step that led to a page."""

    done: Annotated[str, Field(max_length=20)] = ""
    of: Annotated[list[StoredNumber], Field(max_length=PAGE_LENGTH)] = []
    """The changes that it was taken with, where they are others than that of the page."""


class ChangeQuery(Selection, AfterStep):
    """How to show a change."""

    part: PageNumber = 1
    """Of a difference that is too long for one page."""
    said: PageNumber = 1
    """Which page of comments; the first has the newest."""
    ask: bool = False
    """Has its addresses asked first, for those who have no script that does."""

    def shown_at(self, path: str, **more: object) -> str:
        """Return the address of the same parts of the page, or of others as ``more`` says."""
        return self.address(path, **self.model_dump(exclude_defaults=True, include={"part", "said"}) | more)


class QueueQuery(Selection, AfterStep):
    """Which changes to list."""

    status: Annotated[ChangeStatus | None, Blank] = None
    """None: those that are open."""
    batch: Annotated[StoredNumber | None, Blank] = None
    page: PageNumber = 1

    def listed(self) -> ChangeFilter:
        """Return the changes to list."""
        if self.status is not None:
            return self.wanted(self.status, batch_id=self.batch)
        return self.wanted(*(OPEN if self.batch is None else ()), batch_id=self.batch)

    def listed_at(self, path: str = "/queue", **more: object) -> str:
        """Return the address of this list, or of another page that leads back to it, with something more."""
        status = None if self.status is None else self.status.value
        return self.address(path, status=status, batch=self.batch, **more)


def _only(value: _Value | None) -> tuple[_Value, ...]:
    return (value,) if value else ()
