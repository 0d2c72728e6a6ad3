import pytest
from review_applying_contract import ApplyingContract
from review_contract import UnitOfWorkContract, UowFactory
from review_steps_contract import ReviewStepsContract

from horde_model_reference.store.store import Store


@pytest.fixture
def new_uow(store: Store) -> UowFactory:
    return store.unit_of_work


@pytest.fixture
def lenient_uow(store: Store) -> UowFactory:
    return lambda: store.unit_of_work(allow_self_approval=True)


class TestSqlUnitOfWork(UnitOfWorkContract):
    pass


class TestReviewStepsOnTheStore(ReviewStepsContract):
    def test_a_deployment_may_let_people_approve_and_apply_their_own_changes(
        self, lenient_uow: UowFactory
    ) -> None:
        super().test_a_deployment_may_let_people_approve_and_apply_their_own_changes(lenient_uow)


class TestApplyingOnTheStore(ApplyingContract):
    pass
