"""What differs between two states of a record, and which differences matter most (spec 22, Diff)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, cast

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Change, Document, Operation
from horde_model_reference.domain.json_values import same_json


class FieldChangeType(StrEnum):
    """How a field differs."""

    added = "added"
    removed = "removed"
    modified = "modified"


class NetOperation(StrEnum):
    """What becomes of a record, seen from its states alone."""

    added = "added"
    modified = "modified"
    deleted = "deleted"
    unchanged = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that differs; values are JSON values, None also where the field is missing."""

    field_path: str
    """Keys from the top of the document, joined with full stops."""
    change_type: FieldChangeType
    old_value: Any = None
    new_value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDiff:
    """A change beside the record that it would be applied to (spec 22, PendingChangeDiff)."""

    change: Change
    current_state: Document | None
    proposed_state: Document | None
    """None for a deletion."""
    net_operation: NetOperation
    field_diffs: tuple[FieldChange, ...]
    is_critical: bool
    conflict: bool
    """Whether the record moved on since the change was proposed, so that applying it would be refused."""

    def paths(self, change_type: FieldChangeType) -> tuple[str, ...]:
        """Return the paths of the fields that differ in one way, in the order of ``field_diffs``."""
        return tuple(found.field_path for found in self.field_diffs if found.change_type is change_type)


_STYLE_AND_NSFW: Final = ("style", "nsfw")
_CRITICAL_EVERYWHERE: Final = ("licensing", "config.download")
CRITICAL_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Category.image_generation: ("baseline", "nsfw", "inpainting", "trigger", "homepage"),
        Category.text_generation: ("baseline", "nsfw", "url", "parameters"),
        Category.controlnet: _STYLE_AND_NSFW,
        Category.blip: _STYLE_AND_NSFW,
        Category.clip: _STYLE_AND_NSFW,
        Category.codeformer: _STYLE_AND_NSFW,
        Category.esrgan: _STYLE_AND_NSFW,
        Category.gfpgan: _STYLE_AND_NSFW,
        Category.safety_checker: _STYLE_AND_NSFW,
    }
)
"""Fields by category that need special care, besides licensing and downloads (spec 22, Diff)."""


def diff(before: Document | None, after: Document | None) -> list[FieldChange]:
    """Return what differs; objects are compared key by key, arrays and scalars as a whole (spec 22, Diff).

    Fields come sorted by key, or in the order of the document where the other state is missing. An object
    that is there on one side only counts by the fields in it, so an empty one leaves no entry.
    """
    return list(_differences(before, after, ""))


def net_operation(before: Document | None, after: Document | None) -> NetOperation:
    """Return what became of a record between two of its states."""
    if before is None:
        return NetOperation.unchanged if after is None else NetOperation.added
    if after is None:
        return NetOperation.deleted
    return NetOperation.unchanged if same_json(before, after) else NetOperation.modified


def is_critical(category: str, changes: Iterable[FieldChange]) -> bool:
    """Tell whether any of the fields needs special care in review (spec 22, Diff)."""
    critical = _CRITICAL_EVERYWHERE + CRITICAL_FIELDS.get(category, ())
    return any(_touches(found.field_path, field) for found in changes for field in critical)


def diff_change(change: Change, *, current: Document | None, current_serial: int | None) -> ChangeDiff:
    """Compare a change with the record as it stands.

    ``current_serial`` is the serial of the record's newest version, None where there is no record.
    """
    deletes = change.operation is Operation.delete
    proposed = None if deletes else change.payload
    found = diff(current, proposed)
    return ChangeDiff(
        change=change,
        current_state=current,
        proposed_state=proposed,
        net_operation=_net_operation_of(change.operation, current, proposed),
        field_diffs=tuple(found),
        is_critical=is_critical(change.category, found),
        conflict=change.is_open and change.base_serial != current_serial,
    )


def diff_change_set(
    change: Change, current: Document, proposed: Document, *, fits: bool = True
) -> ChangeDiff:
    """Compare two states of a catalogue, without and with a change set; every one needs special care.

    ``fits`` says whether it can be applied as things are, or was.
    """
    return ChangeDiff(
        change=change,
        current_state=current,
        proposed_state=proposed,
        net_operation=net_operation(current, proposed),
        field_diffs=tuple(diff(current, proposed)),
        is_critical=True,
        conflict=not fits,
    )


def _net_operation_of(
    operation: Operation, current: Document | None, proposed: Document | None
) -> NetOperation:
    # A create over an existing record counts as modified even where nothing differs, as recorded.
    if operation is Operation.create and current is not None:
        return NetOperation.modified
    return net_operation(current, proposed)


def _touches(path: str, field: str) -> bool:
    return path == field or path.startswith(f"{field}.") or field.startswith(f"{path}.")


def _differences(before: object, after: object, path: str) -> Iterator[FieldChange]:
    old, new = _as_object(before), _as_object(after)
    if old is not None and new is not None:
        for key in sorted({*old, *new}):
            yield from _field_differences(old, new, key, _joined(path, key))
    elif old is not None and after is None:
        yield from _one_sided(old, path, FieldChangeType.removed)
    elif new is not None and before is None:
        yield from _one_sided(new, path, FieldChangeType.added)


def _field_differences(old: Document, new: Document, key: str, path: str) -> Iterator[FieldChange]:
    if key not in old:
        yield from _side(new[key], path, FieldChangeType.added)
    elif key not in new:
        yield from _side(old[key], path, FieldChangeType.removed)
    elif _as_object(old[key]) is not None and _as_object(new[key]) is not None:
        yield from _differences(old[key], new[key], path)
    elif not same_json(old[key], new[key]):
        yield FieldChange(
            field_path=path, change_type=FieldChangeType.modified, old_value=old[key], new_value=new[key]
        )


def _one_sided(document: Document, path: str, change_type: FieldChangeType) -> Iterator[FieldChange]:
    for key, value in document.items():
        yield from _side(value, _joined(path, key), change_type)


def _side(value: object, path: str, change_type: FieldChangeType) -> Iterator[FieldChange]:
    inner = _as_object(value)
    if inner is not None:
        yield from _one_sided(inner, path, change_type)
    elif change_type is FieldChangeType.added:
        yield FieldChange(field_path=path, change_type=change_type, new_value=value)
    else:
        yield FieldChange(field_path=path, change_type=change_type, old_value=value)


def _as_object(value: object) -> Document | None:
    return cast(Document, value) if isinstance(value, Mapping) else None


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
