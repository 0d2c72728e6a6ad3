"""What the steps but applying do on any store: a test class to subclass with a fixture for units of work."""

from dataclasses import replace
from typing import Any

import pytest
from review_contract import APPROVER, REQUESTOR, UowFactory
from review_desk import BOTH, STRANGER, Desk, WithDesk, ids

from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.changes import (
    ChangeFilter,
    ChangeStatus,
    InvalidRequestError,
    Operation,
    RecordForm,
    RecordTooLargeError,
)
from horde_model_reference.domain.errors import (
    ChangeNotFoundError,
    InvalidRecordError,
    InvalidTransitionError,
    NotPermittedError,
    RecordExistsError,
    RevisionConflictError,
)
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.shapers import SHAPERS
from horde_model_reference.review.steps import check_proposal


class ReviewStepsContract(WithDesk):
    """Subclass it as ``Test…`` with a fixture ``new_uow`` that returns a `UowFactory`."""

    def test_a_proposal_waits_and_changes_nothing(self, desk: Desk) -> None:
        change = desk.propose(description="hi")

        assert desk.change(1) == change
        assert (change.change_id, change.status, change.base_serial) == (1, ChangeStatus.pending, None)
        assert (change.requested_by, change.requested_username) == ("1001", "Req#1001")
        assert desk.record("New") is None
        assert desk.serial() == 3

    def test_a_proposal_is_told_as_recorded(self, desk: Desk) -> None:
        desk.propose("UpA", Operation.delete)

        (event,) = desk.events()
        assert (event["event_id"], event["category"], event["model_name"]) == (1, "pending_queue", "1")
        assert event["payload"] == {
            "after": {
                "change_id": 1,
                "operation": "delete",
                "category": "esrgan",
                "action": "enqueue",
                "model": "UpA",
            }
        }

    def test_a_refused_proposal_leaves_nothing(self, desk: Desk) -> None:
        with pytest.raises(RecordExistsError):
            desk.propose("UpA")

        assert desk.changes() == []
        assert desk.events() == []
        assert desk.propose().change_id == 1

    def test_only_requestors_propose(self, desk: Desk) -> None:
        with pytest.raises(NotPermittedError):
            desk.propose(by=STRANGER)

    def test_only_requestors_learn_what_would_become_of_a_proposal(self, desk: Desk) -> None:
        proposal = Proposal(category="esrgan", model_name="UpA", operation=Operation.delete)

        check_proposal(desk.uow, proposal, actor=REQUESTOR, rules=desk.rules)
        with pytest.raises(NotPermittedError):
            check_proposal(desk.uow, proposal, actor=STRANGER, rules=desk.rules)

        assert desk.changes() == []

    def test_a_change_set_may_be_as_large_as_a_record(self, new_uow: UowFactory) -> None:
        desk = Desk(new_uow, ReviewRules(max_record_bytes=300))
        desk.propose_baselines({"name": "x" * 200})

        with pytest.raises(RecordTooLargeError):
            desk.propose_baselines({"name": "x" * 300})

    def test_nobody_approves_their_own_change(self, desk: Desk) -> None:
        desk.deletions("UpA")
        desk.deletions("UpB", by=BOTH)

        with pytest.raises(NotPermittedError):
            desk.decide(approve=[1, 2], by=BOTH)

        assert {change.status for change in desk.changes()} == {ChangeStatus.pending}

    def test_a_deployment_may_let_people_approve_and_apply_their_own_changes(
        self, new_uow: UowFactory
    ) -> None:
        desk = Desk(new_uow, ReviewRules(allow_self_approval=True))
        desk.propose(by=BOTH)
        desk.decide(approve=[1], by=BOTH)

        assert desk.apply(1, by=BOTH).applied[0].status is ChangeStatus.applied

    def test_people_may_reject_their_own_change(self, desk: Desk) -> None:
        desk.deletions("UpA", by=BOTH)

        decided = desk.decide(reject=[1], reason=" changed my mind ", by=BOTH)

        assert (decided.batch_id, decided.approved) == (None, ())
        assert decided.rejected[0].reject_reason == "changed my mind"

    @pytest.mark.parametrize("by", [REQUESTOR, STRANGER])
    def test_only_approvers_decide_unapprove_apply_and_purge(self, desk: Desk, by: Actor) -> None:
        desk.approved("UpA")

        for attempt in (
            lambda: desk.decide(reject=[1], by=by),
            lambda: desk.unapprove(1, by=by),
            lambda: desk.apply(1, by=by),
            lambda: desk.apply_many(1, by=by),
            lambda: desk.apply_batch(1, by=by),
            lambda: desk.purge(ChangeFilter(), by=by),
        ):
            with pytest.raises(NotPermittedError):
                attempt()

    def test_rejected_changes_join_the_batch_when_something_is_approved(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB")

        decided = desk.decide(approve=[1], reject=[2], title="mix")

        assert (ids(decided.approved), ids(decided.rejected)) == ([1], [2])
        assert (decided.batch_id, decided.rejected[0].batch_id) == (1, 1)
        assert desk.events()[-1]["payload"]["after"] == {
            "change_id": 2,
            "batch_id": 1,
            "batch_title": "mix",
            "reason": "no",
            "action": "reject",
        }

    @pytest.mark.parametrize(
        "request_",
        [
            {},
            {"approve": [0, -1]},
            {"approve": [1], "reject": [1]},
            {"reject": [1], "reason": None},
            {"reject": [1], "reason": "  "},
            {"reject": [1], "reason": "x" * 501},
            {"approve": [1], "title": " "},
            {"approve": [1], "title": "x" * 121},
            {"approve": [1], "title": "\ud800"},
        ],
    )
    def test_a_decision_that_makes_no_sense_is_refused(self, desk: Desk, request_: dict[str, Any]) -> None:
        desk.deletions("UpA")

        with pytest.raises(InvalidRequestError):
            desk.decide(**request_)

    @pytest.mark.parametrize("verb", ["approve", "reject"])
    def test_a_change_that_was_made_anew_since_somebody_looked_is_not_decided_on(
        self, desk: Desk, verb: str
    ) -> None:
        seen = {1: desk.propose(description="harmless").fingerprint}
        desk.rebase(1, payload={"name": "New", "description": "harmful"})

        decision: dict[str, Any] = {verb: [1]}
        with pytest.raises(RevisionConflictError, match="made anew"):
            desk.decide(**decision, seen=seen)
        assert desk.change(1).status is ChangeStatus.pending

        desk.decide(**decision, seen={1: desk.change(1).fingerprint})
        assert desk.change(1).status is not ChangeStatus.pending

    def test_what_is_said_of_a_change_makes_it_no_other(self, desk: Desk) -> None:
        seen = {1: desk.propose(description="one").fingerprint}
        desk.comment(1, "Please look at it.")

        desk.decide(approve=[1], seen=seen)

        assert desk.change(1).status is ChangeStatus.approved

    @pytest.mark.parametrize("other", [99, 2, 2**63, 10**30])
    def test_a_decision_is_taken_about_all_changes_or_none(self, desk: Desk, other: int) -> None:
        desk.deletions("UpA", "UpB", "UpC")
        desk.decide(reject=[2])

        with pytest.raises(InvalidTransitionError, match=str(other)):
            desk.decide(approve=[1, other])

        assert desk.change(1).status is ChangeStatus.pending
        assert desk.decide(approve=[3]).batch_id == 1

    @pytest.mark.parametrize("other", [99, 2, 2**63])
    def test_what_is_not_pending_can_not_be_rejected(self, desk: Desk, other: int) -> None:
        desk.approved("UpA", "UpB")
        desk.deletions("UpC")

        with pytest.raises(InvalidTransitionError, match=f"Change {other} .*nothing was decided"):
            desk.decide(reject=[3, other])

        assert desk.change(3).status is ChangeStatus.pending

    def test_the_ids_of_a_decision_are_sorted_and_each_counts_once(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB")

        assert ids(desk.decide(approve=[2, 1, 2, 0]).approved) == [1, 2]

    def test_later_approvals_join_the_open_batch(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB")
        desk.decide(approve=[1], title="one")

        decided = desk.decide(approve=[2], title="two")

        assert decided.batch_id == 1
        assert [change.batch_title for change in desk.changes()] == ["one", "two"]

    @pytest.mark.parametrize("change_id", [0, -1, 2, 2**63, 10**30])
    def test_a_change_that_is_not_there_is_not_found(self, desk: Desk, change_id: int) -> None:
        desk.deletions("UpA")

        for attempt in (desk.apply, desk.withdraw, desk.unapprove, desk.rebase):
            with pytest.raises(ChangeNotFoundError):
                attempt(change_id)

    def test_a_conflict_is_rebased_by_its_proposer_and_reviewed_again(self, desk: Desk) -> None:
        desk.propose("UpA", Operation.update, description="seed", style="x")
        desk.propose("UpA", Operation.update, description="two")
        desk.decide(approve=[1, 2])
        desk.apply(1)

        rebased = desk.rebase(2)

        assert (rebased.status, rebased.approved_by, rebased.batch_id) == (ChangeStatus.pending, None, None)
        assert rebased.base_serial == 4
        desk.decide(approve=[2])
        desk.apply(2)
        record = desk.record("UpA") or {}
        assert (record["description"], record["style"]) == ("two", "x")

    def test_a_rebase_leaves_alone_what_the_change_never_touched(self, desk: Desk) -> None:
        desk.propose("UpA", Operation.update, description="theirs", version="1")
        desk.propose("UpA", Operation.update, description="seed", style="mine")
        desk.decide(approve=[1])
        desk.apply(1)

        payload = desk.rebase(2).payload or {}

        assert (payload["description"], payload["version"], payload["style"]) == ("theirs", "1", "mine")

    def test_a_rebase_takes_another_record_also_where_nothing_moved(self, desk: Desk) -> None:
        desk.propose("UpA", Operation.update, description="one")
        desk.decide(approve=[1])

        rebased = desk.rebase(1, payload={"name": "UpA", "description": "two"})

        assert rebased.status is ChangeStatus.pending
        assert (rebased.payload or {})["description"] == "two"
        assert desk.change(1) == rebased

    def test_a_rebased_change_keeps_its_form(self, new_uow: UowFactory) -> None:
        desk = Desk(new_uow, ReviewRules(shapers=SHAPERS))
        record = {"name": "UpA", "config": {"files": [], "download": []}}
        desk.seed_record("UpA", {"name": "UpA", "config": {"download": []}}, record)
        desk.propose_legacy("UpA", {**record, "description": "one"})
        desk.propose_legacy("UpA", {**record, "version": "2"})
        desk.decide(approve=[1])
        desk.apply(1)

        rebased = desk.rebase(2)

        assert rebased.form is RecordForm.legacy
        assert {**record, "description": "one", "version": "2"} == rebased.payload

    def test_a_rebase_goes_by_the_licences_that_there_are_by_now(self, new_uow: UowFactory) -> None:
        desk = Desk(new_uow, ReviewRules(follows_catalogs=True))
        licensing = {"license_expression": "MIT", "license_ids": ["MIT"]}
        desk.propose(licensing=licensing)
        desk.propose(licensing=licensing)
        desk.decide_and_apply(approve=[1])
        desk.propose("New", Operation.delete)
        desk.decide_and_apply(approve=[3])
        desk.deprecate_license("MIT")

        with pytest.raises(InvalidRecordError, match="MIT"):
            desk.propose("Newer", licensing=licensing)
        with pytest.raises(InvalidRecordError, match="MIT"):
            desk.rebase(2, payload={"name": "New", "licensing": licensing})

    def test_a_create_is_rebased_to_an_update_where_the_record_exists_by_now(self, desk: Desk) -> None:
        desk.propose(description="one")
        desk.propose(description="two")
        desk.decide(approve=[1, 2])
        desk.apply(1)

        assert desk.rebase(2).operation is Operation.update
        assert desk.rebase(2, payload={"name": "New", "description": "three"}).payload is not None

    def test_an_update_is_rebased_to_a_create_where_the_record_is_gone(self, desk: Desk) -> None:
        desk.propose("UpA", Operation.update, description="new")
        desk.approved("UpA")
        desk.apply(2)

        rebased = desk.rebase(1)

        assert (rebased.operation, rebased.base_serial) == (Operation.create, None)

    def test_a_deletion_of_what_is_gone_can_not_be_rebased(self, desk: Desk) -> None:
        desk.approved("UpA", "UpA")
        desk.apply(1)

        with pytest.raises(RevisionConflictError):
            desk.rebase(2)

    def test_a_rebase_without_need_changes_nothing(self, desk: Desk) -> None:
        desk.approved("UpA")
        before = desk.change(1)

        assert desk.rebase(1) == before
        assert desk.actions() == ["enqueue", "approve"]

    def test_only_the_proposer_rebases_and_withdraws(self, desk: Desk) -> None:
        desk.deletions("UpA")

        for attempt in (desk.rebase, desk.withdraw):
            with pytest.raises(NotPermittedError):
                attempt(1, by=BOTH)

    def test_whoever_may_not_propose_any_more_neither_rebases_nor_withdraws(self, desk: Desk) -> None:
        desk.deletions("UpA")
        off_the_list = replace(REQUESTOR, roles=frozenset())

        for attempt in (desk.rebase, desk.withdraw):
            with pytest.raises(NotPermittedError):
                attempt(1, by=off_the_list)

        assert desk.change(1).status is ChangeStatus.pending

    def test_a_change_is_withdrawn_for_good(self, desk: Desk) -> None:
        desk.approved("UpA")

        assert desk.withdraw(1).status is ChangeStatus.withdrawn
        with pytest.raises(InvalidTransitionError):
            desk.withdraw(1)
        with pytest.raises(InvalidTransitionError):
            desk.rebase(1)

    def test_an_approval_is_taken_back(self, desk: Desk) -> None:
        desk.approved("UpA")

        assert desk.unapprove(1).status is ChangeStatus.pending
        with pytest.raises(InvalidTransitionError):
            desk.unapprove(1)
        assert desk.decide(approve=[1]).batch_id == 2

    def test_people_comment_on_a_change(self, desk: Desk) -> None:
        desk.deletions("UpA")

        desk.comment(1, " why? ", by=APPROVER)
        desk.comment(1, "because")

        assert [(said.user_id, said.text) for said in desk.change(1).comments] == [
            ("2003", "why?"),
            ("1001", "because"),
        ]
        assert desk.actions() == ["enqueue", "comment", "comment"]
        desk.comment(1, "x" * 2000)
        for text in (" ", "x" * 2001):
            with pytest.raises(InvalidRequestError):
                desk.comment(1, text)
        with pytest.raises(NotPermittedError):
            desk.comment(1, "hello", by=STRANGER)

    def test_purged_changes_are_gone_but_their_numbers_are_not_used_again(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB")

        purged = desk.purge(ChangeFilter(model_name="upb"))

        assert purged.removed_change_ids == (2,)
        assert ids(desk.changes()) == [1]
        assert desk.deletions("UpC") == [3]
        purge = next(event for event in desk.events() if event["payload"]["after"]["action"] == "purge")
        assert purge["payload"]["after"] == {
            "change_id": 2,
            "category": "esrgan",
            "model": "UpB",
            "requested_by": "1001",
            "purged_by_username": "Appr#2003",
            "action": "purge",
        }

    def test_changes_of_every_status_are_purged_and_records_stay_as_they_are(self, desk: Desk) -> None:
        desk.propose(description="applied")
        desk.decide_and_apply(approve=[1])
        desk.deletions("UpA", "UpB", "UpC", "New")
        desk.decide(approve=[2], reject=[3])
        desk.withdraw(4)
        statuses = [change.status.value for change in desk.changes()]

        purged = desk.purge(ChangeFilter())

        assert statuses == ["applied", "approved", "rejected", "withdrawn", "pending"]
        assert purged.removed_change_ids == (1, 2, 3, 4, 5)
        assert desk.changes() == []
        assert (desk.record("New") or {})["description"] == "applied"

    def test_a_dry_run_purges_nothing(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB")

        purged = desk.purge(ChangeFilter(), dry_run=True)

        assert (purged.removed_change_ids, purged.dry_run) == ((1, 2), True)
        assert len(desk.changes()) == 2

    def test_numbers_of_batches_are_not_used_again_after_a_purge(self, desk: Desk) -> None:
        desk.approved("UpA")
        desk.purge(ChangeFilter())
        desk.deletions("UpB")

        assert desk.decide(approve=[2]).batch_id == 2

    def test_events_about_the_queue_carry_the_form_of_the_deployment(self, new_uow: UowFactory) -> None:
        desk = Desk(new_uow, ReviewRules(queue_form=RecordForm.legacy))
        desk.propose()

        assert desk.events()[0]["domain"] == "legacy"
