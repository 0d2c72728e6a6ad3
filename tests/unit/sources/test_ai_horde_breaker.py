"""When calls to the AI-Horde are held back (spec 13, breaker)."""

import pytest

from horde_model_reference.sources.ai_horde_breaker import CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(clock=clock)


def fail(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        breaker.note_failure()


def test_four_failures_hold_nothing_back(breaker: CircuitBreaker) -> None:
    fail(breaker, 4)

    state = breaker.state
    assert breaker.admits_call()
    assert (state.is_open, state.consecutive_failures, state.seconds_until_retry) == (False, 4, None)
    assert not state.is_healthy


def test_the_fifth_failure_in_a_row_opens_it(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 20

    assert not breaker.admits_call()
    assert breaker.state.is_open
    assert breaker.state.seconds_until_retry == 100


def test_a_success_in_between_begins_the_count_anew(breaker: CircuitBreaker) -> None:
    fail(breaker, 4)
    breaker.note_success()
    fail(breaker, 4)

    assert not breaker.state.is_open


def test_after_the_pause_one_call_may_try(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 120

    assert [breaker.admits_call() for _ in range(3)] == [True, False, False]
    assert breaker.state.is_open
    assert breaker.state.seconds_until_retry is None


def test_a_failed_try_begins_the_pause_anew(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 120
    breaker.admits_call()
    breaker.note_failure()

    assert breaker.state.seconds_until_retry == 120
    assert not breaker.admits_call()


def test_a_good_try_closes_it(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.now += 120
    breaker.admits_call()
    breaker.note_success()

    assert breaker.state.is_healthy
    assert not breaker.state.is_open
    assert breaker.admits_call()


def test_listeners_hear_when_trouble_begins_and_ends_but_not_in_between(breaker: CircuitBreaker) -> None:
    heard: list[bool] = []
    breaker.on_change(lambda: heard.append(breaker.state.is_healthy))

    breaker.note_success()
    fail(breaker, 3)
    breaker.note_success()
    breaker.note_success()

    assert heard == [False, True]
