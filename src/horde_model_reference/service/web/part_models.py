"""What pages show of differences, a part at a time."""

from dataclasses import dataclass
from typing import Final

from horde_model_reference.service.web.differences import Difference, FieldRow
from horde_model_reference.service.web.line_differences import Line
from horde_model_reference.service.web.text_filters import shortened

MOST_NAME: Final = 300
"""Characters of what a field or a difference is called."""
_MOST_FIELDS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRow:
    """A field as far as it is in a part."""

    row: FieldRow
    lines: tuple[Line, ...]
    is_critical: bool
    """Whether an update changes something in it that needs special care."""
    is_continued: bool = False
    """Whether it begins in a part before."""
    goes_on: bool = False

    @property
    def path(self) -> str:
        """Return what it is called, shortened."""
        return shortened(self.row.path, MOST_NAME)

    @property
    def old_lines(self) -> tuple[Line, ...]:
        """Return the lines of the side before."""
        return tuple(line for line in self.lines if line.sign != "+")

    @property
    def new_lines(self) -> tuple[Line, ...]:
        """Return the lines of the side after."""
        return tuple(line for line in self.lines if line.sign != "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDifference:
    """What a part holds of a difference."""

    whole: Difference
    rows: tuple[ShownRow, ...]
    fillers: tuple[ShownRow, ...]

    @property
    def title(self) -> str:
        """Return what it is called, shortened; empty where a change is about one thing."""
        return shortened(self.whole.title or "", MOST_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldElsewhere:
    """A field with lines that are in other parts."""

    title: str | None
    """Of the difference, where there are several."""
    field: str
    lines: int
    part: int
    """The first part that holds some of these lines."""
    is_critical: bool
    """Whether an update changes something in it that needs special care."""
    is_filler: bool
    """Whether all of it is bookkeeping and defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferencePart:
    """One part of what differs."""

    number: int
    count: int
    """How many parts there are."""
    first_line: int
    last_line: int
    line_count: int
    """Lines in all parts; a difference without any counts as one, since pages say so."""
    shown: tuple[tuple[int, ShownDifference], ...]
    """Each with its place among all differences."""
    elsewhere: tuple[FieldElsewhere, ...]
    """The fields that are not wholly here, critical ones first, fillers last."""
    alike_elsewhere: tuple[int, ...]
    """For each thing that is not here, and in which nothing differs, the part that says so."""

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is in another part."""
        return self.count == 1

    @property
    def named_elsewhere(self) -> tuple[FieldElsewhere, ...]:
        """Return as many of the fields elsewhere as can be named in a few lines, but no fillers."""
        return tuple(field for field in self.elsewhere if not field.is_filler)[:_MOST_FIELDS]

    @property
    def fillers_elsewhere(self) -> tuple[FieldElsewhere, ...]:
        """Return those that are bookkeeping and defaults."""
        return tuple(field for field in self.elsewhere if field.is_filler)

    @property
    def critical_elsewhere(self) -> int:
        """Return how many critical fields are not wholly here."""
        return sum(field.is_critical for field in self.elsewhere)
