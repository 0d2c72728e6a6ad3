import pytest
from review_at_once_contract import ApprovingAtOnceContract
from review_contract import UowFactory

from horde_model_reference.store.store import Store


@pytest.fixture
def new_uow(store: Store) -> UowFactory:
    return store.unit_of_work


class TestApprovingAtOnceOnTheStore(ApprovingAtOnceContract):
    pass
