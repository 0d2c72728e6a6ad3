import pytest
from fakes import MemoryDatabase, MemoryUnitOfWork
from review_at_once_contract import ApprovingAtOnceContract
from review_contract import UowFactory


@pytest.fixture
def new_uow() -> UowFactory:
    database = MemoryDatabase()
    return lambda: MemoryUnitOfWork(database)


class TestApprovingAtOnceInMemory(ApprovingAtOnceContract):
    pass
