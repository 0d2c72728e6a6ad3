"""The records of a snapshot as searches read them: columns out of documents, records only where needed.

A hundred thousand typed records would take half a gigabyte; their columns and words take a tenth of it.
"""

import time
from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import accumulate, chain
from typing import Any, Final, cast

import orjson
from pydantic import ValidationError

from horde_model_reference.catalog.document_values import value_reader
from horde_model_reference.catalog.record_table import RecordTable, Rows
from horde_model_reference.catalog.text_index import TextIndex, TextSource
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.licensing import UNKNOWN_LICENSING
from horde_model_reference.domain.record_types import get_record_type_for_category
from horde_model_reference.domain.records import GenericModelRecord

_READ_TOGETHER: Final = (
    "name",
    "record_type",
    "nsfw",
    "baseline",
    "inpainting",
    "tags",
    "style",
    "size_on_disk_bytes",
    "parameters_count",
    "licensing",
)
"""The columns that most searches need; reading one reads them all."""
_MOST_ENCODED: Final = 4096
_ROWS_BETWEEN_PAUSES: Final = 64
_LICENSING_SUFFIX: Final = b',"licensing":' + orjson.dumps(dict(UNKNOWN_LICENSING)) + b"}"


class SearchTable(RecordTable):
    """Records that can also be shown as search results, and be found by their words."""

    @abstractmethod
    def encoded(self, row: int) -> bytes:
        """Return a record as JSON in typed form: defaults filled in, no nulls, licensing shown (spec 12)."""

    @abstractmethod
    def text_indexes(self) -> list[tuple[int, TextIndex]]:
        """Return the indexes of the words, each with the row that its first row is here."""


class DocumentTable(SearchTable):
    """The records of one category, from the documents that reads show.

    A record that its type does not allow is shown as it is stored; a store never takes one.
    """

    def __init__(self, category: Category, documents: Sequence[bytes]) -> None:
        self._start()
        self._category = category
        self._documents = documents
        self._index: TextIndex | None = None
        # Of the function alone, so that a table which nobody needs any more is freed at once.
        self._encode = lru_cache(maxsize=_MOST_ENCODED)(partial(_encoded, category, documents))

    def __len__(self) -> int:
        return len(self._documents)

    def take(self, rows: Rows) -> list[GenericModelRecord]:
        """Return the records of some rows, made now; raise ValidationError for what is no such record."""
        return [typed_record(self._category, self._documents[row]) for row in rows]

    def encoded(self, row: int) -> bytes:
        """Return a record as search shows it; those shown last are kept."""
        return self._encode(row)

    def text_indexes(self) -> list[tuple[int, TextIndex]]:
        """Return the index of the words, made at the first call."""
        if self._index is None:
            self._index = TextIndex(map(_text_source, self._parsed()))
            self._index.prepare()
        return [(0, self._index)]

    def _read_column(self, field: str) -> Sequence[Any]:
        fields = _READ_TOGETHER if field in _READ_TOGETHER else (field,)
        readers = {each: value_reader(self._category, each) for each in fields}
        columns: dict[str, list[Any]] = {each: [] for each in fields}
        for document in self._parsed():
            for each, column in columns.items():
                column.append(readers[each](document))
        if "name" in columns:
            columns["name"] = [name or "" for name in columns["name"]]
        self._columns.update(columns)
        return columns[field]

    def _parsed(self) -> Iterator[dict[str, Any]]:
        for row, document in enumerate(self._documents):
            if row % _ROWS_BETWEEN_PAUSES == 0:
                time.sleep(0)  # lets other threads run: tables are read while the service answers
            yield orjson.loads(document)


class JoinedTable(SearchTable):
    """The records of several tables, one table after the other."""

    def __init__(self, parts: Sequence[SearchTable]) -> None:
        self._start()
        self._parts = parts
        self._ends = list(accumulate(map(len, parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def take(self, rows: Rows) -> list[GenericModelRecord]:
        """Return the records of some rows, as the tables return them that hold them."""
        return [part[row_there] for part, row_there in map(self._place, rows)]

    def encoded(self, row: int) -> bytes:
        """Return a record as search shows it."""
        part, row_there = self._place(row)
        return part.encoded(row_there)

    def text_indexes(self) -> list[tuple[int, TextIndex]]:
        """Return the indexes of all parts."""
        starts = (0, *self._ends)
        return [
            (start + offset, index)
            for start, part in zip(starts, self._parts, strict=False)
            for offset, index in part.text_indexes()
        ]

    def _read_column(self, field: str) -> Sequence[Any]:
        return list(chain.from_iterable(part.column(field) for part in self._parts))

    def _place(self, row: int) -> tuple[SearchTable, int]:
        number = bisect_right(self._ends, row)
        return self._parts[number], row - (self._ends[number - 1] if number else 0)


def typed_record(category: Category, served: bytes) -> GenericModelRecord:
    """Return the record that a document stands for as reads show it; raise ValidationError for none.

    What reads add to a stored record is taken away again: no licensing stays None.
    """
    document = orjson.loads(served)
    document.pop("guidance", None)
    if document.get("licensing") == UNKNOWN_LICENSING:
        del document["licensing"]
    return get_record_type_for_category(category).model_validate(document)


def _encoded(category: Category, documents: Sequence[bytes], row: int) -> bytes:
    try:
        record = typed_record(category, documents[row])
    except ValidationError:
        return documents[row]
    text = record.model_dump_json(exclude_none=True).encode()
    return text if record.licensing is not None else text[:-1] + _LICENSING_SUFFIX


def _text_source(document: Mapping[str, Any]) -> TextSource:
    return TextSource(
        name=_text(document.get("name")),
        display_name=_text(document.get("display_name")),
        tags=_texts(document.get("tags")),
        triggers=_texts(document.get("trigger")),
        description=_text(document.get("description")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str)]
