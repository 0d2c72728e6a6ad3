"""What is proposed and may still be applied, as checks look for it."""

from collections.abc import Callable
from typing import Any

import pytest
from review_contract import a_change

from horde_model_reference.domain.changes import Change, ChangeStatus, Operation, RecordForm, ResourceKind
from horde_model_reference.review.ports import OpenProposal
from horde_model_reference.store.store import Store

SUM = "a1" * 32
ADDRESS = 'https://files.example/ü%_"\\m'
FILE = {"file_url": ADDRESS, "sha256sum": SUM}
APPROVED = {
    "status": ChangeStatus.approved,
    "batch_id": 1,
    "approved_by": "2003",
    "approved_username": "Appr#2003",
    "approved_at": 1000,
}

Save = Callable[..., None]


@pytest.fixture
def save(store: Store) -> Save:
    """Return a function that writes changes into the queue."""

    def saved(*changes: Change) -> None:
        with store.unit_of_work() as uow:
            for change in changes:
                uow.changes.save(change)
            uow.commit()

    return saved


def saying(store: Store, *texts: str, limit: int = 10) -> list[int]:
    with store.review_view() as view:
        return [found.change_id for found in view.changes.open_saying(texts, limit=limit)]


def with_file(change_id: int, **fields: Any) -> Change:
    return a_change(change_id, payload={"name": "A", "config": {"download": [FILE]}}, **fields)


def test_creations_are_those_that_may_still_be_applied(store: Store, save: Save) -> None:
    save(
        a_change(1),
        a_change(2, operation=Operation.update, base_serial=1),
        a_change(3, status=ChangeStatus.withdrawn, withdrawn_at=1000),
        a_change(4, resource_kind=ResourceKind.image_baseline),
        a_change(5, category="clip", model_name="Ä b", **APPROVED),
    )

    with store.review_view() as view:
        assert view.changes.open_creations() == [
            OpenProposal(change_id=1, category="esrgan", name="Model 1"),
            OpenProposal(change_id=5, category="clip", name="Ä b"),
        ]


def test_a_proposal_is_found_by_a_text_that_it_says(store: Store, save: Save) -> None:
    save(a_change(1), with_file(2), with_file(3, form=RecordForm.legacy))

    assert saying(store, SUM) == [2, 3]
    assert saying(store, ADDRESS) == [2, 3]
    assert saying(store, "nothing", SUM) == [2, 3]
    assert saying(store, SUM, limit=1) == [2]


@pytest.mark.parametrize("text", [SUM[:-1], SUM.upper(), ADDRESS[:-1], "https://files.example/%", "", "\0"])
def test_only_the_whole_text_counts(store: Store, save: Save, text: str) -> None:
    save(with_file(1))

    assert saying(store, text) == []


def test_where_no_text_is_asked_for_nothing_is_found(store: Store, save: Save) -> None:
    save(with_file(1))

    assert saying(store) == []


def test_what_is_over_or_deletes_is_not_found(store: Store, save: Save) -> None:
    save(
        with_file(1, status=ChangeStatus.withdrawn, withdrawn_at=1000),
        with_file(2, operation=Operation.delete, base_serial=1),
        with_file(3, operation=Operation.update, base_serial=1, **APPROVED),
    )

    assert saying(store, SUM) == [3]
