from dataclasses import replace

from review_contract import APPROVER, a_change

from horde_model_reference.domain.changes import Operation, RecordForm, ResourceKind
from horde_model_reference.review.beta import beta_view, open_changes_of


def test_of_several_changes_to_one_record_the_one_touched_last_shows() -> None:
    first = a_change(1, model_name="A", payload={"name": "A", "n": 1}, updated_at=9)
    second = a_change(2, model_name="A", payload={"name": "A", "n": 2}, updated_at=5)
    third = a_change(3, model_name="A", payload={"name": "A", "n": 3}, updated_at=9)

    assert beta_view([first, second, third]) == {"A": {"name": "A", "n": 3}}


def test_deletions_and_change_sets_do_not_show() -> None:
    deletion = a_change(1, operation=Operation.delete)
    change_set = a_change(2, resource_kind=ResourceKind.text_guidance, operation=Operation.update)
    empty = a_change(3, payload=None)

    assert beta_view([deletion, change_set, empty]) == {}


def test_a_legacy_proposal_shows_in_the_current_format() -> None:
    change = a_change(form=RecordForm.legacy, payload={"name": "Model 1", "type": "realesrgan"})

    assert beta_view([change])["Model 1"]["record_type"] == "esrgan"


def test_a_proposal_that_can_not_be_converted_does_not_show() -> None:
    change = a_change(form=RecordForm.legacy, payload={"name": 5})

    assert beta_view([change]) == {}


def test_only_open_changes_of_the_category_are_asked_for() -> None:
    pending = a_change()
    approved = pending.approve(APPROVER, now=1, batch_id=1, batch_title="t")
    wanted = open_changes_of("esrgan")

    assert wanted.matches(pending)
    assert wanted.matches(approved)
    assert not wanted.matches(approved.apply(APPROVER, now=2, job_id="j"))
    assert not wanted.matches(replace(pending, category="clip"))
