"""What a change is about, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from horde_model_reference.domain.changes import Change, Document, Operation, ResourceKind
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.service.web.differences import CHANGE_LISTS, NAME_KEYS

_OPERATIONS: Final[Mapping[Operation, str]] = {
    Operation.create: "New",
    Operation.update: "Update",
    Operation.delete: "Delete",
}
_CHANGE_SETS: Final[Mapping[ResourceKind, str]] = {
    ResourceKind.image_baseline: "Image baselines",
    ResourceKind.text_guidance: "Prompting guidance",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a change does, and to what."""

    what: str
    name: str
    """Of the record; of a change set its title."""
    parts: tuple[str, ...] = ()
    """Names of what a change set is about, each once."""

    @property
    def text(self) -> str:
        """Return both."""
        return f"{self.what}: {self.name}"


def subject_of(change: Change) -> Subject:
    """Return what a change is about."""
    if change.resource_kind is ResourceKind.model_reference:
        return Subject(what=_OPERATIONS[change.operation], name=change.model_name)
    change_set = change.payload or {}
    title = change_set.get("title")
    return Subject(
        what=_CHANGE_SETS[change.resource_kind],
        name=title if isinstance(title, str) and title.strip() else change.model_name,
        parts=tuple(dict.fromkeys(_names(change_set))),
    )


def _names(change_set: Document) -> Iterator[str]:
    for key in CHANGE_LISTS:
        for part in change_set.get(key) or ():
            if is_document(part):
                yield next((str(part[each]) for each in NAME_KEYS if part.get(each)), "?")
