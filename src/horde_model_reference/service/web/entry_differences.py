"""Lists of objects, such as the files of a record, compared entry by entry."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, TypeAlias, cast

from horde_model_reference.domain.diff import FieldChange, diff
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.service.web.alignment import MOST_WORK, aligned

_Entry: TypeAlias = Mapping[str, Any]


def entries_apart(change: FieldChange) -> list[FieldChange]:
    """Take a change of a list of objects apart into the fields of its entries; any other stays whole.

    Entries that are on both sides are passed over wherever they stand; the others are compared in their
    order. Paths have the number of the entry, from 1: that on the newer side where it is there.
    """
    old, new = _objects(change.old_value), _objects(change.new_value)
    if old is None or new is None:
        return [change]
    found = [
        replace(inner, field_path=f"{change.field_path}.{number}.{inner.field_path}")
        for number, one, other in _pairs(old, new)
        for inner in diff(one, other)
    ]
    return found or [change]


def _pairs(
    old: Sequence[_Entry], new: Sequence[_Entry]
) -> Iterator[tuple[int, _Entry | None, _Entry | None]]:
    for is_same, first, last, new_first, new_last in aligned(
        list(map(_told, old)), list(map(_told, new)), most_work=MOST_WORK
    ):
        if is_same:
            continue
        numbers = [*range(new_first + 1, new_last + 1), *range(first + 1 + new_last - new_first, last + 1)]
        pairs = zip_longest(old[first:last], new[new_first:new_last])
        yield from ((number, *pair) for number, pair in zip(numbers, pairs, strict=True))


def _told(entry: _Entry) -> str:
    return json.dumps(entry, sort_keys=True)


def _objects(value: object) -> list[_Entry] | None:
    if value is None:
        return []
    items = cast("list[object]", value) if isinstance(value, list) else [None]
    return [item for item in items if is_document(item)] if all(map(is_document, items)) else None
