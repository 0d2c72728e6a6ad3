"""A catalogue of side resources without and with a change set, for those who review it."""

from collections.abc import Iterable
from dataclasses import dataclass

from horde_model_reference.domain.audit import QUEUE_CATEGORY, AuditEvent
from horde_model_reference.domain.changes import Change, ChangeStatus, ResourceKind
from horde_model_reference.review.change_sets import CatalogStates, proposed_states, shown_catalog
from horde_model_reference.review.policy import ChangeSetKind
from horde_model_reference.store.audit_rows import EventFilter
from horde_model_reference.store.unit_of_work import SqlUnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenChangeSet:
    """What applying a change set wrote; its serials have no gaps."""

    kind: ResourceKind
    first_serial: int
    last_serial: int


def change_set_states(view: SqlUnitOfWork, kind: ChangeSetKind, change: Change) -> CatalogStates:
    """Return what a change set would do to the catalogue as it is; once applied, what it did."""
    if change.status is not ChangeStatus.applied:
        return proposed_states(view, kind, change.payload or {})
    about = EventFilter(category=QUEUE_CATEGORY, model_name=str(change.change_id))
    written = written_by(view.audit.events(about))
    if written is None:
        unchanged = shown_catalog(kind, view.resources.catalog(kind.catalog))
        return CatalogStates(before=unchanged, after=unchanged)
    return states_around(view, kind, written)


def written_by(events: Iterable[AuditEvent]) -> WrittenChangeSet | None:
    """Return what the events of a change say of applying it; None where it wrote no side resource."""
    for event in events:
        told = event.payload["after"]
        if "first_serial" in told:
            return WrittenChangeSet(
                kind=ResourceKind(told["resource_kind"]),
                first_serial=told["first_serial"],
                last_serial=told["last_serial"],
            )
    return None


def states_around(view: SqlUnitOfWork, kind: ChangeSetKind, written: WrittenChangeSet) -> CatalogStates:
    """Return a catalogue before and after a change set was applied."""
    before = view.resources.catalog_at(kind.catalog, written.first_serial - 1)
    after = view.resources.catalog_at(kind.catalog, written.last_serial)
    return CatalogStates(before=shown_catalog(kind, before), after=shown_catalog(kind, after))
