from typing import Any

import pytest
from review_contract import a_draft

from horde_model_reference.domain.audit import (
    EMPTY_CHAIN,
    QUEUE_CATEGORY,
    AuditEvent,
    ChainHead,
    head_after,
    seal,
)
from horde_model_reference.domain.changes import BatchNotFoundError, ChangeStatus, Operation
from horde_model_reference.domain.diff import NetOperation
from horde_model_reference.review.history import BatchSummary, QueueHistory, apply_event_id, net_changes


class Story:
    """A history that is told event by event; each happens a second after the one before it."""

    def __init__(self) -> None:
        self.history = QueueHistory()
        self._head: ChainHead = EMPTY_CHAIN

    def record(self, *, name: str = "A", **payload: Any) -> AuditEvent:
        return self._take(model_name=name, payload=payload)

    def tell(self, action: str, *, by: str = "2003", **told: Any) -> AuditEvent:
        return self._take(
            category=QUEUE_CATEGORY, logical_user_id=by, payload={"after": {**told, "action": action}}
        )

    def enqueue(self, change_id: int, *, model: str = "A", by: str = "1001") -> None:
        self.tell("enqueue", by=by, change_id=change_id, operation="create", category="esrgan", model=model)

    def _take(self, **fields: Any) -> AuditEvent:
        event = seal(a_draft(timestamp=1000 + self._head.count, **fields), after=self._head)
        self._head = head_after(event)
        self.history.take(event)
        return event


@pytest.fixture
def story() -> Story:
    return Story()


def test_an_open_change_is_told_by_its_proposal(story: Story) -> None:
    story.enqueue(1)

    (change,) = story.history.pending_changes()

    assert (change.requested_by, change.requested_at) == ("1001", 1000)
    assert (change.operation, change.category, change.model_name) == (Operation.create, "esrgan", "A")


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("approve", {"batch_id": 1, "batch_title": "t"}),
        ("reject", {"batch_title": "t", "reason": "no"}),
        ("withdraw", {}),
        ("purge", {}),
    ],
)
def test_a_change_that_was_decided_on_is_open_no_more(
    story: Story, action: str, told: dict[str, Any]
) -> None:
    story.enqueue(1)
    story.tell(action, change_id=1, **told)

    assert story.history.pending_changes() == []


@pytest.mark.parametrize(
    ("action", "told"), [("unapprove", {"batch_id": 1}), ("rebase", {"operation": "update", "batch_id": 1})]
)
def test_a_change_whose_approval_is_void_is_open_again(
    story: Story, action: str, told: dict[str, Any]
) -> None:
    story.enqueue(1)
    story.tell("approve", change_id=1, batch_id=1, batch_title="t")
    story.tell(action, change_id=1, **told)

    (change,) = story.history.pending_changes()

    assert (change.approved_by, change.batch_id, change.batch_title) == (None, None, None)
    assert story.history.batch(1)[0].total_change_count == 0


def test_the_first_decision_is_the_batchs_and_the_last_title(story: Story) -> None:
    story.enqueue(1)
    story.enqueue(2)
    story.tell("approve", by="1", change_id=1, batch_id=1, batch_title="one")
    story.tell("reject", by="2", change_id=2, batch_id=1, batch_title="two", reason="no")

    summary, members = story.history.batch(1)

    assert summary == BatchSummary(
        batch_id=1,
        batch_title="two",
        approved_by="1",
        approved_at=1002,
        approved_change_count=1,
        rejected_change_count=1,
        total_change_count=2,
        last_event_id=4,
    )
    assert [change.status for change in members] == [ChangeStatus.approved, ChangeStatus.rejected]


def test_a_change_that_moves_to_another_batch_counts_there(story: Story) -> None:
    for change_id in (1, 2):
        story.enqueue(change_id)
        story.tell("approve", change_id=change_id, batch_id=1, batch_title="t")
    story.tell("apply", change_id=1, batch_id=1, job_id="j")
    story.tell(
        "batch_split",
        original_batch_id=1,
        new_batch_id=2,
        reassigned_change_ids=[2],
        reason="partial_apply",
    )

    old, new = story.history.batch(1)[0], story.history.batch(2)[0]

    assert (old.total_change_count, old.applied_change_count, old.applied_at) == (1, 1, 1004)
    assert (new.total_change_count, new.approved_by, new.batch_title) == (1, None, "t")


def test_an_applied_change_counts_for_its_batch_also_after_it_was_purged(story: Story) -> None:
    story.enqueue(1)
    story.tell("approve", change_id=1, batch_id=1, batch_title="t")
    story.tell("apply", change_id=1, batch_id=1, job_id="j")
    story.tell("purge", change_id=1)

    assert story.history.batch(1)[0].applied_change_count == 1


def test_a_comment_changes_nothing(story: Story) -> None:
    story.enqueue(1)
    story.tell("comment", change_id=1, text="hm")

    (change,) = story.history.pending_changes()

    assert [event.payload["after"]["action"] for event in change.events] == ["enqueue", "comment"]


def test_a_change_from_before_this_history_is_told_as_far_as_it_goes(story: Story) -> None:
    story.tell("approve", change_id=7, batch_id=3, batch_title="t")

    (change,) = story.history.batch(3)[1]

    assert (change.change_id, change.model_name) == (7, None)


def test_batches_are_given_from_the_newest_down(story: Story) -> None:
    for batch_id in (1, 2, 3):
        story.tell("approve", change_id=batch_id, batch_id=batch_id, batch_title="t")

    first, cursor = story.history.batch_page(below=None, limit=2)
    rest, end = story.history.batch_page(below=cursor, limit=2)

    assert [summary.batch_id for summary in first] == [3, 2]
    assert [summary.batch_id for summary in rest] == [1]
    assert (cursor, end) == (2, None)


def test_a_batch_that_never_was_is_not_found(story: Story) -> None:
    with pytest.raises(BatchNotFoundError):
        story.history.batch(1)


def test_the_event_of_a_record_comes_right_before_that_of_its_change(story: Story) -> None:
    story.enqueue(1)
    story.tell("approve", change_id=1, batch_id=1, batch_title="t")
    written = story.record(after={"name": "A"})
    story.tell("apply", change_id=1, batch_id=1, job_id="j")

    (change,) = story.history.batch(1)[1]

    assert apply_event_id(change) == written.event_id + 1


def test_net_changes_go_from_before_the_first_event_of_a_record_to_after_its_last(story: Story) -> None:
    events = [
        story.record(name="A", before={"name": "A", "n": 1}, after={"name": "A", "n": 2}),
        story.record(name="B", after={"name": "B"}),
        story.record(name="A", before={"name": "A", "n": 2}, after={"name": "A", "n": 1}),
        story.record(name="B", before={"name": "B"}),
    ]

    first, second = net_changes(events)

    assert (first.model_name, first.net_operation, first.field_diffs) == ("A", NetOperation.unchanged, ())
    assert (second.model_name, second.net_operation) == ("B", NetOperation.unchanged)


def test_a_net_change_says_which_fields_differ_and_whether_they_matter(story: Story) -> None:
    (found,) = net_changes([story.record(before={"name": "A", "nsfw": True}, after={"name": "A"})])

    assert found.net_operation is NetOperation.modified
    assert [field.field_path for field in found.field_diffs] == ["nsfw"]
    assert found.is_critical


def test_a_change_belongs_to_the_batch_that_it_is_in_now(story: Story) -> None:
    for change_id in (1, 2, 3):
        story.tell("approve", change_id=change_id, batch_id=1, batch_title="t")
    story.tell("unapprove", change_id=2)
    story.tell("approve", change_id=2, batch_id=4, batch_title="u")
    story.tell("batch_split", original_batch_id=1, new_batch_id=5, reassigned_change_ids=[3])

    members = {
        batch_id: [change.change_id for change in story.history.batch(batch_id)[1]] for batch_id in (1, 4, 5)
    }

    assert members == {1: [1], 4: [2], 5: [3]}
