"""What the pages about proposals show around their forms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal

from horde_model_reference.domain.errors import FieldProblem
from horde_model_reference.review.effects import Effects
from horde_model_reference.service.web.part_models import DifferencePart
from horde_model_reference.service.web.propose.composer import ComposerView
from horde_model_reference.service.web.propose.form_values import Reading

_MESSAGES: Final[Mapping[str, str]] = {
    "missing": "is needed",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_parsing": "must be yes or no",
    "url_parsing": "must be an address that begins with https:// or http://",
    "url_scheme": "must be an address that begins with https:// or http://",
    "date_from_datetime_parsing": "must be a day, such as 2026-11-26",
    "string_too_short": "is needed",
}
"""Friendlier words for what the record types find, by kind of problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A frame with a few sentences."""

    kind: Literal["good", "info", "warn", "bad"]
    title: str
    texts: tuple[str, ...] = ()
    change_ids: tuple[int, ...] = ()
    """The open changes that title and texts speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLink:
    """One line of the summary of errors."""

    name: str
    """Id of the input or group; empty for none."""
    label: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What there is to say about a form at one moment."""

    errors: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """By the name of their input or group."""
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """What is odd, but not wrong; by the name of their input."""
    notices: tuple[Notice, ...] = ()
    has_moved: bool = False
    """Whether the record is another than the one that the form was filled from."""
    told: tuple[str, ...] = ()
    """What the addresses of files told."""
    pasted_error: str = ""
    is_fresh: bool = False
    """Whether the form shows what it began with, so that a draft may take its place."""

    @property
    def status(self) -> HTTPStatus:
        """Return the status of a page with the form."""
        if self.has_moved:
            return HTTPStatus.CONFLICT
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.errors or self.pasted_error else HTTPStatus.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """What surrounds the form of a record."""

    title: str
    about: str
    category: str
    category_title: str
    record: str
    """Key of the record that is edited; empty for a new one."""
    path: str
    """Where the form is sent to."""
    hidden: tuple[tuple[str, str], ...]
    came_from: str
    max_bytes: int
    """How much can be sent at once."""
    around: Around
    notices: tuple[Notice, ...]
    errors: tuple[ErrorLink, ...]
    pasted: str
    composer: ComposerView | None
    can_ask: bool
    """Whether addresses of files can be asked for sums and sizes."""

    @property
    def errors_title(self) -> str:
        """Return the heading of the summary."""
        return (
            "One thing is not right yet"
            if len(self.errors) == 1
            else f"{len(self.errors)} things are not right yet"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPage:
    """What a proposal would change."""

    title: str
    about: str
    path: str
    """Where the form is sent to."""
    can_be_sent: bool
    """Whether anything would change."""
    hidden: tuple[tuple[str, str], ...]
    came_from: str
    part: DifferencePart
    """As much of the difference as the page shows."""
    notices: tuple[Notice, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionPage:
    """What surrounds the question why a record should go."""

    name: str
    category: str
    about: str
    effects: Effects
    has_live_data: bool
    """Whether the AI-Horde counts the work of models of the category."""
    path: str
    hidden: tuple[tuple[str, str], ...]
    notices: tuple[Notice, ...]
    note: str
    note_error: str


def message_of(problem: FieldProblem) -> str:
    """Return what is wrong in a few words for people."""
    return _MESSAGES.get(problem.kind, problem.message)


def errors_by_name(problems: Iterable[FieldProblem], reading: Reading) -> dict[str, list[str]]:
    """Return the messages by the input or group that they belong to; under the empty name those of none."""
    errors: dict[str, list[str]] = {}
    for problem in problems:
        errors.setdefault(reading.place_of(problem.location), []).append(message_of(problem))
    return errors


def error_links(errors: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> tuple[ErrorLink, ...]:
    """Return the summary of errors, in the order of the form."""
    order = {name: place for place, name in enumerate(labels)}
    names = sorted(errors, key=lambda name: order.get(name, -1))
    return tuple(
        ErrorLink(name=name if name in labels else "", label=labels.get(name, ""), message=message)
        for name in names
        for message in errors[name]
    )
