"""A change beside the record that it would be applied to."""

from horde_model_reference.domain.changes import Change, ResourceKind
from horde_model_reference.domain.diff import ChangeDiff, diff_change
from horde_model_reference.review.ports import UnitOfWork
from horde_model_reference.review.shapers import record_in_form


def compared(view: UnitOfWork, change: Change) -> ChangeDiff:
    """Compare a change with the record as it stands, in the form of the change."""
    if change.resource_kind is not ResourceKind.model_reference:
        return diff_change(change, current=None, current_serial=None)
    head = view.records.head(change.category, change.model_name)
    if head is None:
        return diff_change(change, current=None, current_serial=None)
    current = record_in_form(change.category, head, change.form)
    return diff_change(change, current=current, current_serial=head.serial)
