"""A change beside the record, or the catalogue, that it would be applied to."""

from horde_model_reference.domain.changes import Change
from horde_model_reference.domain.diff import ChangeDiff, diff_change, diff_change_set
from horde_model_reference.review.change_set_kinds import CHANGE_SETS
from horde_model_reference.review.shapers import record_in_form
from horde_model_reference.service.change_set_states import change_set_states
from horde_model_reference.store.unit_of_work import SqlUnitOfWork


def compared(view: SqlUnitOfWork, change: Change) -> ChangeDiff:
    """Compare a change with the record as it stands, in the form of the change.

    A change set is compared with its catalogue; one that was applied is shown as what it did.
    """
    if (kind := CHANGE_SETS.get(change.resource_kind)) is not None:
        states = change_set_states(view, kind, change)
        return diff_change_set(change, states.before, states.after, fits=states.fits)
    head = view.records.head(change.category, change.model_name)
    if head is None:
        return diff_change(change, current=None, current_serial=None)
    current = record_in_form(change.category, head, change.form)
    return diff_change(change, current=current, current_serial=head.serial)
