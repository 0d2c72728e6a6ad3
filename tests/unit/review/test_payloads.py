from typing import Any

import pytest
from review_contract import APPROVER, a_change

from horde_model_reference.domain.changes import (
    Document,
    InvalidNameError,
    MissingPayloadError,
    Operation,
    RecordForm,
)
from horde_model_reference.domain.errors import (
    InvalidRecordError,
    RecordExistsError,
    RecordNotFoundError,
    RevisionConflictError,
)
from horde_model_reference.domain.licensing import unknown_licensing_document
from horde_model_reference.review.payloads import (
    Proposal,
    proposed_payload,
    rebased_payload,
    without_nulls,
    written_form,
)
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import Head

_MIT = {"license_expression": "MIT", "license_ids": ["MIT"]}
_STORED = {
    "name": "A",
    "description": "old",
    "metadata": {"schema_version": "2.1.0", "created_at": 5, "created_by": "seed", "updated_at": 6},
    "licensing": _MIT,
}
_HEAD = Head(serial=3, document=_STORED)


def _propose(
    operation: Operation, head: Head | None, rules: ReviewRules | None = None, **record: Any
) -> dict[str, Any]:
    proposal = Proposal(
        category="esrgan", model_name="A", operation=operation, payload={"name": "A", **record}
    )
    return dict(proposed_payload(proposal, head, rules or ReviewRules()))


def _with_legacy(_category: str, _name: str, payload: Document, /) -> tuple[Document, Document | None]:
    return {"name": payload["name"], "v2": True}, payload


def _refuse(_category: str, _name: str, _payload: Document, /) -> tuple[Document, Document | None]:
    raise InvalidRecordError("unknown setting")


def test_who_wrote_a_record_and_when_is_not_taken_from_a_new_record() -> None:
    forged = {"schema_version": "2.1.0", "created_at": 5, "created_by": "someone", "updated_by": "someone"}

    assert _propose(Operation.create, None, metadata=forged)["metadata"] == {"schema_version": "2.1.0"}


def test_an_update_keeps_who_created_the_record() -> None:
    forged = {"created_at": 1, "created_by": "someone", "updated_by": "someone", "updated_at": 2}

    assert _propose(Operation.update, _HEAD, metadata=forged)["metadata"] == {
        "schema_version": "2.1.0",
        "created_at": 5,
        "created_by": "seed",
    }


def test_a_new_record_without_licensing_is_marked_as_not_reviewed() -> None:
    licensing = _propose(Operation.create, None)["licensing"]

    assert licensing["license_expression"] == "NOASSERTION"
    assert licensing["notes"] != unknown_licensing_document()["notes"]


def test_a_new_record_without_licensing_is_refused_where_it_is_required() -> None:
    with pytest.raises(InvalidRecordError, match="licence"):
        _propose(Operation.create, None, ReviewRules(require_explicit_licensing=True))


def test_an_update_without_licensing_keeps_the_stored_one() -> None:
    assert _propose(Operation.update, _HEAD)["licensing"] == _MIT


def test_an_update_can_not_keep_the_licensing_of_files_that_it_takes_away() -> None:
    config = {"download": [{"file_name": "a.bin", "file_url": "https://example.org/a.bin"}]}
    licensing = {**_MIT, "files": {"a.bin": _MIT}}
    head = Head(serial=3, document={"name": "A", "config": config, "licensing": licensing})

    assert _propose(Operation.update, head, config=config)["licensing"] == licensing
    with pytest.raises(InvalidRecordError, match=r"a\.bin"):
        _propose(Operation.update, head, config={"download": []})


def test_an_update_of_a_record_that_never_had_licensing_marks_it_as_not_reviewed() -> None:
    head = Head(serial=3, document={"name": "A"})

    assert _propose(Operation.update, head)["licensing"] == unknown_licensing_document()


def test_an_update_can_not_remove_the_licensing() -> None:
    with pytest.raises(InvalidRecordError, match="not removed"):
        _propose(Operation.update, _HEAD, licensing=None)


def test_nulls_are_left_out_at_any_depth() -> None:
    assert without_nulls({"a": None, "b": {"c": None, "d": [None, {"e": None}]}}) == {
        "b": {"d": [None, {}]},
    }


def test_a_text_model_without_group_gets_the_one_of_its_name() -> None:
    def group(**record: Any) -> Any:
        name = "Org/Gamma-3B-Instruct"
        proposal = Proposal(
            category="text_generation",
            model_name=name,
            operation=Operation.create,
            payload={"name": name, **record},
        )
        return proposed_payload(proposal, None, ReviewRules())["text_model_group"]

    assert group() == group(text_model_group=None) == "Gamma"
    assert group(text_model_group="Mine") == "Mine"


def test_a_create_of_a_record_that_is_there_is_refused() -> None:
    with pytest.raises(RecordExistsError):
        _propose(Operation.create, _HEAD)


@pytest.mark.parametrize("operation", [Operation.update, Operation.delete])
def test_a_record_that_is_not_there_can_be_neither_updated_nor_deleted(operation: Operation) -> None:
    with pytest.raises(RecordNotFoundError):
        _propose(operation, None)


def test_a_proposal_made_from_an_older_version_is_refused() -> None:
    proposal = Proposal(category="esrgan", model_name="A", operation=Operation.delete, base_serial=2)

    with pytest.raises(RevisionConflictError, match="serial 3"):
        proposed_payload(proposal, _HEAD, ReviewRules())


def test_a_deletion_carries_the_record_as_it_stands() -> None:
    assert _propose(Operation.delete, _HEAD) == _STORED


def test_a_bad_name_is_refused_before_anybody_asks_whether_it_exists() -> None:
    proposal = Proposal(category="esrgan", model_name="../A", operation=Operation.delete)

    with pytest.raises(InvalidNameError):
        proposed_payload(proposal, None, ReviewRules())


def test_a_record_that_could_not_be_stored_is_refused_when_it_is_proposed() -> None:
    with pytest.raises(InvalidRecordError, match="unknown setting"):
        _propose(Operation.create, None, ReviewRules(shapers={RecordForm.v2: _refuse}))


def test_a_legacy_record_is_proposed_without_metadata_and_nulls() -> None:
    proposal = Proposal(
        category="esrgan",
        model_name="A",
        operation=Operation.create,
        payload={"name": "A", "style": None, "metadata": {"created_by": "someone"}},
        form=RecordForm.legacy,
    )
    rules = ReviewRules(shapers={RecordForm.legacy: _with_legacy})

    assert proposed_payload(proposal, None, rules) == {"name": "A"}


def test_a_created_record_carries_the_proposer_as_author() -> None:
    change = a_change(payload={"name": "A", "metadata": {"schema_version": "2.1.0"}})

    written = written_form(change, None, by=APPROVER, now=9, rules=ReviewRules())

    assert written.before is None
    assert written.document == written.after
    assert written.after is not None
    assert written.after["metadata"] == {
        "schema_version": "2.1.0",
        "created_at": 9,
        "updated_at": 9,
        "created_by": "1001",
        "updated_by": "1001",
    }


def test_an_updated_record_keeps_who_created_it() -> None:
    change = a_change(operation=Operation.update, base_serial=3, payload={"name": "A"})

    written = written_form(change, _HEAD, by=APPROVER, now=9, rules=ReviewRules())

    assert written.before == _STORED
    assert written.after is not None
    assert written.after["metadata"] == {
        "schema_version": "2.1.0",
        "created_at": 5,
        "updated_at": 9,
        "created_by": "seed",
        "updated_by": "1001",
    }


def test_a_deletion_writes_nothing_but_a_tombstone() -> None:
    change = a_change(operation=Operation.delete, base_serial=3)

    written = written_form(change, _HEAD, by=APPROVER, now=9, rules=ReviewRules())

    assert (written.document, written.legacy, written.after) == (None, None, None)
    assert written.before == _STORED


@pytest.mark.parametrize(("base_serial", "head"), [(None, _HEAD), (2, _HEAD), (3, None)])
def test_a_change_whose_record_moved_is_not_written(base_serial: int | None, head: Head | None) -> None:
    change = a_change(operation=Operation.update, base_serial=base_serial)

    with pytest.raises(RevisionConflictError, match="change 1"):
        written_form(change, head, by=APPROVER, now=9, rules=ReviewRules())


def test_a_change_without_a_record_is_not_written() -> None:
    with pytest.raises(MissingPayloadError):
        written_form(a_change(payload=None), None, by=APPROVER, now=9, rules=ReviewRules())


@pytest.mark.parametrize(
    ("stored", "metadata"),
    [
        (None, {"created_at": 9, "updated_at": 9}),
        ({"name": "A"}, {"created_at": 9, "updated_at": 9}),
        (
            {"name": "A", "metadata": {"created_at": 1, "extra": 2}},
            {"created_at": 1, "extra": 2, "updated_at": 9, "updated_by": "2003"},
        ),
    ],
)
def test_the_metadata_of_a_legacy_record_is_the_servers(
    stored: Document | None, metadata: dict[str, Any]
) -> None:
    head = None if stored is None else Head(serial=3, document={"name": "A"}, legacy=stored)
    change = a_change(
        payload={"name": "A"}, form=RecordForm.legacy, base_serial=None if head is None else head.serial
    )
    rules = ReviewRules(shapers={RecordForm.legacy: _with_legacy})

    written = written_form(change, head, by=APPROVER, now=9, rules=rules)

    assert written.before == stored
    assert written.after == written.legacy == {"name": "A", "metadata": metadata}
    assert written.document == {"name": "A", "v2": True}


def test_a_rebase_carries_over_what_the_change_did_and_nothing_else() -> None:
    base = {"name": "A", "description": "old", "style": "x", "version": "1"}
    current = {"name": "A", "description": "old", "style": "y", "version": "1", "n": 1}
    proposed = {"name": "A", "description": "new", "style": "x"}

    assert rebased_payload(proposed, base=base, current=current) == {
        "name": "A",
        "description": "new",
        "style": "y",
        "n": 1,
    }


def test_a_rebase_carries_a_truth_value_over_that_took_the_place_of_a_number() -> None:
    base = {"settings": {"singleline": 1}}
    proposed = {"settings": {"singleline": True}}

    rebased = rebased_payload(proposed, base=base, current=base)

    assert rebased["settings"]["singleline"] is True


@pytest.mark.parametrize("base", [None, Head(serial=1, document={"name": "A"})])
def test_a_rebase_does_not_put_a_filled_in_licensing_over_a_real_one(base: Head | None) -> None:
    operation = Operation.create if base is None else Operation.update
    proposed = _propose(operation, base, description="new")

    rebased = rebased_payload(proposed, base=None if base is None else base.document, current=_STORED)

    assert rebased["licensing"] == _MIT
    assert rebased["description"] == "new"
