"""A change beside the record, or the catalogue, that it would be applied to."""

from horde_model_reference.domain.changes import Change, ChangeStatus, ResourceKind
from horde_model_reference.domain.diff import ChangeDiff, diff_change, diff_change_set
from horde_model_reference.review.change_set_kinds import CHANGE_SETS
from horde_model_reference.review.ports import Head
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
    return _compared_with(change, view.records.head(change.category, change.model_name))


def compared_as_done(view: SqlUnitOfWork, change: Change) -> ChangeDiff:
    """Compare like `compared`, but a change to a record that was applied with what it was made from."""
    is_done = change.status is ChangeStatus.applied and change.resource_kind is ResourceKind.model_reference
    if not is_done:
        return compared(view, change)
    base = None if change.base_serial is None else view.records.version(change.base_serial)
    return _compared_with(change, base)


def _compared_with(change: Change, version: Head | None) -> ChangeDiff:
    if version is None:
        return diff_change(change, current=None, current_serial=None)
    current = record_in_form(change.category, version, change.form)
    return diff_change(change, current=current, current_serial=version.serial)
