"""The records of a category as they would be if the open changes were applied (spec 22, Beta view)."""

from collections.abc import Iterable

from horde_model_reference.domain.changes import (
    Change,
    ChangeFilter,
    ChangeStatus,
    Document,
    Operation,
    RecordForm,
    ResourceKind,
)
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.review.shapers import shape_legacy

_OPEN = (ChangeStatus.pending, ChangeStatus.approved)


def open_changes_of(category: str) -> ChangeFilter:
    """Return which changes a beta view of a category is made of."""
    return ChangeFilter(statuses=_OPEN, categories=(category,))


def beta_view(changes: Iterable[Change]) -> dict[str, Document]:
    """Return proposed v2 documents by name; of several for one name that of the change touched last.

    Deletions don't show, and neither do proposals that can't be converted any more.
    """
    winners: dict[str, Change] = {}
    for change in changes:
        known = winners.get(change.model_name)
        if _shows(change) and (known is None or _freshness(known) < _freshness(change)):
            winners[change.model_name] = change
    converted = ((name, _v2_document(change)) for name, change in winners.items())
    return {name: document for name, document in converted if document is not None}


def _shows(change: Change) -> bool:
    return (
        change.resource_kind is ResourceKind.model_reference
        and change.operation is not Operation.delete
        and change.payload is not None
    )


def _freshness(change: Change) -> tuple[int, int]:
    return change.updated_at, change.change_id


def _v2_document(change: Change) -> Document | None:
    if change.payload is None or change.form is RecordForm.v2:
        return change.payload
    try:
        document, _ = shape_legacy(change.category, change.model_name, change.payload)
    except InvalidRecordError:
        return None
    return document
