"""One category at one revision, as readers see it; immutable."""

import logging
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import orjson

from horde_model_reference.catalog.body import Body
from horde_model_reference.catalog.document_table import Documents, DocumentTable
from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.licensing import unknown_licensing_document
from horde_model_reference.formats.legacy_export import v2_to_legacy
from horde_model_reference.formats.text_groups import with_groups
from horde_model_reference.formats.text_legacy import v1_text_entries

_log = logging.getLogger(__name__)

_LICENSING_KEY = b'"licensing":'
_UNKNOWN_LICENSING = orjson.Fragment(orjson.dumps(unknown_licensing_document()))
_LICENSING_SUFFIX = b',"licensing":' + orjson.dumps(_UNKNOWN_LICENSING)
_MANAGED_ELSEWHERE = frozenset({Category.lora, Category.ti})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record as stored: its key, its v2 document, and the legacy record where one is kept beside it."""

    name: str
    document: bytes
    """Compact UTF-8 JSON, keys in their stored order."""
    legacy: bytes | None = None
    """Compact UTF-8 JSON of the legacy record; None: v1 shows what follows from the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySnapshot:
    """Everything that a read of one category needs, ready to be handed out."""

    category: Category
    revision: int
    """Serial of the last change to the category; 0 where nothing ever changed."""
    modified_at: int
    """Unix seconds of that change."""
    v2: Body
    v1: Body | None
    """None where v1 answers 404: no legacy form, or no record."""
    _rows: Mapping[str, int]
    _starts: "array[int]"
    _ends: "array[int]"
    _grouped: list[Body] = field(default_factory=list)
    _tables: list[DocumentTable] = field(default_factory=list[DocumentTable])

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys in storage order."""
        return iter(self._rows)

    def record(self, key: str) -> bytes | None:
        """Return a record as v2 JSON, licensing and guidance filled in; None where there is none."""
        row = self._rows.get(key)
        return None if row is None else self.v2.content[self._starts[row] : self._ends[row]]

    def table(self) -> DocumentTable:
        """Return the records as searches read them; columns and words are made when one first asks."""
        if not self._tables:
            documents = Documents(self.v2.content, self._starts, self._ends)
            self._tables.append(DocumentTable(self.category, documents))
        return self._tables[0]

    def v1_with_groups(self) -> Body | None:
        """Return the v1 body with group summaries (spec 02 §9); made at the first call."""
        if self.v1 is None:
            return None
        if not self._grouped:
            text = orjson.dumps(with_groups(orjson.loads(self.v1.content)))
            self._grouped.append(Body(text))
        return self._grouped[0]


def build_snapshot(
    category: Category, records: Iterable[StoredRecord], *, revision: int, modified_at: int
) -> CategorySnapshot:
    """Encode the records of a category in storage order; raise ValueError where one is not JSON."""
    v2 = _V2Writer(category)
    v1 = _v1_writer(category)
    for record in records:
        v2.add(record)
        v1(record)
    return CategorySnapshot(
        category=category,
        revision=revision,
        modified_at=modified_at,
        v2=v2.body(),
        v1=_v1_body(category, v1.pieces),
        _rows=v2.rows,
        _starts=v2.starts,
        _ends=v2.ends,
    )


def served_document(category: Category, document: bytes) -> bytes:
    """Return a stored document as v2 reads show it: licensing and, for text, guidance filled in (spec 11)."""
    if _LICENSING_KEY not in document and category is not Category.text_generation:
        return document[:-1] + (_LICENSING_SUFFIX if len(document) > 2 else _LICENSING_SUFFIX[1:]) + b"}"
    record: dict[str, Any] = orjson.loads(document)
    if not record.get("licensing"):
        record["licensing"] = _UNKNOWN_LICENSING
    if record.get("record_type") == Category.text_generation:
        record["guidance"] = _guidance(record)
    return orjson.dumps(record)


def _guidance(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the guidance summary of a text record without an assignment (spec 01 §7)."""
    label = record.get("instruct_format")
    is_labelled = isinstance(label, str) and bool(label.strip())
    status = "legacy_label" if is_labelled else "undocumented"
    return {"status": status, "primary_profile_id": None, "supplemental_profile_ids": []}


class _V2Writer:
    """Writes the v2 body of a category and notes where each record lies in it."""

    def __init__(self, category: Category) -> None:
        self._category = category
        self._buffer = BytesIO()
        self._buffer.write(b"{")
        self.rows: dict[str, int] = {}
        self.starts = array("Q")
        self.ends = array("Q")

    def add(self, record: StoredRecord) -> None:
        separator = b"," if self.rows else b""
        self._buffer.write(separator + orjson.dumps(record.name) + b":")
        self.rows[record.name] = len(self.starts)
        self.starts.append(self._buffer.tell())
        self._buffer.write(served_document(self._category, record.document))
        self.ends.append(self._buffer.tell())

    def body(self) -> Body:
        self._buffer.write(b"}")
        return Body(self._buffer.getvalue())


class _V1Writer:
    """Collects the entries of a v1 body: a repeated key keeps its first place and takes the last value."""

    def __init__(self, entries: Callable[[StoredRecord], Iterable[tuple[str, Any]]]) -> None:
        self._entries = entries
        self.pieces: dict[str, bytes] = {}

    def __call__(self, record: StoredRecord) -> None:
        try:
            entries = list(self._entries(record))
        except InvalidRecordError as error:
            # Written by a release with other rules; the other records must stay readable.
            _log.warning("version 1 leaves out %s: %s", record.name, error)
            return
        for key, value in entries:
            self.pieces[key] = orjson.dumps({key: value}, option=orjson.OPT_INDENT_2)[2:-2]


def _v1_writer(category: Category) -> _V1Writer:
    if not BUILT_IN_CATEGORIES[category].has_legacy_format:
        return _V1Writer(lambda _record: ())
    if category is Category.text_generation:
        return _V1Writer(lambda record: v1_text_entries(orjson.loads(record.document)))
    return _V1Writer(lambda record: [(record.name, legacy_record(category, record))])


def legacy_record(category: Category, record: StoredRecord) -> Any:
    """Return the legacy form of a stored record of any category but text_generation."""
    if record.legacy is not None:
        return orjson.loads(record.legacy)
    return v2_to_legacy(category, orjson.loads(record.document))


def _v1_body(category: Category, pieces: dict[str, bytes]) -> Body | None:
    if category in _MANAGED_ELSEWHERE:
        return Body(b"{}")
    return Body(b"{\n" + b",\n".join(pieces.values()) + b"\n}") if pieces else None
