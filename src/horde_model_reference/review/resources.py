"""Changing side resources: in one transaction with their audit events (spec 23, 24)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.audit import EventDraft, record_payload
from horde_model_reference.domain.changes import InvalidNameError, Operation, RecordForm
from horde_model_reference.domain.errors import InvalidRecordError, RevisionConflictError
from horde_model_reference.domain.resources import CatalogName, Resource, ResourceType, stamped
from horde_model_reference.review.policy import DEFAULT_MAX_RECORD_BYTES, check_document
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork

MAX_KEY_BYTES: Final = 1000
"""Every database takes that much into an index."""

Plan = Callable[[UnitOfWork], Iterable[ResourceWrite]]
"""Looks at what there is and returns what to write, no resource twice; may raise any error of the domain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceEdit:
    """Who changes side resources, when, and as a part of what."""

    by: Actor
    now: int
    """Unix seconds."""
    request_id: str | None = None
    """Job or request, as the audit events name it."""
    max_bytes: int = DEFAULT_MAX_RECORD_BYTES
    """Size of a document as compact JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenResource:
    """What became of one side resource."""

    key: str
    serial: int
    before: Resource | None
    after: Resource | None
    """None: it is deleted."""


def edit_resources(
    uow: UnitOfWork, plan: Plan, edit: ResourceEdit, *, role: Role
) -> tuple[WrittenResource, ...]:
    """Change side resources at once, without the queue, and return what became of them.

    A plan that writes nothing changes nothing, not even a revision.

    Raises:
        NotPermittedError: the actor doesn't have the role.
        RevisionConflictError: a resource is at another revision than the one that was expected.
        InvalidRecordError: a document or key can't be stored.
    """
    edit.by.require(role)
    with uow:
        written = write_resources(uow, plan(uow), edit)
        if written:
            uow.commit()
    return written


def write_resources(
    uow: UnitOfWork, writes: Iterable[ResourceWrite], edit: ResourceEdit
) -> tuple[WrittenResource, ...]:
    """Write side resources and their audit events within a transaction; nothing is written on an error.

    Each catalogue's revision is raised by one, however many of its resources change.

    Raises:
        RevisionConflictError: a resource is at another revision than the one that was expected.
        InvalidRecordError: a document or key can't be stored.
    """
    in_order = sorted(writes, key=_catalog_name)
    parts = [(name, list(part)) for name, part in groupby(in_order, key=_catalog_name)]
    catalogs = {name: uow.resources.catalog(name) for name, _ in parts}
    for name, part in parts:
        check_writes(part, catalogs[name], max_bytes=edit.max_bytes)
    return tuple(written for name, part in parts for written in _write(uow, catalogs[name], part, edit))


def _write(
    uow: UnitOfWork, before: ResourceCatalog, writes: Sequence[ResourceWrite], edit: ResourceEdit
) -> list[WrittenResource]:
    known = [before.all(write.resource_type).get(write.key) for write in writes]
    after = [_after(write, current, edit) for write, current in zip(writes, known, strict=True)]
    stamped_writes = [
        ResourceWrite(
            resource_type=write.resource_type,
            key=write.key,
            document=None if resource is None else resource.document,
        )
        for write, resource in zip(writes, after, strict=True)
    ]
    serials = uow.resources.write(before.name, stamped_writes, author=edit.by.user_id)
    found: list[WrittenResource] = []
    for write, current, resource, serial in zip(writes, known, after, serials, strict=True):
        written = WrittenResource(key=write.key, serial=serial, before=current, after=resource)
        uow.audit.append(_event(write, written, edit))
        found.append(written)
    return found


def _after(write: ResourceWrite, current: Resource | None, edit: ResourceEdit) -> Resource | None:
    if write.document is None:
        return None
    document = stamped(write.document, current, by=edit.by.user_id, now=edit.now)
    return Resource(resource_type=write.resource_type, key=write.key, document=document)


def _event(write: ResourceWrite, written: WrittenResource, edit: ResourceEdit) -> EventDraft:
    operation = Operation.create if written.before is None else Operation.update
    before = None if written.before is None else written.before.document
    after = None if written.after is None else written.after.document
    return EventDraft(
        timestamp=edit.now,
        domain=RecordForm.v2,
        category=write.resource_type.value,
        model_name=write.key,
        operation=Operation.delete if after is None else operation,
        logical_user_id=edit.by.user_id,
        payload=record_payload(before, after),
        request_id=edit.request_id,
        serial=written.serial,
    )


def check_writes(
    writes: Iterable[ResourceWrite], catalog: ResourceCatalog, *, max_bytes: int = DEFAULT_MAX_RECORD_BYTES
) -> None:
    """Refuse versions of the resources of a catalogue that can't be stored.

    Raises:
        RevisionConflictError: a resource is at another revision than the one that was expected.
        InvalidRecordError: a document or key can't be stored, or a resource is named twice.
    """
    named: set[tuple[ResourceType, str]] = set()
    for write in writes:
        place = (write.resource_type, write.key)
        if place in named:
            raise InvalidRecordError(f"{write.key!a} is named twice.")
        named.add(place)
        _check_key(write.key)
        check_document(write.document or {}, max_bytes=max_bytes)
        _check_revision(write, catalog.all(write.resource_type).get(write.key))


def _check_key(key: str) -> None:
    # What can't be encoded can't be stored either; "surrogatepass" tells its size all the same.
    is_storable = not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in key)
    if not key or not is_storable or len(key.encode(errors="surrogatepass")) > MAX_KEY_BYTES:
        raise InvalidNameError(f"A name must have 1 to {MAX_KEY_BYTES} bytes that can be stored.")


def _check_revision(write: ResourceWrite, current: Resource | None) -> None:
    if write.document is None and current is None:
        raise RevisionConflictError(f"{write.key!a} does not exist.")
    revision = 0 if current is None else current.revision
    if write.expected_revision not in (None, revision):
        raise RevisionConflictError(
            f"{write.key!a} is at revision {revision}, not at {write.expected_revision}."
        )


def _catalog_name(write: ResourceWrite) -> CatalogName:
    return write.resource_type.catalog
