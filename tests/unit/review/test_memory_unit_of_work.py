from dataclasses import replace

import pytest
from fakes import MemoryDatabase, MemoryUnitOfWork
from review_applying_contract import ApplyingContract
from review_contract import UnitOfWorkContract, UowFactory
from review_desk import Desk
from review_steps_contract import ReviewStepsContract

from horde_model_reference.review.ports import FailureKind


@pytest.fixture
def new_uow() -> UowFactory:
    database = MemoryDatabase()
    return lambda: MemoryUnitOfWork(database)


class TestMemoryUnitOfWork(UnitOfWorkContract):
    pass


class TestReviewStepsInMemory(ReviewStepsContract):
    pass


class TestApplyingInMemory(ApplyingContract):
    # The store keeps no such change.
    def test_a_change_without_its_record_stops_a_batch(self, desk: Desk) -> None:
        desk.propose()
        desk.decide(approve=[1])
        with desk.uow:
            desk.uow.changes.save(replace(desk.uow.changes.get(1), payload=None))
            desk.uow.commit()

        failure = desk.apply_batch(1).failure

        assert failure is not None
        assert failure.kind is FailureKind.payload
