"""From what a person proposes to a payload, and from a payload to what is stored (spec 21)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import (
    Change,
    Document,
    MissingPayloadError,
    Operation,
    RecordForm,
    ResourceKind,
)
from horde_model_reference.domain.errors import (
    InvalidRecordError,
    RecordExistsError,
    RecordNotFoundError,
    RevisionConflictError,
)
from horde_model_reference.domain.json_values import same_json
from horde_model_reference.domain.licensing import unknown_licensing_document
from horde_model_reference.domain.record_parts import SCHEMA_VERSION
from horde_model_reference.formats.text_names import suggested_group
from horde_model_reference.review.policy import (
    ReviewRules,
    check_baseline,
    check_document,
    check_identity,
    check_licenses,
    check_name,
)
from horde_model_reference.review.ports import Head
from horde_model_reference.review.shapers import legacy_beside, record_in_form

_NOTE_ON_CREATE: Final = "No licence was given when this model was proposed."
_METADATA_ORDER: Final = ("schema_version", "created_at", "updated_at", "created_by", "updated_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a person asks for, validated as a record of its category by whoever took it in."""

    category: str
    model_name: str
    operation: Operation
    payload: Document | None = None
    """The record; None for a deletion. ``licensing`` is None only where the person sent null."""
    form: RecordForm = RecordForm.v2
    resource_kind: ResourceKind = ResourceKind.model_reference
    resource_id: str | None = None
    base_serial: int | None = None
    """The version that the person was looking at; None: whichever is the newest."""
    notes: str | None = None
    request_metadata: Document | None = None
    related_models: tuple[str, ...] | None = None

    def change(
        self, change_id: int, payload: Document | None, head: Head | None, *, by: Actor, now: int
    ) -> Change:
        """Return the pending change that asks for this; ``head`` is the record that it was made from."""
        return Change(
            change_id=change_id,
            category=self.category,
            model_name=self.model_name,
            operation=self.operation,
            payload=payload,
            base_serial=None if head is None else head.serial,
            form=self.form,
            resource_kind=self.resource_kind,
            resource_id=self.resource_id,
            notes=self.notes,
            request_metadata=self.request_metadata,
            related_models=self.related_models,
            requested_by=by.user_id,
            requested_username=by.username,
            requested_at=now,
            updated_at=now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What applying a change stores; None for a deletion."""

    document: Document | None
    legacy: Document | None
    before: Document | None
    """The record until then, in the form of the change; None: there was none."""
    after: Document | None
    """The record from then on, in the form of the change."""


def proposed_payload(proposal: Proposal, head: Head | None, rules: ReviewRules) -> Document:
    """Check a proposal against the record as it stands and return the payload of its change.

    Raises:
        InvalidRecordError: the name or the record breaks a rule; subclasses say which.
        RecordExistsError: a create of a record that is there.
        RecordNotFoundError: an update or a deletion of one that is not.
        RevisionConflictError: the record is at another version than the one that the person looked at.
    """
    if proposal.operation is Operation.delete:
        check_name(proposal.category, proposal.model_name)
        return record_in_form(proposal.category, _existing(proposal, head), proposal.form)
    submitted = _checked(proposal, head, rules)
    _check_presence(proposal, head)
    payload = _completed(proposal, submitted, head, rules)
    rules.shapers[proposal.form](proposal.category, proposal.model_name, payload)
    return payload


def written_form(change: Change, head: Head | None, *, by: Actor, now: int, rules: ReviewRules) -> Written:
    """Return what applying a change stores; nothing is written yet.

    Raises:
        RevisionConflictError: the record moved on since the change was made.
        MissingPayloadError: the change carries no record.
        InvalidRecordError: the record can't be stored.
    """
    _check_base(change, head)
    before = None if head is None else record_in_form(change.category, head, change.form)
    if change.operation is Operation.delete:
        return Written(document=None, legacy=None, before=before, after=None)
    if change.payload is None:
        raise MissingPayloadError(f"Change {change.change_id} carries no record.")
    stamp = _stamped_v2 if change.form is RecordForm.v2 else _stamped_legacy
    payload = stamp(change, change.payload, before, by=by, now=now)
    document, legacy = rules.shapers[change.form](change.category, change.model_name, payload)
    if legacy is None:
        legacy = legacy_beside(change.category, head, document)
    stored = Head(serial=0, document=document, legacy=legacy)  # its serial comes with writing it
    after = record_in_form(change.category, stored, change.form)
    return Written(document=document, legacy=legacy, before=before, after=after)


def rebased_payload(proposed: Document, *, base: Document | None, current: Document | None) -> Document:
    """Carry what a change does to its base over to the record as it stands, by top-level fields.

    All three have the same form. What the change left alone is as in ``current`` afterwards; what it set or
    removed wins. Licensing that was filled in for the proposer counts as left alone.
    """
    if current is None:
        return proposed
    proposed = {
        key: value for key, value in proposed.items() if key != "licensing" or not _is_filled_in(value)
    }
    old: Document = base or {}
    wanted = {key: proposed.get(key) for key in dict.fromkeys((*proposed, *current))}
    for key in wanted:
        if same_json(proposed.get(key), old.get(key)):
            wanted[key] = current.get(key)
    return {key: value for key, value in wanted.items() if value is not None}


def _is_filled_in(licensing: Document) -> bool:
    return licensing in (unknown_licensing_document(), unknown_licensing_document(_NOTE_ON_CREATE))


def without_nulls(document: Document) -> dict[str, Any]:
    """Return a copy without the fields that are null, at any depth; items of lists stay."""
    return {key: _without_nulls(value) for key, value in document.items() if value is not None}


def _without_nulls(value: object) -> object:
    if isinstance(value, Mapping):
        return without_nulls(cast(Document, value))
    if isinstance(value, list):
        return [_without_nulls(item) for item in cast("list[object]", value)]
    return value


def _checked(proposal: Proposal, head: Head | None, rules: ReviewRules) -> Document:
    submitted = proposal.payload
    if submitted is None:
        raise InvalidRecordError(f"To {proposal.operation.value} a record, the record is needed.")
    check_document(submitted, max_bytes=rules.max_record_bytes)
    # A record may stand under another key than its name, under a former name for instance; that stays so.
    kept_name = None if head is None else head.document.get("name")
    check_identity(proposal.category, proposal.model_name, submitted, kept_name=kept_name)
    if proposal.form is RecordForm.v2:
        check_baseline(proposal.category, submitted, rules)
    check_name(proposal.category, proposal.model_name)
    return submitted


def _check_presence(proposal: Proposal, head: Head | None) -> None:
    if proposal.operation is Operation.update:
        _existing(proposal, head)
    elif head is not None:
        raise RecordExistsError(f"{proposal.model_name!a} is in {proposal.category} already.")


def _existing(proposal: Proposal, head: Head | None) -> Head:
    if head is None:
        raise RecordNotFoundError(f"{proposal.model_name!a} is not in {proposal.category}.")
    if proposal.base_serial not in (None, head.serial):
        raise RevisionConflictError(
            f"{proposal.model_name!a} is at serial {head.serial} by now, not at {proposal.base_serial}."
        )
    return head


def _check_base(change: Change, head: Head | None) -> None:
    current = None if head is None else head.serial
    if current == change.base_serial:
        return
    now = "it does not exist any more" if current is None else f"it is at serial {current}"
    then = "it did not exist" if change.base_serial is None else f"it was at serial {change.base_serial}"
    raise RevisionConflictError(
        f"{change.model_name!a} has moved on since change {change.change_id} was proposed: {then}, and {now}."
    )


def _completed(proposal: Proposal, submitted: Document, head: Head | None, rules: ReviewRules) -> Document:
    payload = without_nulls(submitted)
    stored = None if head is None else head.document
    if proposal.form is RecordForm.legacy:
        payload.pop("metadata", None)
        check_licenses(payload, stored, rules)
        return payload
    if proposal.category == Category.text_generation and "text_model_group" not in payload:
        payload["text_model_group"] = suggested_group(proposal.model_name)
    payload["metadata"] = _provenance(payload, stored)
    payload["licensing"] = _licensing(submitted, stored, rules)
    _check_licensed_files(payload)
    check_licenses(payload, stored, rules)
    return payload


def _provenance(payload: Document, stored: Document | None) -> Document:
    given: Document = payload.get("metadata") or {}
    known: Document = (stored or {}).get("metadata") or {}
    kept = {key: known[key] for key in ("created_at", "created_by") if known.get(key) is not None}
    return {"schema_version": given.get("schema_version", SCHEMA_VERSION), **kept}


def _licensing(submitted: Document, stored: Document | None, rules: ReviewRules) -> Document:
    given: Document | None = submitted.get("licensing")
    if given is not None:
        return without_nulls(given)
    if stored is None:
        if rules.require_explicit_licensing:
            raise InvalidRecordError("A new record must say under which licence the model is.")
        return unknown_licensing_document(_NOTE_ON_CREATE)
    if "licensing" in submitted:
        raise InvalidRecordError("The licensing of a record can be replaced, but not removed.")
    return stored.get("licensing") or unknown_licensing_document()


def _check_licensed_files(payload: Document) -> None:
    # Licensing that was sent was checked with the record; this is for what is kept of the stored record.
    config: Document = payload.get("config") or {}
    declared = {download.get("file_name") for download in config.get("download") or ()}
    if strangers := sorted(set(payload["licensing"].get("files") or ()) - declared):
        raise InvalidRecordError(
            "The licensing that is kept names files that are no downloads any more; send the licensing, too: "
            + ", ".join(strangers)
        )


def _stamped_v2(
    change: Change, payload: Document, before: Document | None, *, by: Actor, now: int
) -> Document:
    # The proposer is the author; who approved and who applied is in the audit trail.
    del by
    created = {"created_at": now, "created_by": change.requested_by} if before is None else {}
    updated = {"updated_at": now, "updated_by": change.requested_by}
    metadata = {**_provenance(payload, before), **created, **updated}
    return {**payload, "metadata": {key: metadata[key] for key in _METADATA_ORDER if key in metadata}}


def _stamped_legacy(
    _change: Change, payload: Document, before: Document | None, *, by: Actor, now: int
) -> Document:
    known: Document = (before or {}).get("metadata") or {}
    if known:
        metadata = {**known, "updated_at": now, "updated_by": by.user_id}
    else:
        metadata = {"created_at": now, "updated_at": now}
    return {**payload, "metadata": metadata}
