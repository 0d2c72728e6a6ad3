"""A catalogue of side resources without and with a change set, for those who review it."""

from collections.abc import Iterable

from horde_model_reference.domain.audit import QUEUE_CATEGORY, AuditEvent
from horde_model_reference.domain.changes import Change, ChangeStatus
from horde_model_reference.review.change_sets import CatalogStates, proposed_states, shown_catalog
from horde_model_reference.review.policy import ChangeSetKind
from horde_model_reference.store.audit_rows import EventFilter
from horde_model_reference.store.unit_of_work import SqlUnitOfWork


def change_set_states(view: SqlUnitOfWork, kind: ChangeSetKind, change: Change) -> CatalogStates:
    """Return what a change set would do to the catalogue as it is; once applied, what it did."""
    if change.status is not ChangeStatus.applied:
        return proposed_states(view, kind, change.payload or {})
    about = EventFilter(category=QUEUE_CATEGORY, model_name=str(change.change_id))
    serials = written_serials(view.audit.events(about))
    if serials is None:
        unchanged = shown_catalog(kind, view.resources.catalog(kind.catalog))
        return CatalogStates(before=unchanged, after=unchanged)
    return states_between(view, kind, serials)


def written_serials(events: Iterable[AuditEvent]) -> tuple[int, int] | None:
    """Return the first and last serial that applying a change set took; None where it wrote nothing."""
    for event in events:
        told = event.payload["after"]
        if "first_serial" in told:
            return told["first_serial"], told["last_serial"]
    return None


def states_between(view: SqlUnitOfWork, kind: ChangeSetKind, serials: tuple[int, int]) -> CatalogStates:
    """Return a catalogue before a first and after a last serial."""
    first, last = serials
    before = view.resources.catalog_at(kind.catalog, first - 1)
    return shown_catalog(kind, before), shown_catalog(kind, view.resources.catalog_at(kind.catalog, last))
