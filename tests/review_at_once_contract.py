"""What approving and applying in one go does on any store: a test class to subclass."""

from typing import Any

import pytest
from review_contract import APPROVER, REQUESTOR
from review_desk import BOTH, Desk, WithDesk

from horde_model_reference.domain.changes import ChangeStatus, InvalidRequestError
from horde_model_reference.domain.errors import (
    InvalidTransitionError,
    NotPermittedError,
    RevisionConflictError,
)


class ApprovingAtOnceContract(WithDesk):
    """To be subclassed with a fixture ``new_uow``."""

    def test_a_pending_change_is_approved_and_applied(self, desk: Desk) -> None:
        desk.propose(description="fresh")

        done = desk.decide_and_apply(approve=[1], title="Round")

        (change,) = done.applied
        assert (change.status, change.approved_by, change.applied_by) == (
            ChangeStatus.applied,
            APPROVER.user_id,
            APPROVER.user_id,
        )
        assert (change.batch_id, change.batch_title) == (1, "Round")
        assert (desk.record("New") or {})["description"] == "fresh"
        assert desk.actions()[-3:] == ["approve", "record", "apply"]

    def test_where_it_can_not_be_applied_it_is_not_approved_either(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpA")
        desk.decide_and_apply(approve=[1])
        before = (desk.serial(), desk.actions())

        with pytest.raises(RevisionConflictError):
            desk.decide_and_apply(approve=[2])

        assert desk.change(2).status is ChangeStatus.pending
        assert (desk.serial(), desk.actions()) == before

    def test_the_batch_that_waits_is_left_alone(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB")
        desk.decide(approve=[1], title="Waiting")

        done = desk.decide_and_apply(approve=[2])

        assert done.split is None
        assert (desk.change(1).batch_id, desk.change(1).batch_title) == (1, "Waiting")
        assert desk.change(2).batch_id == 2
        assert [change.change_id for change in desk.apply_batch(1).applied] == [1]

    def test_nobody_does_it_with_their_own_change(self, desk: Desk) -> None:
        desk.propose(by=BOTH)

        with pytest.raises(NotPermittedError):
            desk.decide_and_apply(approve=[1], by=BOTH)

        assert desk.change(1).status is ChangeStatus.pending

    def test_only_approvers_do_it(self, desk: Desk) -> None:
        desk.propose(by=BOTH)

        with pytest.raises(NotPermittedError):
            desk.decide_and_apply(approve=[1], by=REQUESTOR)

        assert desk.change(1).status is ChangeStatus.pending

    def test_only_what_waits_for_a_decision_can_be_decided(self, desk: Desk) -> None:
        desk.approved("UpA")

        for change_id in (1, 7):
            with pytest.raises(InvalidTransitionError):
                desk.decide_and_apply(approve=[change_id])

        assert desk.record("UpA") is not None

    def test_a_decision_that_makes_no_sense_is_refused(self, desk: Desk) -> None:
        desk.propose()

        decisions: list[dict[str, Any]] = [{"title": " "}, {"approve": []}, {"reject": [1]}]
        for decision in decisions:
            with pytest.raises(InvalidRequestError):
                desk.decide_and_apply(**{"approve": [1]} | decision)

        assert desk.change(1).status is ChangeStatus.pending

    def test_several_are_applied_or_none(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpA", "UpB")

        with pytest.raises(RevisionConflictError):
            desk.decide_and_apply(approve=[1, 2, 3])
        assert {desk.change(change_id).status for change_id in (1, 2, 3)} == {ChangeStatus.pending}
        desk.decide_and_apply(approve=[1, 3], reject=[2])

        assert [desk.change(change_id).status for change_id in (1, 2, 3)] == [
            ChangeStatus.applied,
            ChangeStatus.rejected,
            ChangeStatus.applied,
        ]
        assert (desk.record("UpA"), desk.record("UpB")) == (None, None)
