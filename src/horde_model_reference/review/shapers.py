"""What becomes of a payload when it is stored, and how a stored record reads as a payload (spec 21)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
from horde_model_reference.domain.changes import Document, RecordForm
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.validation import check_for_write, validate_document
from horde_model_reference.formats.legacy import legacy_to_v2
from horde_model_reference.formats.legacy_export import v2_to_legacy
from horde_model_reference.formats.legacy_merge import merge_legacy
from horde_model_reference.formats.text_csv import merge_cells
from horde_model_reference.formats.text_legacy import (
    transform_text_write,
    v1_entry_to_v2,
    v1_text_entries,
)
from horde_model_reference.review.policy import RecordShaper
from horde_model_reference.review.ports import Head

_STAMPS: Final = ("schema_version", "created_at", "updated_at", "created_by", "updated_by")


def shape_v2(category: str, name: str, payload: Document, /) -> tuple[Document, Document | None]:
    """Store a v2 payload; that of a text model has to pass the rules of text writes (spec 02 §7).

    What these rules add by themselves, such as the tag of the size, stays out of v2 records: version 1 adds
    it to every text model that it shows.

    Raises:
        InvalidRecordError: a text model without parameters, or with a setting that nobody knows.
    """
    if category != Category.text_generation:
        return payload, None
    transformed = transform_text_write(name, payload)
    return {**payload, "parameters": transformed["parameters"]}, None


def shape_legacy(category: str, name: str, payload: Document, /) -> tuple[Document, Document | None]:
    """Store a legacy payload as the v2 document that it means, and beside that as it is (spec 02 §3).

    Text models have no legacy record beside them, since their table follows from the document.

    Raises:
        InvalidRecordError: the payload can't be converted, or holds what no new record may.
    """
    if category == Category.text_generation:
        return _text_document(name, payload), None
    document = legacy_to_v2(category, name, payload).document
    check_for_write(category, validate_document(category, document))
    return document, payload


SHAPERS: Final[Mapping[RecordForm, RecordShaper]] = MappingProxyType(
    {RecordForm.v2: shape_v2, RecordForm.legacy: shape_legacy}
)
"""How payloads of each form are stored, as `ReviewRules.shapers` takes them."""


def record_in_form(category: str, head: Head, form: RecordForm) -> Document:
    """Return a version of a record in the form that changes to it have."""
    if form is RecordForm.v2 or not _has_legacy_form(category):
        return head.document
    if category == Category.text_generation:
        return _v1_text_record(head.document)
    if head.legacy is not None:
        return head.legacy
    try:
        return v2_to_legacy(category, head.document)
    except InvalidRecordError:  # old data may break rules that came later, and must stay editable
        return head.document


def payload_in_form(category: str, head: Head | None, document: Document, form: RecordForm) -> Document:
    """Return what a v2 document says as the payload of a change in a form.

    In the legacy form it carries over from the stored record what v2 can't hold; what only v2 can hold is
    lost. Categories without a legacy form keep the document.
    """
    beside = legacy_beside(category, head, document)
    return record_in_form(category, Head(serial=0, document=document, legacy=beside), form)


def legacy_beside(category: str, head: Head | None, document: Document) -> Document | None:
    """Return the legacy record to keep beside a new version whose payload brings none.

    It carries over what v2 can't hold, such as the settings files of a model.
    """
    if head is None or head.legacy is None:
        return None
    if category == Category.text_generation:
        return merge_cells(head.legacy, head.document, document)
    try:
        return merge_legacy(category, head.legacy, head.document, document)
    except InvalidRecordError:  # what was stored can't be compared, so version 1 follows from the document
        return None


def _has_legacy_form(category: str) -> bool:
    return BUILT_IN_CATEGORIES[Category(category)].has_legacy_format


def _text_document(name: str, payload: Document) -> Document:
    document = v1_entry_to_v2(name, transform_text_write(name, payload))
    metadata: Document = payload.get("metadata") or {}
    document["metadata"] |= {key: metadata[key] for key in _STAMPS if metadata.get(key) is not None}
    if payload.get("licensing"):
        document["licensing"] = payload["licensing"]
    return document


def _v1_text_record(document: Document) -> Document:
    entries = v1_text_entries(document)
    if not entries:
        return document
    _, record = entries[0]
    return {**record, "metadata": document["metadata"]} if document.get("metadata") else record
