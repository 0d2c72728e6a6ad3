"""The versions of a record, each with what it changed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import orjson

from horde_model_reference.catalog.reference_models import is_list
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.diff import FieldChange, diff
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.service.web.browse.document_texts import shown
from horde_model_reference.service.web.differences import telling_changes
from horde_model_reference.service.web.text_filters import shortened
from horde_model_reference.store.store import RecordVersion

MOST_VERSIONS: Final = 20
"""How many versions a page shows before somebody asks for more."""
MORE_VERSIONS: Final = 200
"""How many it shows then."""
_MOST_CHARACTERS: Final = 2_000
"""Of a value on one side."""
_MOST_OF_ALL: Final = 16_000
"""Characters of the values in all versions."""
_BOOKKEEPING: Final = ("metadata.", "record_type", "model_classification.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """A field that a version changed; texts, empty where there was or is no value."""

    path: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version."""

    serial: int
    operation: str
    author: str
    recorded_at: int
    changes: tuple[FieldView, ...]
    """None of a creation, which would only repeat the record."""
    filled_in: int = 0
    """Fields besides that only got the value which they had by default."""
    more_changes: int = 0
    """Fields that it changed besides, for which there is no room."""


def version_views(category: Category, versions: Sequence[RecordVersion]) -> list[VersionView]:
    """Return versions, given oldest first, newest first; the first one given counts as a creation."""
    pairs = pairwise([None, *versions])
    views = [_view(category, before, after) for before, after in pairs if after is not None]
    return list(_with_room(views[::-1]))


def _with_room(views: Iterable[VersionView]) -> Iterator[VersionView]:
    room = _MOST_OF_ALL
    for view in views:
        shown: list[FieldView] = []
        for change in view.changes:
            room -= len(change.path) + len(change.before) + len(change.after)
            if room < 0:
                break
            shown.append(change)
        yield replace(view, changes=tuple(shown), more_changes=len(view.changes) - len(shown))


def _view(category: Category, before: RecordVersion | None, after: RecordVersion) -> VersionView:
    changes: list[FieldChange] = []
    told: list[FieldChange] = []
    if before is not None and before.document is not None and after.document is not None:
        old, new = orjson.loads(before.document), orjson.loads(after.document)
        changes = [each for each in diff(old, new) if not each.field_path.startswith(_BOOKKEEPING)]
        told = telling_changes(category, changes, old, new)
    return VersionView(
        serial=after.serial,
        operation=after.operation,
        author=after.author,
        recorded_at=after.recorded_at,
        changes=tuple(map(_field, told)),
        filled_in=len(changes) - len(told),
    )


def _field(change: FieldChange) -> FieldView:
    return FieldView(
        path=shortened(change.field_path, _MOST_CHARACTERS),
        kind=change.change_type.value,
        before=shortened(_text(change.old_value), _MOST_CHARACTERS),
        after=shortened(_text(change.new_value), _MOST_CHARACTERS),
    )


def _text(value: Any) -> str:
    if is_list(value) and any(is_document(item) or is_list(item) for item in value):
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return "" if value is None else shown(value)
