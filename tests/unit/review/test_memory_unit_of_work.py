import pytest
from fakes import MemoryDatabase, MemoryUnitOfWork
from review_applying_contract import ApplyingContract
from review_contract import UnitOfWorkContract, UowFactory
from review_steps_contract import ReviewStepsContract


@pytest.fixture
def new_uow() -> UowFactory:
    database = MemoryDatabase()
    return lambda: MemoryUnitOfWork(database)


class TestMemoryUnitOfWork(UnitOfWorkContract):
    pass


class TestReviewStepsInMemory(ReviewStepsContract):
    pass


class TestApplyingInMemory(ApplyingContract):
    pass
