"""A snapshot that takes over a few changes is the one that would be built from scratch."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.catalog.pieces import Piece, Pieces, PieceWriter
from horde_model_reference.catalog.snapshot import CategorySnapshot, StoredRecord, build_snapshot
from horde_model_reference.domain.categories import Category

_NAMES = st.text(max_size=3)
_TEXTS = st.text(max_size=8)
_VALUES = st.integers(0, 2**16).map(lambda number: b"v" * (number % 2000))
_SIDES = st.one_of(st.none(), st.dictionaries(_TEXTS, _TEXTS, max_size=2))
_CHANGES = st.lists(st.tuples(_NAMES, st.one_of(st.none(), _TEXTS), _SIDES), max_size=12)
_CATEGORIES = st.sampled_from(
    [Category.esrgan, Category.image_generation, Category.lora, Category.video_generation]
)


def _record(name: str, text: str, side: dict[str, str] | None = None) -> StoredRecord:
    document: dict[str, Any] = {"name": name, "record_type": "esrgan", "description": text}
    return StoredRecord(
        name=name,
        document=json.dumps(document, separators=(",", ":")).encode(),
        legacy=None if side is None else json.dumps(side).encode(),
    )


def _assert_equal(one: CategorySnapshot, other: CategorySnapshot) -> None:
    assert list(one) == list(other)
    assert one.v2.content == other.v2.content
    assert one.v2.tag == other.v2.tag
    assert list(one.digests()) == list(other.digests())
    assert (one.v1 and one.v1.content) == (other.v1 and other.v1.content)
    assert (one.v1 and one.v1.tag) == (other.v1 and other.v1.tag)
    assert [one.record(name) for name in one] == [other.record(name) for name in other]
    assert (one.revision, one.modified_at) == (other.revision, other.modified_at)


@given(category=_CATEGORIES, steps=st.lists(_CHANGES, max_size=5))
def test_changes_taken_over_one_after_the_other_give_what_is_built_from_scratch(
    category: Category, steps: list[list[tuple[str, str | None, dict[str, str] | None]]]
) -> None:
    records: dict[str, StoredRecord] = {}
    snapshot = build_snapshot(category, (), revision=0, modified_at=0)

    for revision, changes in enumerate(steps, 1):
        removed: set[str] = set()
        touched: set[str] = set()
        for name, text, side in changes:
            touched.add(name)
            if text is None:
                records.pop(name, None)
                removed.add(name)
            else:
                records[name] = _record(name, text, side)
        changed = [record for name, record in records.items() if name in touched]
        updated = snapshot.updated(changed, removed=removed, revision=revision, modified_at=revision)

        assert updated is not None
        snapshot = updated
        _assert_equal(
            snapshot, build_snapshot(category, records.values(), revision=revision, modified_at=revision)
        )


def test_a_snapshot_stays_what_it_was_when_another_is_made_from_it() -> None:
    old = build_snapshot(Category.esrgan, [_record("a", "x"), _record("b", "y")], revision=1, modified_at=1)
    before = old.v2.content

    new = old.updated([_record("b", "z"), _record("c", "n")], removed=["a"], revision=2, modified_at=2)

    assert old.v2.content == before
    assert list(old) == ["a", "b"]
    assert new is not None
    assert list(new) == ["b", "c"]


def test_text_models_are_always_built_from_scratch() -> None:
    snapshot = build_snapshot(Category.text_generation, (), revision=1, modified_at=1)

    assert snapshot.updated([], revision=2, modified_at=2) is None


def test_a_large_body_shares_its_parts_with_the_one_before_it() -> None:
    records = [_record(f"{number:05}", "x" * 1000) for number in range(4000)]
    old = build_snapshot(Category.esrgan, records, revision=1, modified_at=1)

    new = old.updated([_record("02000", "y")], revision=2, modified_at=2)

    assert new is not None
    known = {id(part) for part in old.v2.parts}
    assert len(new.v2.parts) == len(old.v2.parts) > 10
    assert sum(id(part) not in known for part in new.v2.parts[1:-2]) == 1


@pytest.mark.parametrize("index", [0, 1, -1])
def test_values_are_read_by_their_number(index: int) -> None:
    writer = PieceWriter(b",", block_bytes=1)
    for place in (2, 5, 9):
        writer.add(place, Piece(key=b"k", value=b"%d" % place))

    assert writer.pieces()[index] == [b"2", b"5", b"9"][index]


@given(
    first=st.dictionaries(st.integers(0, 50), _VALUES, max_size=40),
    changes=st.lists(
        st.dictionaries(st.integers(0, 60), st.one_of(st.none(), _VALUES), max_size=5), max_size=4
    ),
    block_bytes=st.integers(1, 5000),
)
def test_replaced_pieces_are_where_they_belong(
    first: dict[int, bytes], changes: list[dict[int, bytes | None]], block_bytes: int
) -> None:
    writer = PieceWriter(b", ", block_bytes=block_bytes)
    for place in sorted(first):
        writer.add(place, Piece(key=b"key:", value=first[place]))
    pieces: Pieces = writer.pieces()
    expected: dict[int, bytes | None] = dict(first)

    for step in changes:
        expected |= step
        replacements = {
            place: None if value is None else Piece(key=b"key:", value=value) for place, value in step.items()
        }
        pieces = pieces.replaced(replacements)

    values = [value for _, value in sorted(expected.items(), key=lambda item: item[0]) if value is not None]
    assert list(pieces) == [pieces[row] for row in range(len(pieces))] == values
    assert {place: pieces.at(place) for place in range(62)} == {
        place: expected.get(place) for place in range(62)
    }
    assert pieces.body(b"<", b">").content == b"<" + b", ".join(b"key:" + value for value in values) + b">"
