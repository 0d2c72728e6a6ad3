"""Differences as pages show them: a row for each field, and lines where a value is long."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeGuard, cast

from horde_model_reference.domain.changes import Change, Document, RecordForm, ResourceKind
from horde_model_reference.domain.diff import (
    ChangeDiff,
    FieldChange,
    FieldChangeType,
    diff,
    is_critical,
)
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.licensing import UNKNOWN_LICENSING
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.domain.validation import to_document, validate_document
from horde_model_reference.service.web.alignment import MOST_WORK
from horde_model_reference.service.web.entry_differences import entries_apart
from horde_model_reference.service.web.line_differences import Line, broken, folded, lines_between

_BOOKKEEPING: Final = frozenset({"metadata", "record_type"})
_NOTHINGS: Final = frozenset({"[]", "{}", "null"})
MOST_COUNTED: Final = 500
"""Fields that lists of differences count; which of more matter would take too long to find out for each."""
CHANGE_LISTS: Final[Mapping[str, str]] = {
    "changes": "",
    "profile_changes": "",
    "assignment_changes": " assignment",
}
"""Where the parts of a change set stand in it, and what to call those that are not what their name says."""
_WHAT: Final = {
    (False, True): "New",
    (True, True): "Update",
    (True, False): "Delete",
    (False, False): "Nothing",
}
"""What becomes of a part of a change set, by whether it is there before and after."""
NAME_KEYS: Final = ("name", "profile_id", "model_name")
"""What the name of such a part may be called."""
_AFTER_KEYS: Final = ("record", "profile", "assignment")


@dataclass(frozen=True, kw_only=True)
class FieldRow:
    """One field that differs, or a field of one entry where it holds a list of objects."""

    field: str
    """The path of the field in the record."""
    path: str
    kind: FieldChangeType
    before: str | None
    """As text; None where the field is not there."""
    after: str | None
    is_critical: bool
    most_work: int
    """What comparing the two sides may cost; `alignment` says of what."""

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Return the same line by line, one side below the other; found when a page shows it."""
        found = folded(lines_between(self.before, self.after, most_work=self.most_work))
        return tuple(piece for line in found for piece in broken(line))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What becomes of one thing."""

    title: str | None
    """What it is called, where a change is about several things."""
    rows: tuple[FieldRow, ...]
    """What matters; where the record stays, the critical fields come first."""
    fillers: tuple[FieldRow, ...] = ()
    """Bookkeeping, and values that a reader would take a missing field for."""
    has_before: bool
    has_after: bool


def differences_of(found: ChangeDiff) -> list[Difference]:
    """Return what a change does: to its record, or to each part of a change set."""
    change = found.change
    if change.resource_kind is not ResourceKind.model_reference:
        return [*_parts_of_set(change.payload or {})]
    before, after = found.current_state, found.proposed_state
    return [difference_between(change.category, before, after, form=change.form)]


def difference_between(
    category: str, before: Document | None, after: Document | None, *, form: RecordForm = RecordForm.v2
) -> Difference:
    """Return what differs between two states of a record, which have the form of v2 unless told."""
    rows = _rows(category, diff(before, after), is_update=before is not None and after is not None)
    is_telling = _telling(category, before, after) if form is RecordForm.v2 else _is_of_record
    return Difference(
        title=None,
        rows=tuple(row for row in rows if is_telling(row)),
        fillers=tuple(row for row in rows if not is_telling(row)),
        has_before=before is not None,
        has_after=after is not None,
    )


def telling_changes(
    category: str,
    changes: Iterable[FieldChange],
    before: Document | None,
    after: Document | None,
    *,
    form: RecordForm = RecordForm.v2,
) -> list[FieldChange]:
    """Return those of the changes between two states that make a difference to readers."""
    if form is not RecordForm.v2:
        return [change for change in changes if _is_no_bookkeeping(change.field_path)]
    is_told = telling_paths(category, before, after)
    return [change for change in changes if _says_something(change) and is_told(change.field_path)]


def fields_in_words(count: int) -> str:
    """Return how many fields differ, where more than `MOST_COUNTED` are not counted."""
    if count > MOST_COUNTED:
        return f"more than {MOST_COUNTED} fields"
    return "1 field" if count == 1 else f"{count} fields"


def as_text(value: object) -> str:
    """Return a value of a record for people: texts as they are, one a line, the rest as JSON."""
    if isinstance(value, str):
        return value
    if _is_list_of_lines(value):
        return "\n".join(value)
    return json.dumps(value, ensure_ascii=False, indent=2 if value and _is_nested(value) else None)


def _is_list_of_lines(value: object) -> TypeGuard[list[str]]:
    """Tell whether a list would read the same without brackets and quotes."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return bool(items) and all(map(_is_line, items))


def _is_line(item: object) -> bool:
    return isinstance(item, str) and item.splitlines() == [item] and item not in _NOTHINGS


def _is_nested(value: object) -> bool:
    """Tell whether a value holds others."""
    return isinstance(value, dict | list)


def pretty(change: Change) -> str | None:
    """Return the whole payload of a change as JSON; None where it has none."""
    return None if change.payload is None else json.dumps(change.payload, ensure_ascii=False, indent=2)


def telling_paths(category: str, before: Document | None, after: Document | None) -> Callable[[str], bool]:
    """Return what tells paths of fields that make a difference to readers of v2 from those that don't."""
    changes = diff(_as_read(category, before), _as_read(category, after))
    telling = sorted(f"{change.field_path}." for change in changes)
    known, lengths = frozenset(telling), sorted(set(map(len, telling)))

    def is_telling(field_path: str) -> bool:
        path = f"{field_path}."
        first = bisect_left(telling, path)
        inside = telling[first : first + 1]
        return any(found.startswith(path) for found in inside) or any(
            path[:length] in known for length in lengths[: bisect_right(lengths, len(path))]
        )

    return is_telling


def _telling(category: str, before: Document | None, after: Document | None) -> Callable[[FieldRow], bool]:
    is_told = telling_paths(category, before, after)
    return lambda row: not _says_nothing(row) and is_told(row.path)


def _says_nothing(row: FieldRow) -> bool:
    return not _is_of_record(row) or (row.after in _NOTHINGS and row.before is None)


def _is_of_record(row: FieldRow) -> bool:
    return _is_no_bookkeeping(row.path)


def _says_something(change: FieldChange) -> bool:
    is_added = change.change_type is FieldChangeType.added
    return _is_no_bookkeeping(change.field_path) and not (is_added and change.new_value in (None, [], {}))


def _is_no_bookkeeping(path: str) -> bool:
    return path.partition(".")[0] not in _BOOKKEEPING


def _as_read(category: str, document: Document | None) -> Document | None:
    """Return a record with the values that readers take missing fields for."""
    if document is None:
        return None
    document = {**document, "licensing": {**UNKNOWN_LICENSING, **(document.get("licensing") or {})}}
    try:
        return to_document(validate_document(category, document))
    except InvalidRecordError:
        return document


def _parts_of_set(payload: Document) -> Iterator[Difference]:
    for key, called in CHANGE_LISTS.items():
        entries: Iterable[object] = payload.get(key) or ()
        for entry in entries:
            if is_document(entry):
                yield _part_of_set(entry, called)


def _part_of_set(entry: Mapping[str, Any], called: str) -> Difference:
    before, after = _document(entry.get("expected_before")), _first_document(entry, _AFTER_KEYS)
    name = next((str(entry[key]) for key in NAME_KEYS if entry.get(key)), "?")
    rows = _rows("", diff(before, after))
    return Difference(
        title=f"{_WHAT[before is not None, after is not None]}{called}: {name}",
        rows=tuple(row for row in rows if not _says_nothing(row)),
        fillers=tuple(row for row in rows if _says_nothing(row)),
        has_before=before is not None,
        has_after=after is not None,
    )


def _first_document(entry: Mapping[str, Any], keys: Iterable[str]) -> Document | None:
    return next((found for key in keys if (found := _document(entry.get(key))) is not None), None)


def _document(value: object) -> Document | None:
    return value if is_document(value) else None


def _rows(category: str, changes: Iterable[FieldChange], *, is_update: bool = True) -> tuple[FieldRow, ...]:
    found = [(change.field_path, single) for change in changes for single in entries_apart(change)]
    both_sides = sum(single.change_type is FieldChangeType.modified for _, single in found)
    share = MOST_WORK // max(1, both_sides)
    rows = [_row(category, field, single, share) for field, single in found]
    # What needs special care comes first; where all of a record comes or goes, the order stays.
    return tuple(sorted(rows, key=lambda row: is_update and not row.is_critical))


def _row(category: str, field: str, change: FieldChange, most_work: int) -> FieldRow:
    return FieldRow(
        field=field,
        path=change.field_path,
        kind=change.change_type,
        before=None if change.change_type is FieldChangeType.added else as_text(change.old_value),
        after=None if change.change_type is FieldChangeType.removed else as_text(change.new_value),
        is_critical=is_critical(category, [change]),
        most_work=most_work,
    )
