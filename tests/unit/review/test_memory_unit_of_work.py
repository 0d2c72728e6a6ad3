import pytest
from fakes import MemoryDatabase, MemoryUnitOfWork
from review_contract import UnitOfWorkContract, UowFactory


class TestMemoryUnitOfWork(UnitOfWorkContract):
    @pytest.fixture
    def new_uow(self) -> UowFactory:
        database = MemoryDatabase()
        return lambda: MemoryUnitOfWork(database)
