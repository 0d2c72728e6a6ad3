"""What the page of a change compares: two states of a record, or three where it has moved on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from horde_model_reference.domain.changes import ChangeStatus, Operation, ResourceKind
from horde_model_reference.domain.diff import ChangeDiff
from horde_model_reference.review.shapers import record_in_form
from horde_model_reference.service.web.differences import (
    Difference,
    difference_between,
    differences_of,
)
from horde_model_reference.service.web.part_models import DifferencePart, ShownDifference
from horde_model_reference.store.unit_of_work import SqlUnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Differences under one heading."""

    heading: str
    differences: tuple[Difference, ...]
    before: str = "Now"
    """What the state on the left is called."""
    after: str = "Proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownComparison:
    """What a part holds of a comparison."""

    whole: Comparison
    differences: tuple[ShownDifference, ...]


def shown_in(part: DifferencePart, comparisons: Iterable[Comparison]) -> Iterator[ShownComparison]:
    """Yield the comparisons as far as a part of all their differences holds them."""
    first = 0
    for comparison in comparisons:
        places = range(first, first + len(comparison.differences))
        found = tuple(shown for place, shown in part.shown if place in places)
        if found or not places:
            yield ShownComparison(whole=comparison, differences=found)
        first = places.stop


_HEADINGS = {Operation.create: "The new record", Operation.delete: "What would go"}


def comparisons_of(view: SqlUnitOfWork, found: ChangeDiff) -> tuple[Comparison, ...]:
    """Return what to compare; where the record has moved on, what the proposer meant and what others did."""
    change = found.change
    is_record = change.resource_kind is ResourceKind.model_reference
    if found.conflict and is_record and change.base_serial is not None:
        return _meant_and_met(view, found, change.base_serial)
    is_done = change.status is ChangeStatus.applied
    heading = _HEADINGS.get(change.operation, "Difference") if is_record else "Difference"
    return (
        Comparison(
            heading="What went" if is_done and change.operation is Operation.delete else heading,
            differences=tuple(differences_of(found)),
            before="Before" if is_done else "Now",
            after="After" if is_done else "Proposed",
        ),
    )


def _meant_and_met(view: SqlUnitOfWork, found: ChangeDiff, base_serial: int) -> tuple[Comparison, ...]:
    change = found.change
    version = view.records.version(base_serial)
    base = None if version is None else record_in_form(change.category, version, change.form)
    meant = difference_between(change.category, base, found.proposed_state, form=change.form)
    met = difference_between(change.category, base, found.current_state, form=change.form)
    return (
        Comparison(heading="What the proposal changes", differences=(meant,), before="Then"),
        Comparison(heading="What others changed meanwhile", differences=(met,), before="Then", after="Now"),
    )
