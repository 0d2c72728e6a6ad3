"""One category as typed records, built once from a copy (spec 30 §4.3)."""

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from horde_model_reference.catalog.category_queries import (
    ControlNetQuery,
    ImageGenerationQuery,
    TextModelQuery,
)
from horde_model_reference.catalog.query import ModelQuery
from horde_model_reference.catalog.record_table import RecordTable
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.records import GenericModelRecord
from horde_model_reference.domain.sharing import share
from horde_model_reference.domain.validation import validate_document
from horde_model_reference.sources.bulk import CollectionPause
from horde_model_reference.sources.copies import LARGE_BYTES, CategoryCopy

_log = logging.getLogger(__name__)

QUERY_CLASSES: Mapping[str, type[ModelQuery[Any]]] = {
    Category.image_generation: ImageGenerationQuery,
    Category.text_generation: TextModelQuery,
    Category.controlnet: ControlNetQuery,
}
"""The query class of a category; `ModelQuery` for all others."""


class TypedCategory:
    """The records of a copy; they refuse changes, since every reader gets the same ones."""

    def __init__(self, copy: CategoryCopy, records: dict[str, GenericModelRecord]) -> None:
        self.copy = copy
        self.records = records
        """By the name in the record; not to be handed out, since it can be changed."""

    @cached_property
    def table(self) -> RecordTable:
        """The records as queries read them."""
        return RecordTable(self.records.values())


def build_typed_category(copy: CategoryCopy, *, is_strict: bool = False) -> TypedCategory:
    """Build the records of a copy; what is no record is logged and left out.

    Raises:
        InvalidRecordError: A document is no record, and ``is_strict``.
    """
    with CollectionPause.during(is_worthwhile=len(copy.content) >= LARGE_BYTES):
        return TypedCategory(copy, _records(copy, is_strict=is_strict))


def _records(copy: CategoryCopy, *, is_strict: bool) -> dict[str, GenericModelRecord]:
    documents = copy.parsed()
    records: dict[str, GenericModelRecord] = {}
    for key in list(documents):
        document = documents.pop(key)  # what is built is let go, so that both never fill the memory
        document.setdefault("name", key)
        try:
            record = validate_document(copy.category, document)
        except InvalidRecordError as error:
            if is_strict:
                raise
            _log.warning("%s", error)
            continue
        records[record.name] = share(record)
    return records
