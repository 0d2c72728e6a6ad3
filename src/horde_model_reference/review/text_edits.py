"""Changes to all models of a group at once, and to single fields of text records (spec 23)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document, Operation
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork
from horde_model_reference.review.text_directory import rename_writes

_RENAMED_GROUP: Final = "renamed_group"
_NAME_EXCEPTION: Final = "name_schema_exception"
_GROUP: Final = "text_model_group"

Edit = Callable[[Document], Document]
"""From a stored record to the proposed one."""


def with_fields(fields: Document) -> Edit:
    """Return an edit that sets fields."""
    return lambda record: {**record, **fields}


def with_name_exception(reason: str | None) -> Edit:
    """Return an edit that says why a name may differ from the format of its group; None takes that back."""
    return lambda record: {**record, _NAME_EXCEPTION: reason}


def with_group(name: str) -> Edit:
    """Return an edit that puts a record into a group."""
    return lambda record: {**record, _GROUP: name}


def edits_of_text_records(
    uow: UnitOfWork, names: Iterable[str], edit: Edit, request_metadata: dict[str, Any]
) -> Iterator[Proposal]:
    """Yield the proposals that make an edit of each record, from the records as they stand.

    Raises:
        RecordNotFoundError: a record is not there, or no longer.
    """
    for name in names:
        head = uow.records.head(Category.text_generation, name)
        if head is None:
            raise RecordNotFoundError(f"There is no text model {name!a}.")
        yield Proposal(
            category=Category.text_generation,
            model_name=name,
            operation=Operation.update,
            payload=edit(head.document),
            request_metadata=request_metadata,
        )


def rename_metadata(old: str, new: str) -> dict[str, Any]:
    """Return what a change carries that gives a group a new name, for the time when it is applied."""
    return {_RENAMED_GROUP: {"from": old, "to": new}}


def writes_beside(uow: UnitOfWork, request_metadata: Document | None) -> list[ResourceWrite]:
    """Return the side resources that applying a change has to write.

    Raises:
        ConflictError: the old name of a group can't become an alias of the new one.
    """
    renamed = (request_metadata or {}).get(_RENAMED_GROUP)
    return [] if renamed is None else rename_writes(uow, renamed["from"], renamed["to"])
