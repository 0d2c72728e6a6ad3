"""Change sets: changes to side resources that are proposed, decided on and applied as one (spec 24)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.errors import InvalidRecordError, RevisionConflictError
from horde_model_reference.domain.json_values import same_json
from horde_model_reference.review.policy import ChangeSetKind
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork
from horde_model_reference.review.resources import (
    ResourceEdit,
    WrittenResource,
    check_writes,
    write_resources,
)

_METADATA = "metadata"


def check_change_set(uow: UnitOfWork, kind: ChangeSetKind, change_set: Document) -> None:
    """Refuse a change set that could not be applied as things are.

    Raises:
        RevisionConflictError: a resource is not what the proposer saw.
        InvalidRecordError: it breaks a rule.
    """
    kind.check(uow, change_set)
    catalog = uow.resources.catalog(kind.catalog)
    check_writes(kind.wanted(catalog, change_set), catalog)


def write_change_set(
    uow: UnitOfWork, kind: ChangeSetKind, change_set: Document, edit: ResourceEdit
) -> tuple[WrittenResource, ...]:
    """Apply a change set within a transaction; where its end state is there already, nothing is written.

    Raises:
        RevisionConflictError: a resource is not what the proposer saw.
        InvalidRecordError: it breaks a rule by now.
    """
    catalog = uow.resources.catalog(kind.catalog)
    wanted = kind.wanted(catalog, change_set)
    if is_done(catalog, wanted):
        return ()
    kind.check(uow, change_set)
    return write_resources(uow, wanted, edit)


def is_done(catalog: ResourceCatalog, wanted: Sequence[ResourceWrite]) -> bool:
    """Tell whether every resource is what it shall become."""
    return all(
        same_json(_without_metadata(write.document), _without_metadata(_current(catalog, write)))
        for write in wanted
    )


def shown_catalog(kind: ChangeSetKind, catalog: ResourceCatalog) -> dict[str, dict[str, Any]]:
    """Return a catalogue as a review shows it: without what the registry itself keeps of it."""
    return {
        part: {
            key: _without_metadata(resource.document) for key, resource in catalog.all(resource_type).items()
        }
        for resource_type, part in kind.parts.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogStates:
    """A catalogue without and with a change set, as a review shows it."""

    before: dict[str, Any]
    after: dict[str, Any]
    fits: bool = True
    """Whether the change set can be applied as things are, or was applied."""


def proposed_states(uow: UnitOfWork, kind: ChangeSetKind, change_set: Document) -> CatalogStates:
    """Return a catalogue as it is, and as a change set would have it."""
    catalog = uow.resources.catalog(kind.catalog)
    before, after = shown_catalog(kind, catalog), shown_catalog(kind, catalog)
    try:
        wanted = kind.wanted(catalog, change_set)
    except InvalidRecordError:
        return CatalogStates(before=before, after=after, fits=False)
    for write in wanted:
        place = after[kind.parts[write.resource_type]]
        place.pop(write.key, None)
        if write.document is not None:
            place[write.key] = _without_metadata(write.document)
    return CatalogStates(before=before, after=after, fits=_fits(uow, kind, change_set, wanted))


def _fits(
    uow: UnitOfWork, kind: ChangeSetKind, change_set: Document, wanted: Sequence[ResourceWrite]
) -> bool:
    try:
        if not is_done(uow.resources.catalog(kind.catalog), wanted):
            check_change_set(uow, kind, change_set)
    except (InvalidRecordError, RevisionConflictError):
        return False
    return True


def _current(catalog: ResourceCatalog, write: ResourceWrite) -> Document | None:
    resource = catalog.all(write.resource_type).get(write.key)
    return None if resource is None else resource.document


def _without_metadata(document: Document | None) -> Mapping[str, Any] | None:
    if document is None:
        return None
    return {name: value for name, value in document.items() if name != _METADATA}
