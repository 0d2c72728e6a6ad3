"""What checks are about, and what they come to."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document, Operation

Snapshots = Callable[[Category], CategorySnapshot | None]
"""Gives the records of a category as readers see them."""


class Outcome(StrEnum):
    """What a check came to."""

    good = "good"
    note = "note"
    """Nothing wrong in itself, but worth a look."""
    problem = "problem"
    unknown = "unknown"
    """Not looked at yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question about a proposal, with its answer."""

    subject: str
    """A word or two: what was looked at."""
    outcome: Outcome
    text: str
    """One sentence."""
    about: str | None = None
    """Which file or field, where there may be several."""
    change_ids: tuple[int, ...] = ()
    """The other open changes that the text speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The record that a change proposes, as checks read it."""

    category: Category
    name: str
    operation: Operation
    document: Document | None
    """In the form of v2; None for a deletion."""
    change_id: int | None = None
    """The change itself; None: it was not sent yet."""
    trouble: str | None = None
    """Why the payload can't be read as a record; None: it can."""
