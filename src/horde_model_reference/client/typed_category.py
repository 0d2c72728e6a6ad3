"""One category as typed records, built once from a copy (spec 30 §4.3)."""

import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

import orjson

from horde_model_reference.catalog.category_queries import (
    ControlNetQuery,
    ImageGenerationQuery,
    TextModelQuery,
)
from horde_model_reference.catalog.query import ModelQuery
from horde_model_reference.catalog.record_table import RecordTable
from horde_model_reference.client.bulk_records import BulkTable, RecordsOnDemand, record_maker
from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
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


ON_DEMAND_BYTES: Final = 16_000_000
"""From this size on, the records of a category are not all held."""


class TypedCategory:
    """The records of a copy; they refuse changes, since every reader gets the same ones."""

    def __init__(
        self,
        copy: CategoryCopy,
        records: dict[str, GenericModelRecord],
        make_table: Callable[[], RecordTable] | None = None,
    ) -> None:
        self.copy = copy
        self.records = records
        """By the name in the record; not to be handed out, since it can be changed."""
        self._make_table = make_table or (lambda: RecordTable(records.values()))

    @cached_property
    def table(self) -> RecordTable:
        """The records as queries read them."""
        return self._make_table()

    def handed_out(self) -> dict[str, GenericModelRecord]:
        """Return the records as a dict that belongs to the caller."""
        return self.records.copy()


def build_typed_category(
    copy: CategoryCopy, *, is_strict: bool = False, on_demand_bytes: int = ON_DEMAND_BYTES
) -> TypedCategory:
    """Build the records of a copy; what is no record is logged and left out.

    From ``on_demand_bytes`` on, all are checked, but each is made when somebody asks for it.

    Raises:
        InvalidRecordError: A document is no record, and ``is_strict``.
    """
    with CollectionPause.during(is_worthwhile=len(copy.content) >= LARGE_BYTES):
        if len(copy.content) >= on_demand_bytes and copy.category in BUILT_IN_CATEGORIES and not is_strict:
            return _on_demand(copy)
        return TypedCategory(copy, _records(copy, is_strict=is_strict))


def _on_demand(copy: CategoryCopy) -> TypedCategory:
    """Check every document as `_records` does, but let its record go again."""
    texts, key_of_name = copy.texts, dict[str, str]()
    for key, text in texts.items():
        document = orjson.loads(text)
        document.setdefault("name", key)
        try:
            key_of_name[validate_document(copy.category, document).name] = key
        except InvalidRecordError as error:
            _log.warning("%s", error)
    make = record_maker(copy.category, texts)
    category = Category(copy.category)
    return TypedCategory(
        copy,
        RecordsOnDemand(key_of_name, make),
        make_table=lambda: BulkTable(category, texts, key_of_name, make),
    )


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
