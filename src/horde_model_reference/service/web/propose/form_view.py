"""A form as templates draw it: ready values and nothing to decide."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from horde_model_reference.service.web.labels import baseline_label
from horde_model_reference.service.web.propose.form_fields import KEY, Field, Group, InputKind, Node, Rows
from horde_model_reference.service.web.propose.form_layout import MINOR_NAMES, Section, sections_of
from horde_model_reference.service.web.propose.form_values import REST
from horde_model_reference.service.web.propose.submitted import Submitted
from horde_model_reference.service.web.text_filters import in_sentence

_PERMISSIONS: Final = {"allowed_with_conditions": "allowed, with conditions"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownValues:
    """Values that a registry knows; by the name of the input, with ``*`` for the number of a row."""

    closed: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Only one of these will do."""
    open: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Usual values; others are fine."""
    begun: frozenset[str] = frozenset()
    """Lists that begin with one empty entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What there is to say about inputs, by their name."""

    errors: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Of groups, too."""
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """What is odd, but not wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of the values to choose from."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One input, or a few boxes to tick."""

    name: str
    """Also the id."""
    label: str
    help: str
    kind: str
    text: str
    options: tuple[Option, ...]
    suggestions: str
    """Id of the list of usual values; empty for none."""
    errors: tuple[str, ...]
    remarks: tuple[str, ...]
    is_required: bool
    is_fixed: bool
    shape: Literal["field"] = "field"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Inputs that belong together."""

    name: str
    label: str
    help: str
    errors: tuple[str, ...]
    members: tuple["View", ...]
    minor: tuple["View", ...]
    """Folded away."""
    is_open: bool
    """Whether what is folded away holds something, or is wrong."""
    is_small: bool
    """Whether there is but one input besides what is folded away."""
    rest: str
    """What goes along unseen; the inputs of rows carry it with them."""
    shape: Literal["group"] = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One entry of a list."""

    title: str
    key: FieldView | None
    body: GroupView


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsView:
    """Any number of entries."""

    name: str
    label: str
    help: str
    errors: tuple[str, ...]
    rows: tuple[RowView, ...]
    blank: RowView
    """What one more looks like; its number is a mark that the script replaces."""
    mark: str
    shape: Literal["rows"] = "rows"


View: TypeAlias = FieldView | GroupView | RowsView


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A part of the form under a heading of its own."""

    key: str
    title: str
    about: str
    members: tuple[View, ...]
    is_folded: bool
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """A whole form."""

    sections: tuple[SectionView, ...]
    hidden: tuple[tuple[str, str], ...]
    """What goes along unseen, by name."""
    suggestions: Mapping[str, Sequence[str]]
    """Usual values, by the id of their list."""
    labels: Mapping[str, str]
    """What each input or group is called, by its id."""


def view_form(form: Group, submitted: Submitted, *, known: KnownValues, told: Told) -> FormView:
    """Return a form filled in."""
    filled = frozenset(place for name, text in submitted.pairs() if text for place in _around(name))
    wrong = frozenset(place for name in told.errors for place in _around(name))
    viewer = _Viewer(submitted, known, told, filled, wrong)
    sections = tuple(viewer.section(section) for section in sections_of(form))
    hidden = [(name, submitted.text(name)) for name in (REST, f"config.{REST}")]
    return FormView(
        sections=sections,
        hidden=tuple(pair for pair in hidden if pair[1]),
        suggestions={f"known-{name}": values for name, values in known.open.items()},
        labels=viewer.labels,
    )


@dataclass(frozen=True, slots=True)
class _Viewer:
    submitted: Submitted
    known: KnownValues
    told: Told
    filled: frozenset[str]
    """Inputs and groups that hold something."""
    wrong: frozenset[str]
    labels: dict[str, str] = field(default_factory=dict[str, str])

    def section(self, section: Section) -> SectionView:
        names = [name for name, _ in section.members]
        return SectionView(
            key=section.key,
            title=section.title,
            about=section.about,
            members=tuple(self.node(node, name, name, depth=0) for name, node in section.members),
            is_folded=section.is_folded,
            is_open=not self.wrong.isdisjoint(names),
        )

    def node(self, node: Node, name: str, kind: str, *, depth: int) -> View:
        """``kind`` is the name with ``*`` for the numbers of rows."""
        self.call(name, node.label)
        if isinstance(node, Field):
            return self.field(node, name, kind)
        if isinstance(node, Group):
            return self.group(node, name, kind, depth=depth)
        return self.rows(node, name, kind, depth=depth)

    def call(self, name: str, label: str) -> None:
        """Note what a part is called, with what it is in where that is an entry or a case."""
        around = self.labels.get(name.rpartition(".")[0], "")
        self.labels[name] = f"{around}, {in_sentence(label)}" if around else label

    def field(self, node: Field, name: str, kind: str) -> FieldView:
        texts = self.submitted.texts(name)
        text = texts[-1] if texts else ""
        closed = self.known.closed.get(kind, node.choices)
        kind_of_input = InputKind.choice if closed and node.kind is InputKind.text else node.kind
        return FieldView(
            name=name,
            label=node.label,
            help=node.help,
            kind=kind_of_input.value,
            text=text,
            options=_options(node, kind_of_input, closed, texts),
            suggestions=f"known-{kind}" if kind in self.known.open else "",
            errors=tuple(self.told.errors.get(name, ())),
            remarks=tuple(self.told.remarks.get(name, ())),
            is_required=node.is_required,
            is_fixed=node.is_fixed,
        )

    def group(self, node: Group, name: str, kind: str, *, depth: int) -> GroupView:
        # Nothing in it is needed where it may be left empty as a whole; entries of lists have no name.
        is_optional = bool(node.name) and not node.is_required

        def view(member: Node) -> View:
            if is_optional and isinstance(member, Field):
                member = replace(member, is_required=False)
            return self.node(member, f"{name}.{member.name}", f"{kind}.{member.name}", depth=depth)

        minor = [member for member in node.members if member.name in MINOR_NAMES]
        minor_names = [f"{name}.{member.name}" for member in minor]
        major = [member for member in node.members if member.name not in MINOR_NAMES]
        return GroupView(
            name=name,
            label=node.label,
            help=node.help,
            errors=tuple(self.told.errors.get(name, ())),
            members=tuple(map(view, major)),
            is_small=len(major) == 1,
            minor=tuple(map(view, minor)),
            is_open=not (self.filled.isdisjoint(minor_names) and self.wrong.isdisjoint(minor_names)),
            rest=self.submitted.text(f"{name}.{REST}"),
        )

    def rows(self, node: Rows, name: str, kind: str, *, depth: int) -> RowsView:
        mark = f"__{depth}__"

        def row(number: str, title: str) -> RowView:
            place = f"{name}.{number}"
            self.labels[place] = title
            if node.key is not None:
                self.call(f"{place}.{KEY}", node.key.label)
            key = None if node.key is None else self.field(node.key, f"{place}.{KEY}", f"{kind}.*.{KEY}")
            return RowView(
                title=title, key=key, body=self.group(node.item, place, f"{kind}.*", depth=depth + 1)
            )

        numbers = self.submitted.rows(name) or ([0] if kind in self.known.begun else [])
        return RowsView(
            name=name,
            label=node.label,
            help=node.help,
            errors=tuple(self.told.errors.get(name, ())),
            rows=tuple(
                row(str(number), f"{node.item.label} {place}") for place, number in enumerate(numbers, 1)
            ),
            blank=row(mark, node.item.label),
            mark=mark,
        )


def _around(name: str) -> Iterator[str]:
    """Return a name and those of all groups that it is in."""
    yield name
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _options(
    node: Field, kind: InputKind, values: Sequence[str], chosen: Sequence[str]
) -> tuple[Option, ...]:
    open_choice = "Choose …" if node.is_required else "Not said"
    called = baseline_label if node.name == "baseline" else _label
    make: dict[InputKind, Callable[[], dict[str, str]]] = {
        InputKind.yes_no: lambda: {"": open_choice, "yes": "Yes", "no": "No"},
        InputKind.choice: lambda: {"": open_choice} | {value: called(value) for value in values},
        InputKind.choices: lambda: {value: called(value) for value in values},
    }
    if kind not in make:
        return ()
    labels = make[kind]()
    labels |= {value: value for value in chosen if value not in labels}  # unknown, but not to be lost
    return tuple(
        Option(value=value, label=label, is_chosen=value in (chosen or [""]))
        for value, label in labels.items()
    )


def _label(value: str) -> str:
    return _PERMISSIONS.get(value, value.replace("_", " "))
