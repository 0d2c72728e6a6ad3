"""One category at one revision, as readers see it; immutable."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import orjson

from horde_model_reference.catalog.body import Body
from horde_model_reference.catalog.document_table import DocumentTable
from horde_model_reference.catalog.pieces import Piece, Pieces, PieceWriter
from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.licensing import unknown_licensing_document
from horde_model_reference.formats.legacy_export import v2_to_legacy
from horde_model_reference.formats.text_groups import SUMMARISED_FIELDS, group_fields
from horde_model_reference.formats.text_legacy import v1_text_entries

_log = logging.getLogger(__name__)

_LICENSING_KEY = b'"licensing":'
_UNKNOWN_LICENSING = orjson.Fragment(orjson.dumps(unknown_licensing_document()))
_LICENSING_SUFFIX = b',"licensing":' + orjson.dumps(_UNKNOWN_LICENSING)
_V2_SEPARATOR = b","
_V1_PREFIX, _V1_SEPARATOR, _V1_SUFFIX = b"{\n", b",\n", b"\n}"
_V1_ENTRY_START = b'  "'
"""Deeper lines are indented more, and no text holds a raw line end."""
_PUBLISHED = "published"
_MANAGED_ELSEWHERE = frozenset({Category.lora, Category.ti})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record as stored: its key, its v2 document, and the legacy record where one is kept beside it."""

    name: str
    document: bytes
    """Compact UTF-8 JSON, keys in their stored order."""
    legacy: bytes | None = None
    """Compact UTF-8 JSON of the legacy record; None: v1 shows what follows from the document."""
    guidance: Mapping[str, Any] | None = None
    """The summary of what is published on prompting a text model; None: nothing is."""


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
    _places: dict[str, int]
    """Where each record stands, ascending, though numbers may be missing."""
    _v2_pieces: Pieces
    _v1_pieces: Pieces | None
    """None where v1 isn't made of one entry for each record."""
    _grouped: list[Body] = field(default_factory=list[Body])
    _tables: list[DocumentTable] = field(default_factory=list[DocumentTable])

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys in storage order."""
        return iter(self._places)

    def record(self, key: str) -> bytes | None:
        """Return a record as v2 JSON, licensing and guidance filled in; None where there is none."""
        place = self._places.get(key)
        return None if place is None else self._v2_pieces.at(place)

    def digests(self) -> Iterator[tuple[str, bytes]]:
        """Yield key and hash of every record, in storage order; the hash is of the key and the record."""
        return zip(self._places, self._v2_pieces.digests(), strict=True)

    def v1_entry(self, key: str) -> bytes | None:
        """Return the v1 entry of a record as a JSON object of one; None where it has none of its own."""
        place = self._places.get(key)
        if place is None or self._v1_pieces is None:
            return None
        entry = self._v1_pieces.at(place)
        return None if entry is None else b"{" + entry + b"}"

    def table(self) -> DocumentTable:
        """Return the records as searches read them; columns and words are made when one first asks."""
        if not self._tables:
            self._tables.append(DocumentTable(self.category, self._v2_pieces))
        return self._tables[0]

    def v1_with_groups(self) -> Body | None:
        """Return the v1 body with group summaries (spec 02 §9); made at the first call."""
        if self.v1 is None:
            return None
        if not self._grouped:
            self._grouped.append(Body(_with_groups(self.v1.content)))
        return self._grouped[0]

    def updated(
        self,
        changed: Iterable[StoredRecord],
        *,
        removed: Iterable[str] = (),
        revision: int,
        modified_at: int,
    ) -> "CategorySnapshot | None":
        """Return what `build_snapshot` makes of the records after a few changes, without encoding the others.

        First the records that are ``removed`` go, then those that ``changed`` keep their place where they
        have one, and come last in the given order where not. None where the category doesn't allow that.

        Raises:
            ValueError: a record is not JSON.
        """
        if self._v1_pieces is None:
            return None
        gone = {name: self._places[name] for name in removed if name in self._places}
        records = list(changed)
        places = self._places_after(gone, records)
        v2_changes: dict[int, Piece | None] = dict.fromkeys(gone.values())
        v1_changes = dict(v2_changes)
        for record in records:
            place = places[record.name]
            v2_changes[place] = _v2_piece(self.category, record)
            v1_changes[place] = _v1_piece(self.category, record)
        v2_pieces = self._v2_pieces.replaced(v2_changes)
        v1_pieces = self._v1_pieces.replaced(v1_changes)
        return CategorySnapshot(
            category=self.category,
            revision=revision,
            modified_at=modified_at,
            v2=v2_pieces.body(b"{", b"}"),
            v1=_v1_body(self.category, v1_pieces),
            _places=places,
            _v2_pieces=v2_pieces,
            _v1_pieces=v1_pieces,
        )

    def with_guidance(
        self, changed: Iterable[StoredRecord], *, revision: int, modified_at: int
    ) -> "CategorySnapshot":
        """Return the snapshot after changes to the guidance of some of its records, and to nothing else."""
        pieces = {self._places[record.name]: _v2_piece(self.category, record) for record in changed}
        v2_pieces = self._v2_pieces.replaced(pieces)
        return replace(
            self,
            revision=revision,
            modified_at=modified_at,
            v2=v2_pieces.body(b"{", b"}"),
            _v2_pieces=v2_pieces,
            _tables=[],
        )

    def _places_after(self, gone: Iterable[str], records: Iterable[StoredRecord]) -> dict[str, int]:
        if not gone and all(record.name in self._places for record in records):
            return self._places
        places = dict(self._places)
        next_place = places[next(reversed(places))] + 1 if places else 0
        for name in gone:
            del places[name]
        for record in records:
            place = places.setdefault(record.name, next_place)
            next_place = max(next_place, place + 1)
        return places


def build_snapshot(
    category: Category, records: Iterable[StoredRecord], *, revision: int, modified_at: int
) -> CategorySnapshot:
    """Encode the records of a category in storage order; raise ValueError where one is not JSON."""
    v2 = PieceWriter(_V2_SEPARATOR)
    v1 = _v1_writer(category)
    places: dict[str, int] = {}
    for place, record in enumerate(records):
        v2.add(place, _v2_piece(category, record))
        v1.add(place, record)
        places[record.name] = place
    v2_pieces = v2.pieces()
    return CategorySnapshot(
        category=category,
        revision=revision,
        modified_at=modified_at,
        v2=v2_pieces.body(b"{", b"}"),
        v1=v1.body(),
        _places=places,
        _v2_pieces=v2_pieces,
        _v1_pieces=v1.pieces(),
    )


def served_document(category: Category, document: bytes, guidance: Mapping[str, Any] | None = None) -> bytes:
    """Return a stored document as v2 reads show it: licensing and, for text, guidance filled in (spec 11).

    ``guidance`` is the summary of what is published on the model, if anything is.
    """
    if _LICENSING_KEY not in document and category is not Category.text_generation:
        return document[:-1] + (_LICENSING_SUFFIX if len(document) > 2 else _LICENSING_SUFFIX[1:]) + b"}"
    record: dict[str, Any] = orjson.loads(document)
    if not record.get("licensing"):
        record["licensing"] = _UNKNOWN_LICENSING
    if record.get("record_type") == Category.text_generation:
        record["guidance"] = unpublished_guidance(record) if guidance is None else guidance
    return orjson.dumps(record)


def published_guidance(assignment: Mapping[str, Any]) -> dict[str, Any]:
    """Return the guidance summary of a text record with an assignment (spec 01 §7)."""
    return {
        "status": _PUBLISHED,
        "primary_profile_id": assignment["primary_profile_id"],
        "supplemental_profile_ids": assignment["supplemental_profile_ids"],
    }


def told_guidance(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the published guidance that a document from a PRIMARY tells of; None: it tells of none."""
    told: Mapping[str, Any] = document.get("guidance") or {}
    return told if told.get("status") == _PUBLISHED else None


def unpublished_guidance(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the guidance summary of a text record without an assignment (spec 01 §7)."""
    label = record.get("instruct_format")
    is_labelled = isinstance(label, str) and bool(label.strip())
    status = "legacy_label" if is_labelled else "undocumented"
    return {"status": status, "primary_profile_id": None, "supplemental_profile_ids": []}


def _v2_piece(category: Category, record: StoredRecord) -> Piece:
    key = orjson.dumps(record.name) + b":"
    return Piece(key=key, value=served_document(category, record.document, record.guidance))


def legacy_record(category: Category, record: StoredRecord) -> Any:
    """Return the legacy form of a stored record of any category but text_generation."""
    if record.legacy is not None:
        return orjson.loads(record.legacy)
    return v2_to_legacy(category, orjson.loads(record.document))


class _V1Writer:
    """Writes the v1 body of a category in which each record has one entry, or none."""

    def __init__(self, category: Category) -> None:
        self._category = category
        self._pieces = PieceWriter(_V1_SEPARATOR)

    def add(self, place: int, record: StoredRecord) -> None:
        piece = _v1_piece(self._category, record)
        if piece is not None:
            self._pieces.add(place, piece)

    def pieces(self) -> Pieces | None:
        return self._pieces.pieces()

    def body(self) -> Body | None:
        return _v1_body(self._category, self._pieces.pieces())


class _V1TextWriter:
    """Writes the v1 body of text models: a repeated key keeps its first place and takes the last value."""

    def __init__(self) -> None:
        self._entries: dict[str, bytes] = {}

    def add(self, _place: int, record: StoredRecord) -> None:
        try:
            entries = v1_text_entries(orjson.loads(record.document))
        except InvalidRecordError as error:
            _tell_left_out(record, error)
            return
        self._entries |= {key: _v1_entry(key, value) for key, value in entries}

    def pieces(self) -> Pieces | None:
        return None

    def body(self) -> Body | None:
        text = _V1_SEPARATOR.join(self._entries.values())
        return Body(_V1_PREFIX + text + _V1_SUFFIX) if text else None


def _with_groups(v1: bytes) -> bytes:
    """Return a v1 text body with group summaries.

    One entry at a time is decoded: all of them together take many times the memory of the body.
    """
    encoded: dict[str, bytes] = {}
    summarised: dict[str, dict[str, Any]] = {}
    first = len(_V1_PREFIX + _V1_ENTRY_START)
    for part in v1[first : -len(_V1_SUFFIX)].split(_V1_SEPARATOR + _V1_ENTRY_START):
        ((key, entry),) = orjson.loads(b'{"' + part + b"}").items()
        encoded[key] = orjson.dumps(entry)[:-1]
        summarised[key] = {name: entry.get(name) for name in SUMMARISED_FIELDS}
    added = group_fields(summarised)
    tails = {fields["text_model_group"]: orjson.dumps(fields)[1:] for fields in added.values()}
    buffer = BytesIO()
    for key, start in encoded.items():
        buffer.write(b"," if buffer.tell() else b"{")
        buffer.write(orjson.dumps(key) + b":" + start + b"," + tails[added[key]["text_model_group"]])
    buffer.write(b"}")
    return buffer.getvalue()


def _v1_writer(category: Category) -> _V1Writer | _V1TextWriter:
    return _V1TextWriter() if category is Category.text_generation else _V1Writer(category)


def _v1_piece(category: Category, record: StoredRecord) -> Piece | None:
    if not BUILT_IN_CATEGORIES[category].has_legacy_format:
        return None
    try:
        legacy = legacy_record(category, record)
    except InvalidRecordError as error:
        _tell_left_out(record, error)
        return None
    return Piece(key=b"", value=_v1_entry(record.name, legacy))


def _v1_entry(key: str, value: Any) -> bytes:
    return orjson.dumps({key: value}, option=orjson.OPT_INDENT_2)[2:-2]


def _v1_body(category: Category, pieces: Pieces) -> Body | None:
    if category in _MANAGED_ELSEWHERE:
        return Body(b"{}")
    return pieces.body(_V1_PREFIX, _V1_SUFFIX) if not pieces.is_empty else None


def _tell_left_out(record: StoredRecord, error: InvalidRecordError) -> None:
    # Written by a release with other rules; the other records must stay readable.
    _log.warning("version 1 leaves out %s: %s", record.name, error)
