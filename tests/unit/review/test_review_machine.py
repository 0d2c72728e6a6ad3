from fakes import MemoryDatabase, MemoryUnitOfWork
from hypothesis import HealthCheck, settings
from review_contract import UowFactory
from review_machine import ReviewMachine


def _in_memory() -> UowFactory:
    database = MemoryDatabase()
    return lambda: MemoryUnitOfWork(database)


class InMemoryMachine(ReviewMachine):
    new_store = staticmethod(_in_memory)


TestPeopleAtWorkInMemory = InMemoryMachine.TestCase
TestPeopleAtWorkInMemory.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
