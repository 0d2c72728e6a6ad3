"""What a form asks for, made from the record types, so that no field can be forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, HttpUrl
from pydantic.fields import FieldInfo

from horde_model_reference.domain.record_parts import GenericModelRecordMetadata
from horde_model_reference.domain.record_types import get_record_type_for_category
from horde_model_reference.service.web.propose.form_texts import field_text

NOT_ASKED: Final = frozenset({"guidance"})
"""Fields of records that are worked out on reads and never stored, so nobody can propose them."""

_URL_NAMES: Final = frozenset({"file_url", "homepage", "url"})
_LONG_TEXT_NAMES: Final = frozenset({"description", "notes"})


class InputKind(StrEnum):
    """How one value is asked for."""

    text = "text"
    long_text = "long_text"
    url = "url"
    number = "number"
    date = "date"
    yes_no = "yes_no"
    choice = "choice"
    choices = "choices"
    """Any of a few values."""
    lines = "lines"
    """A list of texts, one a line."""
    setting = "setting"
    """A number, a truth value, a word, or a list of these, as JSON where a plain word won't do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value."""

    name: str
    """The key in the document, of the object that the field belongs to."""
    label: str
    help: str
    kind: InputKind
    is_required: bool = False
    is_fixed: bool = False
    """Shown and sent along, but not for editing."""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An object with fields of its own; it is there as soon as one of them is filled in."""

    name: str
    label: str
    help: str
    members: tuple["Node", ...]
    is_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Any number of objects of one kind."""

    name: str
    label: str
    help: str
    item: Group
    key: Field | None = None
    """Asks for the key of each object; None: they form a list."""
    holds_values: bool = False
    """Whether a key leads to the one value in ``item``, and not to an object."""
    is_required: bool = False


Node: TypeAlias = Field | Group | Rows

KEY: Final = "_key"
"""Name of the input for the key of an entry."""
VALUE: Final = "value"
"""Name of the input for an entry that is one value."""


def form_of(category: str) -> Group:
    """Return what the form for records of a category asks for, in the order of the record type."""
    return _group("", get_record_type_for_category(category))


def _members(owner: type[BaseModel]) -> Iterator[Node]:
    for name, info in owner.model_fields.items():
        if name not in NOT_ASKED:
            yield _node(owner, info.alias or name, info)


def _node(owner: type[BaseModel], name: str, info: FieldInfo) -> Node:
    text = field_text(owner, name)
    node = _of_annotation(owner, name, _plain(info.annotation))
    node = replace(node, label=text.label, help=text.help, is_required=info.is_required())
    if isinstance(node, Field) and (name == "record_type" or owner is GenericModelRecordMetadata):
        node = replace(node, is_fixed=True)
    if isinstance(node, Rows):
        node = replace(node, item=replace(node.item, label=text.item or text.key_label))
        if node.key is not None:
            node = replace(node, key=replace(node.key, label=text.key_label, help=text.key_help))
    return node


def _plain(annotation: Any) -> Any:
    """Take away what says that a value may be missing, and what is only checked later."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin in (Union, UnionType):
        present = [part for part in get_args(annotation) if part is not NoneType]
        return _plain(present[0]) if len(present) == 1 else annotation
    return annotation


def _of_annotation(owner: type[BaseModel], name: str, annotation: Any) -> Node:
    origin, inner = get_origin(annotation), [_plain(part) for part in get_args(annotation)]
    if origin is list:
        return _of_list(name, inner[0])
    if origin is dict:
        return _of_mapping(owner, name, inner[0], inner[1])
    if _is_part(annotation):
        return _group(name, annotation)
    return _field(name, annotation)


def _of_list(name: str, item: Any) -> Node:
    if _is_part(item):
        return Rows(name=name, label="", help="", item=_group("", item))
    if _is_choice(item):
        return replace(_empty(name, InputKind.choices), choices=_values(item))
    return _empty(name, InputKind.lines)


def _of_mapping(owner: type[BaseModel], name: str, key: Any, value: Any) -> Node:
    if _is_choice(key):
        cases = tuple(_case(owner, name, case, value) for case in _values(key))
        return Group(name=name, label="", help="", members=cases)
    asked = _empty(KEY, InputKind.text)
    if _is_part(value):
        return Rows(name=name, label="", help="", item=_group("", value), key=asked)
    kind = InputKind.text if value is str else InputKind.setting
    text = field_text(owner, f"{name}.*")
    member = replace(_empty(VALUE, kind), label=text.label, help=text.help)
    item = Group(name="", label="", help="", members=(member,))
    return Rows(name=name, label="", help="", item=item, key=asked, holds_values=True)


def _case(owner: type[BaseModel], name: str, case: str, value: type[BaseModel]) -> Group:
    text = field_text(owner, f"{name}.{case}")
    return replace(_group(case, value), label=text.label, help=text.help)


def _group(name: str, part: type[BaseModel]) -> Group:
    return Group(name=name, label="", help="", members=tuple(_members(part)))


def _field(name: str, annotation: Any) -> Field:
    if _is_choice(annotation):
        return replace(_empty(name, InputKind.choice), choices=_values(annotation))
    by_type = {bool: InputKind.yes_no, int: InputKind.number, date: InputKind.date, HttpUrl: InputKind.url}
    if annotation in by_type:
        return _empty(name, by_type[annotation])
    if name in _URL_NAMES:
        return _empty(name, InputKind.url)
    return _empty(name, InputKind.long_text if name in _LONG_TEXT_NAMES else InputKind.text)


def _empty(name: str, kind: InputKind) -> Field:
    return Field(name=name, label="", help="", kind=kind)


def _is_part(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_choice(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Enum)


def _values(choice: type[Enum]) -> tuple[str, ...]:
    return tuple(str(member.value) for member in choice)
