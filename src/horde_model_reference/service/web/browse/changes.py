"""What changed of late, as people read it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import orjson

from horde_model_reference.domain.diff import diff
from horde_model_reference.service.web.labels import category_title
from horde_model_reference.store.change_groups import ChangedRecord, ChangeGroup
from horde_model_reference.store.store import Store

_VERBS: Final = {"create": "added", "update": "changed", "delete": "removed"}
_BOOKKEEPING: Final = frozenset({"metadata", "record_type", "model_classification"})
_MOST_FIELDS: Final = 6


class Versions(Protocol):
    """Two versions of a record, one after the other."""

    @property
    def serial(self) -> int:
        """Return the serial of the later one."""
        ...

    @property
    def previous_serial(self) -> int:
        """Return the serial of the earlier one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """Changes of one kind that were made together."""

    verb: str
    category: str
    category_title: str
    names: tuple[str, ...]
    more: int
    """How many there are besides those named."""
    fields: tuple[str, ...]
    """What changed in the records that are named, by the names of fields; empty for other changes."""
    more_fields: int
    author: str
    recorded_at: int
    first_serial: int

    @property
    def is_removal(self) -> bool:
        """Tell whether the models are gone, so that there is no page to link to."""
        return self.verb == _VERBS["delete"]


def change_views(store: Store, groups: Sequence[ChangeGroup], *, most_names: int) -> list[ChangeView]:
    """Return what pages show of changes; reads the versions that they made."""
    shown = {id(group): group.records[:most_names] for group in groups}
    updates = [shown[id(group)] for group in groups if group.operation == "update"]
    documents = read_documents(store, [record for records in updates for record in records])
    return [_view(group, shown[id(group)], documents) for group in groups]


def read_documents(store: Store, records: Sequence[Versions]) -> dict[int, str]:
    """Return the documents of both versions of records, by serial."""
    serials = [(record.serial, record.previous_serial) for record in records]
    return store.documents([serial for pair in serials for serial in pair])


def changed_fields(records: Iterable[Versions], documents: Mapping[int, str]) -> list[str]:
    """Return the names of the fields that changed, without bookkeeping, in the order of the records."""
    found: dict[str, None] = {}
    for record in records:
        before, after = documents.get(record.previous_serial), documents.get(record.serial)
        if before is not None and after is not None:
            changes = diff(orjson.loads(before), orjson.loads(after))
            found |= dict.fromkeys(each.field_path.partition(".")[0] for each in changes)
    return [field for field in found if field not in _BOOKKEEPING]


def _view(group: ChangeGroup, records: Sequence[ChangedRecord], documents: Mapping[int, str]) -> ChangeView:
    fields = changed_fields(records, documents) if group.operation == "update" else []
    return ChangeView(
        verb=_VERBS[group.operation],
        category=group.category,
        category_title=category_title(group.category),
        names=tuple(record.name for record in records),
        more=group.count - len(records),
        fields=tuple(fields[:_MOST_FIELDS]),
        more_fields=max(0, len(fields) - _MOST_FIELDS),
        author=group.author,
        recorded_at=group.recorded_at,
        first_serial=group.first_serial,
    )
