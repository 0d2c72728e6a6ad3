"""From a document to the texts of a form and back, without losing anything on the way.

Whatever the inputs can't say goes along in a hidden one for each object: keys that the form does not know,
and values that would come back different. Such a value counts while its inputs show what they showed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

from horde_model_reference.domain.errors import FieldProblem, InvalidRecordError
from horde_model_reference.formats.json_text import read_json_object
from horde_model_reference.service.web.propose.field_values import (
    ABSENT,
    field_texts,
    field_value,
    holds_unseen,
    is_of_kind,
)
from horde_model_reference.service.web.propose.form_fields import (
    KEY,
    VALUE,
    Field,
    Group,
    InputKind,
    Node,
    Rows,
)
from horde_model_reference.service.web.propose.submitted import Submitted

REST: Final = "_rest"
"""Name of the hidden input of each object."""

Location: TypeAlias = tuple[str | int, ...]
Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read from a form."""

    document: dict[str, Any]
    places: Mapping[Location, str]
    """Where each part of the document stands in the form."""
    problems: tuple[FieldProblem, ...]
    """What the document can't show, such as a key that was given twice; located like everything else."""

    def place_of(self, location: Location) -> str:
        """Return the name of the input or group nearest to a part of the document; empty for none."""
        while location and location not in self.places:
            location = location[:-1]
        return self.places.get(location, "")


def fill_form(form: Group, document: Mapping[str, Any]) -> Submitted:
    """Return the form as it shows a document; `read_form` gives the same document back."""
    return Submitted(_group_pairs(form, "", document))


def read_form(form: Group, submitted: Submitted) -> Reading:
    """Return the document that a form means; what was left empty is left out."""
    reader = _Reader(submitted)
    document = reader.group(form, "", ())
    return Reading(
        document={} if document is ABSENT else document,
        places=reader.places,
        problems=tuple(reader.problems),
    )


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _node_pairs(node: Node, name: str, value: object) -> Iterator[Pair]:
    if isinstance(node, Field):
        yield from ((name, text) for text in field_texts(node, value))
    elif isinstance(node, Group):
        if isinstance(value, Mapping):
            yield from _group_pairs(node, name, cast("Mapping[str, Any]", value))
    elif node.key is None:
        if isinstance(value, list):
            yield from _list_pairs(node, name, cast("list[object]", value))
    elif isinstance(value, Mapping):
        yield from _mapping_pairs(node, node.key, name, cast("Mapping[str, Any]", value))


def _list_pairs(node: Rows, name: str, value: list[object]) -> Iterator[Pair]:
    for number, item in enumerate(value):
        yield from _node_pairs(node.item, f"{name}.{number}", item)


def _mapping_pairs(node: Rows, key: Field, name: str, value: Mapping[str, Any]) -> Iterator[Pair]:
    for number, (given, item) in enumerate(value.items()):
        row = f"{name}.{number}"
        yield from ((f"{row}.{KEY}", text) for text in field_texts(key, given))
        yield from _node_pairs(node.item, row, {VALUE: item} if node.holds_values else item)


def _group_pairs(group: Group, name: str, document: Mapping[str, Any]) -> Iterator[Pair]:
    known = {member.name: member for member in group.members}
    rest = {key: value for key, value in document.items() if key not in known}
    for key, member in known.items():
        value = document.get(key, ABSENT)
        pairs = list(_node_pairs(member, _joined(name, key), value))
        yield from pairs
        if _must_be_kept(member, _joined(name, key), value, pairs):
            rest[key] = value
    if rest:
        yield _joined(name, REST), json.dumps(rest)


def _must_be_kept(member: Node, name: str, value: object, pairs: list[Pair]) -> bool:
    if value is ABSENT:
        return False
    if isinstance(member, Field) and value is not None and not is_of_kind(member, value):
        return False  # shown as a text it becomes one: most likely what was meant, otherwise easy to mend
    return not _same(_Reader(Submitted(pairs)).node(member, name, ()), value)


def _same(one: object, other: object) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    # Python takes 1, 1.0 and True for equal, JSON does not.
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@dataclass(slots=True)
class _Reader:
    submitted: Submitted
    places: dict[Location, str] = field(default_factory=dict[Location, str])
    problems: list[FieldProblem] = field(default_factory=list[FieldProblem])

    def node(self, node: Node, name: str, location: Location) -> Any:
        self.places[location] = name
        if isinstance(node, Field):
            return self.field(node, name, location)
        if isinstance(node, Group):
            return self.group(node, name, location)
        if node.key is None:
            return self.list(node, name, location)
        return self.mapping(node, node.key, name, location)

    def field(self, field: Field, name: str, location: Location) -> Any:
        texts = self.submitted.texts(name)
        if len(texts) > 1 and field.kind is not InputKind.choices:
            self.problem(location, "was sent more than once")
        if any(map(holds_unseen, texts)):
            self.problem(location, "holds a character that can't be seen")
        return field_value(field, texts)

    def group(self, group: Group, name: str, location: Location) -> Any:
        rest = self.rest(_joined(name, REST), location)
        document = {key: value for key, value in rest.items() if key not in _names(group)}
        for member in group.members:
            place, known_problems = _joined(name, member.name), len(self.problems)
            value = self.node(member, place, (*location, member.name))
            kept = rest.get(member.name, ABSENT)
            if kept is not ABSENT and self.shows(member, place, kept):
                value = kept
                del self.problems[known_problems:]
            if value is not ABSENT:
                document[member.name] = value
        return document or ABSENT

    def list(self, rows: Rows, name: str, location: Location) -> Any:
        items: list[Any] = []
        for number in self.submitted.rows(name):
            item = self.node(rows.item, f"{name}.{number}", (*location, len(items)))
            if item is not ABSENT:
                items.append(item)
        return items or ABSENT

    def mapping(self, rows: Rows, key_field: Field, name: str, location: Location) -> Any:
        members: dict[str, Any] = {}
        for number in self.submitted.rows(name):
            row = f"{name}.{number}"
            key = self.field(key_field, f"{row}.{KEY}", location)
            item = self.node(rows.item, row, (*location, "" if key is ABSENT else key))
            if key is ABSENT and item is ABSENT:
                continue
            if rows.holds_values:
                item = ABSENT if item is ABSENT else item.get(VALUE, ABSENT)
            self.member(members, key, item, location)
        return members or ABSENT

    def member(self, members: dict[str, Any], key: Any, item: Any, location: Location) -> None:
        name = "" if key is ABSENT else key
        if key is ABSENT:
            self.problem((*location, name), "needs a name")
        elif key in members:
            self.problem((*location, name), f"{key!r} is there twice")
        elif item is ABSENT:
            self.problem((*location, name), f"{key!r} has no value")
        else:
            members[key] = item

    def problem(self, location: Location, message: str) -> None:
        self.problems.append(FieldProblem(location=location, message=message))

    def rest(self, name: str, location: Location) -> dict[str, Any]:
        text = self.submitted.text(name)
        if not text:
            return {}
        try:
            return read_json_object(text)
        except InvalidRecordError as error:
            self.problem(location, f"what goes along unseen can't be read: {error}")
            return {}

    def shows(self, member: Node, name: str, value: object) -> bool:
        """Tell whether the inputs of a part still show what they showed for a value.

        Raises InvalidRequestError for a value with more rows than a form has.
        """
        shown = Submitted.checked(_node_pairs(member, name, value))
        untouched = _Reader(shown).node(member, name, ())
        now = _Reader(self.submitted).node(member, name, ())
        return _same(untouched, now)


def _names(group: Group) -> frozenset[str]:
    return frozenset(member.name for member in group.members)
