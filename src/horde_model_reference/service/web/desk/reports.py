"""What pages say about the step that led to them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.changes import Change, ChangeStatus
from horde_model_reference.domain.errors import ChangeNotFoundError
from horde_model_reference.review.steps import find_change
from horde_model_reference.service.web.desk.addresses import AfterStep
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

_DONE: Final[Mapping[str, str]] = {
    "approved": "Approved. It waits to be applied.",
    "rejected": "Rejected.",
    "applied": "Applied: readers see it now.",
    "withdrawn": "Withdrawn.",
    "unapproved": "The approval is taken back; the change is pending again.",
    "rebased": "Made anew from the record as it stands.",
    "unchanged": "The record has not moved on; there was nothing to do.",
    "commented": "Your comment is there.",
    "proposed": "Proposed. Somebody else has to approve it.",
}
_DONE_TO_SEVERAL: Final[Mapping[str, str]] = {
    "approved": "{} changes approved. They wait to be applied.",
    "rejected": "{} changes rejected.",
    "applied": "{} changes applied: readers see them now.",
}
_STATUS_AFTER: Final[Mapping[str, frozenset[ChangeStatus]]] = {
    "approved": frozenset({ChangeStatus.approved, ChangeStatus.applied}),
    "rejected": frozenset({ChangeStatus.rejected}),
    "applied": frozenset({ChangeStatus.applied}),
    "withdrawn": frozenset({ChangeStatus.withdrawn}),
    "unapproved": frozenset({ChangeStatus.pending}),
}
"""How a change stands after a step; an address that claims one for a change that does not is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was done, and to what."""

    text: str
    changes: tuple[Change, ...]
    """As they are now."""
    may_undo: bool
    """Whether it is one approval that the visitor can take back."""


def report(view: SqlUnitOfWork, step: AfterStep, actor: Actor, *, here: int | None = None) -> Report | None:
    """Return what to say of the step in an address; None where there is nothing to say.

    ``here`` is the change of the page, which the step was taken with unless it names others.
    """
    if step.done not in _DONE:
        return None
    numbers = step.of or ([] if here is None else [here])
    believed = _STATUS_AFTER.get(step.done, frozenset(ChangeStatus))
    changes = tuple(change for change in _found(view, numbers) if change.status in believed)
    if not changes:
        return None
    several = _DONE_TO_SEVERAL.get(step.done) if len(changes) > 1 else None
    return Report(
        text=_DONE[step.done] if several is None else several.format(len(changes)),
        changes=changes,
        may_undo=step.done == "approved"
        and actor.has(Role.approver)
        and [change.status for change in changes] == [ChangeStatus.approved],
    )


def _found(view: SqlUnitOfWork, numbers: Iterable[int]) -> Iterator[Change]:
    for number in dict.fromkeys(numbers):
        try:
            yield find_change(view, number)
        except ChangeNotFoundError:
            continue
