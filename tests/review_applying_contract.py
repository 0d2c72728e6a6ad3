"""What applying does on any store: a test class to subclass with a fixture for units of work."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pytest
from review_contract import REQUESTOR, UowFactory
from review_desk import BOTH, Desk, WithDesk, ids

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.audit import replay
from horde_model_reference.domain.changes import (
    BatchNotFoundError,
    ChangeStatus,
    Document,
    InvalidRequestError,
    MixedBatchError,
    Operation,
    ResourceKind,
)
from horde_model_reference.domain.errors import (
    ChangeNotFoundError,
    InvalidTransitionError,
    NotPermittedError,
    RevisionConflictError,
)
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review import steps
from horde_model_reference.review.applying import Applied
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import FailureKind, ResourceWrite, UnitOfWork


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


class ApplyingContract(WithDesk):
    """Subclass it as ``Test…`` with a fixture ``new_uow`` that returns a `UowFactory`."""

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

    def test_nobody_applies_their_own_change(self, desk: Desk) -> None:
        desk.deletions("UpA", by=BOTH)
        with pytest.raises(NotPermittedError):
            desk.apply(1, by=BOTH)
        desk.decide(approve=[1])

        with pytest.raises(NotPermittedError):
            desk.apply(1, by=BOTH)

        assert desk.record("UpA") is not None

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

    def test_a_change_that_is_named_twice_is_applied_once(self, desk: Desk) -> None:
        desk.approved("UpA")

        done = desk.apply_many(1, 1)

        assert (ids(done.applied), done.failure) == ([1], None)

    def test_a_batch_of_which_nothing_was_applied_stays_one(self, desk: Desk) -> None:
        desk.deletions("UpA", "UpB")
        desk.decide(approve=[2])

        done = desk.apply_many(1, mixed=True)

        assert (done.applied, done.split) == ((), None)
        assert desk.change(2).batch_id == 1

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
