from itertools import product

import pytest
from review_contract import APPROVER, REQUESTOR, a_change

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.changes import Change, ChangeFilter, ChangeStatus
from horde_model_reference.domain.errors import InvalidTransitionError, NotPermittedError

MAY_BECOME: dict[str, set[str]] = {
    "pending": {"approved", "rejected", "withdrawn", "purged"},
    "approved": {"applied", "pending", "withdrawn", "purged"},
    "applied": {"purged"},
    "rejected": {"purged"},
    "withdrawn": {"purged"},
    "purged": set(),
}
"""What can become of a change, by its status (spec 22, State machine)."""


def _move(change: Change, to: ChangeStatus) -> Change:
    moves = {
        ChangeStatus.pending: lambda: change.reopen(now=5),
        ChangeStatus.approved: lambda: change.approve(APPROVER, now=5, batch_id=1, batch_title="t"),
        ChangeStatus.applied: lambda: change.apply(APPROVER, now=5, job_id="j"),
        ChangeStatus.rejected: lambda: change.reject(
            APPROVER, now=5, reason="no", batch_id=None, batch_title="t"
        ),
        ChangeStatus.withdrawn: lambda: change.withdraw(now=5),
        ChangeStatus.purged: lambda: change.purge(APPROVER, now=5),
    }
    return moves[to]()


@pytest.mark.parametrize(("start", "end"), list(product(ChangeStatus, ChangeStatus)))
def test_a_change_takes_these_steps_and_no_other(start: ChangeStatus, end: ChangeStatus) -> None:
    change = a_change(status=start)

    if end.value in MAY_BECOME[start]:
        assert _move(change, end).status is end
    else:
        with pytest.raises(InvalidTransitionError, match=f"is {start.value} and can't become {end.value}"):
            _move(change, end)


def test_a_reopened_change_forgets_its_approval_and_batch() -> None:
    pending = a_change()

    reopened = pending.approve(APPROVER, now=5, batch_id=1, batch_title="t").reopen(now=1000)

    assert reopened == pending


def test_every_step_tells_who_took_it_and_when() -> None:
    pending = a_change(updated_at=1)
    approved = pending.approve(APPROVER, now=5, batch_id=1, batch_title="t")
    applied = approved.apply(APPROVER, now=6, job_id="j")
    rejected = pending.reject(APPROVER, now=7, reason="no", batch_id=2, batch_title="u")
    withdrawn = pending.withdraw(now=8)
    who = ("2003", "Appr#2003")

    assert (approved.approved_by, approved.approved_username, approved.approved_at) == (*who, 5)
    assert (approved.batch_id, approved.batch_title) == (1, "t")
    assert (applied.applied_by, applied.applied_username, applied.applied_at) == (*who, 6)
    assert applied.applied_job_id == "j"
    assert (rejected.rejected_by, rejected.rejected_username, rejected.rejected_at) == (*who, 7)
    assert (rejected.reject_reason, rejected.batch_id, rejected.batch_title) == ("no", 2, "u")
    assert withdrawn.withdrawn_at == 8
    assert [each.updated_at for each in (approved, applied, rejected, withdrawn)] == [5, 6, 7, 8]


def test_another_batch_is_news_of_a_change_and_a_comment_is_none() -> None:
    change = a_change(updated_at=1)

    assert change.join_batch(7, now=5).updated_at == 5
    assert change.comment(REQUESTOR, now=5, text="hm").updated_at == 1


def test_a_tombstone_keeps_the_number_but_not_the_payload() -> None:
    tombstone = a_change(7).comment(REQUESTOR, now=3, text="hm").purge(APPROVER, now=5)

    assert (tombstone.change_id, tombstone.payload, tombstone.comments) == (7, None, ())
    assert (tombstone.purged_by, tombstone.purged_at) == ("2003", 5)


def test_a_filter_without_conditions_means_every_change() -> None:
    assert ChangeFilter().is_empty
    assert not ChangeFilter(batch_id=1).is_empty
    assert ChangeFilter().matches(a_change())


def test_an_approver_counts_as_requestor() -> None:
    APPROVER.require(Role.requestor)
    APPROVER.require(Role.approver)


@pytest.mark.parametrize("role", [Role.approver, Role.license_editor])
def test_a_requestor_is_nothing_else(role: Role) -> None:
    with pytest.raises(NotPermittedError, match=role.value):
        REQUESTOR.require(role)


def test_a_licence_editor_may_not_propose() -> None:
    editor = Actor(user_id="1", username="E#1", roles=frozenset({Role.license_editor}))

    assert not editor.has(Role.requestor)
