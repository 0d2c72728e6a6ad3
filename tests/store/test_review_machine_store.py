import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from review_contract import UowFactory
from review_machine import ReviewMachine

from horde_model_reference.store.store import Store

_SETTINGS = settings(
    max_examples=int(os.environ.get("HORDE_REVIEW_EXAMPLES", "6")),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture
def run(new_url: Callable[[], str]) -> Iterator[Callable[[], None]]:
    opened: list[Store] = []

    def new_uow_factory() -> UowFactory:
        opened.append(Store.open(new_url()))
        return opened[-1].unit_of_work

    class MachineOnTheStore(ReviewMachine):
        new_store = staticmethod(new_uow_factory)

        def teardown(self) -> None:
            opened.pop().close()

    yield lambda: run_state_machine_as_test(MachineOnTheStore, settings=_SETTINGS)
    for store in opened:
        store.close()


def test_people_at_work_at_random_break_no_rule(run: Callable[[], None]) -> None:
    run()
