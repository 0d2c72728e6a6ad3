"""Writing at once, without the queue; the audit trail notes it all the same (spec 21, v1 writes)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
from horde_model_reference.domain.changes import Change, ChangeStatus, Document, Operation, RecordForm
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.review.events import Moment, record_event
from horde_model_reference.review.payloads import Proposal, Written, proposed_payload, written_form
from horde_model_reference.review.policy import ReviewRules, check_document, check_name, rules_now
from horde_model_reference.review.ports import Head, UnitOfWork
from horde_model_reference.review.shapers import record_in_form

_METADATA: Final = "metadata"


def write_directly(
    uow: UnitOfWork, proposal: Proposal, *, actor: Actor, now: int, request_id: str, rules: ReviewRules
) -> Document | None:
    """Apply a proposal of an approver at once and return the record as it is now, None where it is deleted.

    Raises:
        NotPermittedError: the actor is no approver.
        InvalidRecordError: name or record break a rule; subclasses say which.
        RecordExistsError: a create of a record that is there.
        RecordNotFoundError: an update or a deletion of one that is not.
    """
    actor.require(Role.approver)
    check_name(proposal.category, proposal.model_name)
    with uow:
        head = uow.records.head(proposal.category, proposal.model_name)
        payload = proposed_payload(proposal, head, rules_now(uow, rules))
        change = _already_decided(proposal, payload, head, actor, now)
        written = written_form(change, head, by=actor, now=now, rules=rules)
        _store(uow, change, written, Moment(by=actor, now=now, form=rules.queue_form), request_id)
        uow.commit()
    return written.after


def correct_metadata(
    uow: UnitOfWork,
    record: tuple[Category, str],
    corrections: Mapping[str, Any],
    *,
    actor: Actor,
    now: int,
    request_id: str,
) -> Document:
    """Set who made a legacy record and when, and return all that is known of that; None removes an entry.

    Raises:
        NotPermittedError: the actor is no approver.
        InvalidRecordError: a value can't be stored.
        RecordNotFoundError: there is no such legacy record.
    """
    actor.require(Role.approver)
    category, name = record
    check_document(corrections, max_bytes=ReviewRules().max_record_bytes)
    with uow:
        head = uow.records.head(category, name)
        if head is None or not BUILT_IN_CATEGORIES[category].has_legacy_format:
            raise RecordNotFoundError(f"{name!a} is not in {category}.")
        before = record_in_form(category, head, RecordForm.legacy)
        metadata = _corrected(before, corrections)
        legacy = {**before, _METADATA: metadata}
        document = {**head.document, _METADATA: _corrected(head.document, corrections)}
        written = Written(document=document, legacy=legacy, before=before, after=legacy)
        proposal = Proposal(
            category=category, model_name=name, operation=Operation.update, form=RecordForm.legacy
        )
        change = _already_decided(proposal, legacy, head, actor, now)
        _store(uow, change, written, Moment(by=actor, now=now, form=RecordForm.legacy), request_id)
        uow.commit()
    return metadata


def _corrected(record: Document, corrections: Mapping[str, Any]) -> dict[str, Any]:
    known: Document = record.get(_METADATA) or {}
    return {key: value for key, value in {**known, **corrections}.items() if value is not None}


def _already_decided(
    proposal: Proposal, payload: Document, head: Head | None, actor: Actor, now: int
) -> Change:
    """Return the change that the queue would have let through; it has no number, and is never stored."""
    change = proposal.change(0, payload, head, by=actor, now=now)
    return replace(change, status=ChangeStatus.approved)


def _store(uow: UnitOfWork, change: Change, written: Written, moment: Moment, request_id: str) -> None:
    author = change.requested_by
    serial = uow.records.write(change.category, change.model_name, written.document, written.legacy, author)
    uow.audit.append(record_event(change, written, moment, serial=serial, job_id=request_id))
