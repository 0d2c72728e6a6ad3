"""People at work at random on real databases, with restarts between their steps.

The default is a few hundred steps. ``HORDE_LONG_TESTS`` takes 50,000 on each database, or as many as
``HORDE_REVIEW_STEPS`` says, which may be split over several runs: each begins with another seed.
"""

import logging
import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from review_contract import UowFactory
from review_machine import FragileUnitOfWork, ReviewMachine

from horde_model_reference.store.store import Store

_log = logging.getLogger(__name__)

_IS_LONG = "HORDE_LONG_TESTS" in os.environ
_STEPS = int(os.environ.get("HORDE_REVIEW_STEPS", "50000" if _IS_LONG else "200"))
_SETTINGS = settings(
    max_examples=100 if _IS_LONG else 4,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Steps:
    """Counts the steps that were taken and held against the rules."""

    def __init__(self) -> None:
        self.taken = 0


@pytest.fixture
def machine(new_url: Callable[[], str]) -> Iterator[tuple[type[ReviewMachine], Steps]]:
    opened: list[Store] = []
    steps = Steps()

    def new_uow_factory() -> UowFactory:
        opened.append(Store.open(new_url()))
        return opened[-1].unit_of_work

    class MachineOnTheStore(ReviewMachine):
        new_store = staticmethod(new_uow_factory)

        @rule()
        def restart(self) -> None:
            store = opened.pop()
            url = store.engine.url
            store.close()
            opened.append(Store.open(url.render_as_string(hide_password=False)))
            self.desk.uow = self.fragile = FragileUnitOfWork(opened[-1].unit_of_work())
            self.look_again()

        @invariant()
        def the_step_counts(self) -> None:
            steps.taken += 1

        def teardown(self) -> None:
            steps.taken -= 1  # what was there at the beginning
            opened.pop().close()

    yield MachineOnTheStore, steps
    for store in opened:
        store.close()


@pytest.mark.timeout(0 if _IS_LONG else 300)
def test_people_at_work_at_random_break_no_rule(machine: tuple[type[ReviewMachine], Steps]) -> None:
    tested, steps = machine

    while steps.taken < _STEPS:
        run_state_machine_as_test(tested, settings=_SETTINGS)
        if _IS_LONG:
            _log.info("%s steps", steps.taken)
