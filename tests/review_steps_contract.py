"""What the review steps do on any store: a test class to subclass with a fixture for units of work."""

from collections.abc import Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import Any

import pytest
from review_contract import APPROVER, REQUESTOR, UowFactory

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.audit import event_to_json, replay, verify_chain
from horde_model_reference.domain.changes import (
    BatchNotFoundError,
    Change,
    ChangeFilter,
    ChangeStatus,
    Document,
    InvalidRequestError,
    MixedBatchError,
    Operation,
    RecordForm,
    ResourceKind,
)
from horde_model_reference.domain.errors import (
    ChangeNotFoundError,
    InvalidTransitionError,
    NotPermittedError,
    RecordExistsError,
    RevisionConflictError,
)
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review import applying, steps
from horde_model_reference.review.applying import Applied, Selection
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import FailureKind, ResourceWrite, UnitOfWork

BOTH = Actor(user_id="2002", username="Both#2002", roles=frozenset({Role.approver, Role.requestor}))
STRANGER = Actor(user_id="9009", username="Stranger#9009")


class BreakingChangeSets:
    """Change sets that anybody may propose and nobody can apply."""

    catalog = CatalogName.text_guidance
    parts: Mapping[ResourceType, str] = MappingProxyType({ResourceType.guidance_profile: "profiles"})

    def __init__(self) -> None:
        self.was_proposed = False

    def wanted(self, catalog: ResourceCatalog, change_set: Document) -> Sequence[ResourceWrite]:
        return [ResourceWrite(resource_type=ResourceType.guidance_profile, key="a", document=change_set)]

    def check(self, uow: UnitOfWork, change_set: Document) -> None:
        if self.was_proposed:
            raise RuntimeError("broken")
        self.was_proposed = True


class Desk:
    """People at work on one store: the steps with defaults for who, when and by which rules."""

    def __init__(self, new_uow: UowFactory, rules: ReviewRules | None = None) -> None:
        self.uow: UnitOfWork = new_uow()
        self.rules = rules or ReviewRules()
        self._ticks = count(1000)
        self._tokens = count(1)

    def _by(self, actor: Actor) -> dict[str, Any]:
        return {"actor": actor, "now": next(self._ticks), "rules": self.rules}

    def seed(self, *names: str) -> None:
        with self.uow:
            for name in names:
                self.uow.records.write("esrgan", name, {"name": name, "description": "seed"}, None, "seed")
            self.uow.commit()

    def propose(
        self,
        name: str = "New",
        operation: Operation = Operation.create,
        *,
        by: Actor = REQUESTOR,
        **record: Any,
    ) -> Change:
        payload = None if operation is Operation.delete else {"name": name, **record}
        proposal = Proposal(category="esrgan", model_name=name, operation=operation, payload=payload)
        return steps.propose(self.uow, proposal, **self._by(by))

    def propose_baselines(self, *changes: Document, by: Actor = REQUESTOR) -> Change:
        """Propose a change set to the image baselines."""
        proposal = Proposal(
            category="image_generation",
            model_name="baseline:1",
            operation=Operation.update,
            resource_kind=ResourceKind.image_baseline,
            payload={"title": "t", "changes": list(changes)},
        )
        return steps.propose(self.uow, proposal, **self._by(by))

    def deletions(self, *names: str, by: Actor = REQUESTOR) -> list[int]:
        return [self.propose(name, Operation.delete, by=by).change_id for name in names]

    def decide(
        self,
        *,
        approve: Sequence[int] = (),
        reject: Sequence[int] = (),
        by: Actor = APPROVER,
        title: str = "batch",
        reason: str | None = "no",
    ) -> steps.Decided:
        decision = steps.Decision(
            batch_title=title, approved_ids=tuple(approve), rejected_ids=tuple(reject), reject_reason=reason
        )
        return steps.decide(self.uow, decision, **self._by(by))

    def approved(self, *names: str) -> list[int]:
        change_ids = self.deletions(*names)
        self.decide(approve=change_ids)
        return change_ids

    def withdraw(self, change_id: int, by: Actor = REQUESTOR) -> Change:
        return steps.withdraw(self.uow, change_id, **self._by(by))

    def unapprove(self, change_id: int, by: Actor = APPROVER) -> Change:
        return steps.unapprove(self.uow, change_id, **self._by(by))

    def rebase(self, change_id: int, by: Actor = REQUESTOR, **options: Any) -> Change:
        return steps.rebase(self.uow, change_id, **self._by(by), **options)

    def comment(self, change_id: int, text: str, by: Actor = REQUESTOR) -> Change:
        return steps.comment(self.uow, change_id, text, **self._by(by))

    def purge(self, wanted: ChangeFilter, by: Actor = APPROVER, **options: Any) -> steps.Purged:
        return steps.purge(self.uow, wanted, **self._by(by), **options)

    def _job(self, job_id: str | None) -> applying.Job:
        return applying.new_job(job_id, token=f"{next(self._tokens):032x}")

    def apply(self, change_id: int, job_id: str | None = None, by: Actor = APPROVER) -> Applied:
        return applying.apply_one(self.uow, change_id, job=self._job(job_id), **self._by(by))

    def apply_many(
        self, *change_ids: int, mixed: bool = False, job_id: str | None = None, by: Actor = APPROVER
    ) -> Applied:
        selection = Selection(change_ids=change_ids, allow_mixed_batch=mixed)
        return applying.apply_many(self.uow, selection, job=self._job(job_id), **self._by(by))

    def apply_batch(self, batch_id: int, job_id: str | None = None, by: Actor = APPROVER) -> Applied:
        return applying.apply_batch(self.uow, batch_id, job=self._job(job_id), **self._by(by))

    def change(self, change_id: int) -> Change:
        with self.uow:
            return self.uow.changes.get(change_id)

    def changes(self) -> list[Change]:
        with self.uow:
            return list(self.uow.changes.find(ChangeFilter()).items)

    def record(self, name: str) -> dict[str, Any] | None:
        with self.uow:
            head = self.uow.records.head("esrgan", name)
        return None if head is None else dict(head.document)

    def serial(self) -> int:
        with self.uow:
            return self.uow.serial

    def events(self) -> list[dict[str, Any]]:
        with self.uow:
            events, head = list(self.uow.audit.events()), self.uow.audit.head()
        assert verify_chain(events, head=head) is None
        return [event_to_json(event) for event in events]

    def actions(self) -> list[str]:
        return [event["payload"].get("after", {}).get("action", "record") for event in self.events()]


def ids(changes: Sequence[Change]) -> list[int]:
    return [change.change_id for change in changes]


class ReviewStepsContract:
    """Subclass it as ``Test…`` with a fixture ``new_uow`` that returns a `UowFactory`."""

    @pytest.fixture
    def desk(self, new_uow: UowFactory) -> Desk:
        desk = Desk(new_uow)
        desk.seed("UpA", "UpB", "UpC")
        return desk

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

    def test_a_change_goes_from_proposal_to_record(self, desk: Desk) -> None:
        desk.propose(description="hi")
        decided = desk.decide(approve=[1], title=" first ")
        applied = desk.apply(1)

        (change,) = applied.applied
        assert (decided.batch_id, decided.batch_title) == (1, "first")
        assert (change.status, change.batch_id, change.batch_title) == (ChangeStatus.applied, 1, "first")
        assert (change.approved_by, change.applied_by, change.applied_username) == (
            "2003",
            "2003",
            "Appr#2003",
        )
        assert change.applied_job_id == f"apply-1-{1:032x}"
        assert applied.split is None
        assert (desk.record("New") or {})["description"] == "hi"
        assert desk.serial() == 4

    def test_applying_is_told_as_recorded(self, desk: Desk) -> None:
        desk.propose("UpA", Operation.update, description="new")
        desk.decide(approve=[1], title="first")
        desk.apply(1, job_id="job-1")

        _, approve, record, apply = desk.events()
        assert approve["payload"]["after"] == {
            "change_id": 1,
            "batch_id": 1,
            "batch_title": "first",
            "action": "approve",
        }
        assert (record["category"], record["model_name"], record["operation"]) == ("esrgan", "UpA", "update")
        assert (record["logical_user_id"], record["request_id"], record["serial"]) == ("2003", "job-1", 4)
        assert record["payload"]["before"]["description"] == "seed"
        assert record["payload"]["after"]["description"] == "new"
        assert record["payload"]["delta"]["description"] == {"old": "seed", "new": "new"}
        assert apply["payload"]["after"] == {
            "change_id": 1,
            "batch_id": 1,
            "job_id": "job-1",
            "action": "apply",
        }

    def test_a_replay_gives_the_live_records(self, desk: Desk) -> None:
        desk.propose("UpA", Operation.update, description="new")
        desk.propose("New")
        desk.propose("UpB", Operation.delete)
        desk.decide(approve=[1, 2, 3])
        desk.apply_batch(1)

        base = {name: {"name": name, "description": "seed"} for name in ("UpA", "UpB", "UpC")}
        with desk.uow:
            replayed = replay(desk.uow.audit.events(), category="esrgan", base=base)
        assert list(replayed) == ["UpA", "UpC", "New"]
        assert all(desk.record(name) == record for name, record in replayed.items())

    def test_nobody_approves_their_own_change(self, desk: Desk) -> None:
        desk.deletions("UpA")
        desk.deletions("UpB", by=BOTH)

        with pytest.raises(NotPermittedError):
            desk.decide(approve=[1, 2], by=BOTH)

        assert {change.status for change in desk.changes()} == {ChangeStatus.pending}

    def test_nobody_applies_their_own_change(self, desk: Desk) -> None:
        desk.deletions("UpA", by=BOTH)
        with pytest.raises(NotPermittedError):
            desk.apply(1, by=BOTH)
        desk.decide(approve=[1])

        with pytest.raises(NotPermittedError):
            desk.apply(1, by=BOTH)

        assert desk.record("UpA") is not None

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

    @pytest.mark.parametrize("other", [99, 2, 2**63, 10**30])
    def test_a_decision_is_taken_about_all_changes_or_none(self, desk: Desk, other: int) -> None:
        desk.deletions("UpA", "UpB", "UpC")
        desk.decide(reject=[2])

        with pytest.raises(InvalidTransitionError, match=str(other)):
            desk.decide(approve=[1, other])

        assert desk.change(1).status is ChangeStatus.pending
        assert desk.decide(approve=[3]).batch_id == 1

    def test_the_ids_of_a_decision_are_sorted_and_each_counts_once(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB")

        assert ids(desk.decide(approve=[2, 1, 2, 0]).approved) == [1, 2]

    def test_later_approvals_join_the_open_batch(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB")
        desk.decide(approve=[1], title="one")

        decided = desk.decide(approve=[2], title="two")

        assert decided.batch_id == 1
        assert [change.batch_title for change in desk.changes()] == ["one", "two"]

    def test_what_is_left_of_a_batch_moves_to_a_new_one(self, desk: Desk) -> None:
        desk.approved("UpA", "UpB")
        desk.propose()

        split = desk.apply(1).split

        assert split is not None
        assert (split.original_batch_id, split.new_batch_id, split.reassigned_change_ids) == (1, 2, (2,))
        assert desk.change(2).batch_id == 2
        assert desk.decide(approve=[3]).batch_id == 2
        assert desk.actions()[-3:] == ["apply", "batch_split", "approve"]

    def test_a_batch_applied_as_a_whole_stays_one_batch(self, desk: Desk) -> None:
        desk.approved("UpA", "UpB", "UpC")

        done = desk.apply_batch(1)

        assert (ids(done.applied), done.failure, done.split) == ([1, 2, 3], None, None)
        assert {change.batch_id for change in desk.changes()} == {1}

    def test_a_batch_is_split_once_at_the_end_of_a_request(self, desk: Desk) -> None:
        desk.approved("UpA", "UpB", "UpC")

        done = desk.apply_many(2, 1)

        assert ids(done.applied) == [2, 1]
        assert done.split is not None
        assert done.split.reassigned_change_ids == (3,)
        assert desk.actions().count("batch_split") == 1

    def test_a_fully_applied_batch_is_applied_again_without_effect(self, desk: Desk) -> None:
        desk.approved("UpA")
        desk.apply_batch(1)

        assert desk.apply_batch(1) == Applied(applied=())

    def test_a_batch_without_anything_to_apply_is_not_found(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB")
        desk.decide(approve=[1], reject=[2])
        desk.unapprove(1)

        for batch_id in (1, 5, 0, -1):
            with pytest.raises(BatchNotFoundError):
                desk.apply_batch(batch_id)

    def test_applying_stops_at_the_first_change_that_can_not_be_applied(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB", "UpC")
        desk.decide(approve=[1, 3])

        done = desk.apply_many(1, 2, 1, 3, mixed=True)

        assert ids(done.applied) == [1]
        assert done.failure is not None
        assert (done.failure.change_id, done.failure.kind) == (2, FailureKind.state)
        assert [change.status.value for change in desk.changes()] == ["applied", "pending", "approved"]

    def test_own_and_unknown_changes_stop_a_selection(self, desk: Desk) -> None:
        desk.approved("UpA")
        desk.deletions("UpB", by=BOTH)
        desk.decide(approve=[2])

        own = desk.apply_many(2, mixed=True, by=BOTH).failure
        unknown = desk.apply_many(99, mixed=True).failure

        assert own is not None
        assert unknown is not None
        assert (own.kind, unknown.kind) == (FailureKind.permission, FailureKind.not_found)

    def test_changes_of_several_batches_are_applied_together_on_request_only(self, desk: Desk) -> None:
        desk.approved("UpA", "UpB")
        desk.apply(1)
        desk.deletions("UpC")

        with pytest.raises(MixedBatchError, match="several"):
            desk.apply_many(1, 2)
        with pytest.raises(MixedBatchError, match="Change 3"):
            desk.apply_many(2, 3)
        with pytest.raises(ChangeNotFoundError):
            desk.apply_many(99)
        with pytest.raises(InvalidRequestError):
            desk.apply_many()

    @pytest.mark.parametrize("change_id", [0, -1, 2, 2**63, 10**30])
    def test_a_change_that_is_not_there_is_not_found(self, desk: Desk, change_id: int) -> None:
        desk.deletions("UpA")

        for attempt in (desk.apply, desk.withdraw, desk.unapprove, desk.rebase):
            with pytest.raises(ChangeNotFoundError):
                attempt(change_id)

    @pytest.mark.parametrize("end", ["pending", "rejected", "withdrawn", "applied"])
    def test_only_an_approved_change_is_applied(self, desk: Desk, end: str) -> None:
        desk.deletions("UpA")
        if end == "rejected":
            desk.decide(reject=[1])
        elif end == "withdrawn":
            desk.withdraw(1)
        elif end == "applied":
            desk.decide(approve=[1])
            desk.apply(1, job_id="job-1")

        with pytest.raises(InvalidTransitionError, match=end):
            desk.apply(1, job_id="job-2")

    def test_a_change_based_on_an_old_revision_is_refused(self, desk: Desk) -> None:
        desk.propose("UpA", Operation.update, description="one")
        desk.propose("UpA", Operation.update, description="two")
        desk.decide(approve=[1, 2])
        desk.apply(1)

        with pytest.raises(RevisionConflictError):
            desk.apply(2)

        assert desk.change(2).status is ChangeStatus.approved
        assert (desk.record("UpA") or {})["description"] == "one"

    def test_of_two_creates_of_one_name_the_second_is_a_conflict(self, desk: Desk) -> None:
        desk.propose(description="one")
        desk.propose(description="two")
        desk.decide(approve=[1, 2])

        done = desk.apply_batch(1)

        assert ids(done.applied) == [1]
        assert done.failure is not None
        assert (done.failure.change_id, done.failure.kind) == (2, FailureKind.conflict)
        assert (desk.record("New") or {})["description"] == "one"

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
        with pytest.raises(InvalidRequestError):
            desk.comment(1, " ")
        with pytest.raises(NotPermittedError):
            desk.comment(1, "hello", by=STRANGER)

    def test_the_same_job_again_gives_the_same_answer(self, desk: Desk) -> None:
        desk.approved("UpA", "UpB")

        first = desk.apply(1, job_id="job-1")
        again = desk.apply(1, job_id=" job-1 ")

        assert first == again
        assert again.split is not None
        assert desk.actions().count("apply") == 1

    def test_the_same_bulk_job_again_gives_the_same_answer(self, desk: Desk) -> None:
        desk.propose(description="one")
        desk.propose(description="two")
        desk.approved("UpA")
        desk.decide(approve=[1, 2])

        first = desk.apply_batch(1, job_id="job-1")

        assert ids(first.applied) == [1]
        assert first.failure is not None
        assert first.split is not None
        assert desk.apply_batch(1, job_id="job-1") == first
        assert desk.apply(1, job_id="job-1").applied == first.applied

    def test_a_job_that_applied_nothing_is_tried_again(self, desk: Desk) -> None:
        desk.deletions("UpA")

        refused = desk.apply_many(1, mixed=True, job_id="job-1")
        desk.decide(approve=[1])

        assert refused.failure is not None
        assert desk.apply_many(1, mixed=True, job_id="job-1").failure is None

    def test_one_job_id_may_serve_several_requests(self, desk: Desk) -> None:
        desk.approved("UpA", "UpB")
        desk.apply(1, job_id="job-1")

        assert desk.apply(2, job_id="job-1").applied[0].applied_job_id == "job-1"

    def test_a_repeated_job_does_not_go_around_the_two_person_rule(self, desk: Desk) -> None:
        desk.propose(by=BOTH)
        desk.decide(approve=[1])

        with pytest.raises(NotPermittedError):
            desk.apply(1, job_id="job-1", by=BOTH)

    @pytest.mark.parametrize("job_id", ["x" * 121, "\ud800", "a\x00"])
    def test_a_job_id_that_is_too_long_or_unstorable_is_refused(self, desk: Desk, job_id: str) -> None:
        desk.approved("UpA")

        with pytest.raises(InvalidRequestError):
            desk.apply(1, job_id=job_id)

    def test_a_blank_job_id_is_none(self, desk: Desk) -> None:
        desk.approved("UpA")

        job_id = desk.apply(1, job_id="  ").applied[0].applied_job_id

        assert job_id is not None
        assert job_id.startswith("apply-1-")

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

    def test_a_breakdown_while_applying_leaves_nothing(self, new_uow: UowFactory) -> None:
        desk = Desk(new_uow, ReviewRules(change_sets={ResourceKind.text_guidance: BreakingChangeSets()}))
        desk.propose()
        change_set = Proposal(
            category="text_generation",
            model_name="guidance:1",
            operation=Operation.update,
            resource_kind=ResourceKind.text_guidance,
            payload={"title": "t"},
        )
        steps.propose(desk.uow, change_set, actor=REQUESTOR, now=5, rules=desk.rules)
        desk.decide(approve=[1, 2])

        with pytest.raises(RuntimeError, match="broken"):
            desk.apply_batch(1, job_id="job-1")

        assert {change.status for change in desk.changes()} == {ChangeStatus.approved}
        assert desk.record("New") is None
        assert desk.serial() == 0

    def test_a_change_set_nobody_can_write_is_refused(self, desk: Desk) -> None:
        change_set = Proposal(
            category="image_generation",
            model_name="baseline:1",
            operation=Operation.update,
            resource_kind=ResourceKind.image_baseline,
            payload={"title": "t"},
        )
        steps.propose(desk.uow, change_set, actor=REQUESTOR, now=5, rules=desk.rules)
        desk.decide(approve=[1])

        with pytest.raises(InvalidTransitionError, match="image_baseline"):
            desk.apply(1)
        with pytest.raises(InvalidTransitionError, match="change set"):
            desk.rebase(1)

    def test_events_about_the_queue_carry_the_form_of_the_deployment(self, new_uow: UowFactory) -> None:
        desk = Desk(new_uow, ReviewRules(queue_form=RecordForm.legacy))
        desk.propose()

        assert desk.events()[0]["domain"] == "legacy"
