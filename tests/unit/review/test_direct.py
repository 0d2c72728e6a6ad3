from typing import Any

import pytest
from fakes import MemoryDatabase, MemoryUnitOfWork
from review_contract import APPROVER, REQUESTOR

from horde_model_reference.domain.audit import verify_chain
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document, Operation, RecordForm
from horde_model_reference.domain.errors import (
    NotPermittedError,
    RecordExistsError,
    RecordNotFoundError,
)
from horde_model_reference.review.direct import correct_metadata, write_directly
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.shapers import SHAPERS

RULES = ReviewRules(shapers=SHAPERS, queue_form=RecordForm.legacy)
RECORD = (Category.esrgan, "A")


@pytest.fixture
def uow() -> MemoryUnitOfWork:
    return MemoryUnitOfWork(MemoryDatabase())


def write(uow: MemoryUnitOfWork, operation: Operation, *, now: int = 5, **fields: Any) -> Document | None:
    proposal = Proposal(
        category="esrgan",
        model_name="A",
        operation=operation,
        payload=None if operation is Operation.delete else {"name": "A", "type": "realesrgan", **fields},
        form=RecordForm.legacy,
    )
    return write_directly(uow, proposal, actor=APPROVER, now=now, request_id="direct-1", rules=RULES)


def correct(uow: MemoryUnitOfWork, **corrections: Any) -> Document:
    return correct_metadata(uow, RECORD, corrections, actor=APPROVER, now=9, request_id="metadata-1")


def test_a_record_is_written_at_once_and_the_trail_notes_it(uow: MemoryUnitOfWork) -> None:
    record = write(uow, Operation.create, description="d")

    with uow:
        head = uow.records.head("esrgan", "A")
        (event,) = uow.audit.events()
        assert verify_chain([event], head=uow.audit.head()) is None
    assert head is not None
    assert head.legacy == record == event.payload["after"]
    assert head.document["description"] == "d"
    assert (event.request_id, event.serial, event.domain) == ("direct-1", 1, RecordForm.legacy)


def test_an_update_is_stamped_by_who_wrote_it(uow: MemoryUnitOfWork) -> None:
    write(uow, Operation.create)

    record = write(uow, Operation.update, now=7)

    assert record is not None
    assert record["metadata"] == {"created_at": 5, "updated_at": 7, "updated_by": "2003"}


def test_a_deleted_record_is_gone(uow: MemoryUnitOfWork) -> None:
    write(uow, Operation.create)

    assert write(uow, Operation.delete) is None

    with uow:
        assert uow.records.head("esrgan", "A") is None


def test_what_does_not_fit_is_refused(uow: MemoryUnitOfWork) -> None:
    with pytest.raises(RecordNotFoundError):
        write(uow, Operation.update)
    write(uow, Operation.create)
    with pytest.raises(RecordExistsError):
        write(uow, Operation.create)


def test_only_approvers_write_directly(uow: MemoryUnitOfWork) -> None:
    proposal = Proposal(category="esrgan", model_name="A", operation=Operation.delete)

    with pytest.raises(NotPermittedError):
        write_directly(uow, proposal, actor=REQUESTOR, now=5, request_id="direct-1", rules=RULES)
    with pytest.raises(NotPermittedError):
        correct_metadata(uow, RECORD, {"created_at": 1}, actor=REQUESTOR, now=5, request_id="metadata-1")


def test_corrected_metadata_is_merged_in_both_forms(uow: MemoryUnitOfWork) -> None:
    write(uow, Operation.create)

    metadata = correct(uow, created_by="x", updated_at=None)

    with uow:
        head = uow.records.head("esrgan", "A")
    assert metadata == {"created_at": 5, "created_by": "x"}
    assert head is not None
    assert head.document["metadata"]["created_by"] == "x"
    assert head.legacy is not None
    assert head.legacy["metadata"] == metadata


def test_metadata_of_a_record_that_is_not_there_can_not_be_corrected(uow: MemoryUnitOfWork) -> None:
    with pytest.raises(RecordNotFoundError):
        correct(uow, created_by="x")
