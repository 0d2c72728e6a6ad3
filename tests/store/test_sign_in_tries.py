"""How often somebody may try keys that are nobody's."""

import pytest
import sqlalchemy as sa
from factories import SettableClock

from horde_model_reference.store.sign_in_tries import SignInTries, TooManyTriesError
from horde_model_reference.store.store import Store


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


def tries_of(store: Store, clock: SettableClock, *, most: int) -> SignInTries:
    return SignInTries(store.engine, most=most, clock=clock)


def test_who_failed_too_often_waits_until_a_minute_has_passed(store: Store, clock: SettableClock) -> None:
    tries = tries_of(store, clock, most=3)
    for _ in range(3):
        tries.begin("one")
    clock.now += 20

    with pytest.raises(TooManyTriesError, match="Try again in 40 seconds"):
        tries.begin("one")

    tries.begin("other")
    clock.now += 40
    tries.begin("one")


def test_tries_at_another_worker_count(store: Store, clock: SettableClock) -> None:
    tries_of(store, clock, most=2).begin("one")
    tries_of(store, clock, most=2).begin("one")

    with pytest.raises(TooManyTriesError):
        tries_of(store, clock, most=2).begin("one")


def test_tries_that_are_under_way_count(store: Store, clock: SettableClock) -> None:
    tries = tries_of(store, clock, most=1)
    try_id = tries.begin("one")

    with pytest.raises(TooManyTriesError):
        tries.begin("one")
    tries.forget(try_id)

    tries.begin("one")


def test_old_tries_do_not_count(store: Store, clock: SettableClock) -> None:
    tries = tries_of(store, clock, most=2)
    tries.begin("one")
    clock.now += 50
    tries.begin("one")
    clock.now += 11
    tries.begin("one")

    with pytest.raises(TooManyTriesError, match="in 49 seconds"):
        tries.begin("one")


def test_addresses_are_forgotten_after_the_minute(store: Store, clock: SettableClock) -> None:
    tries = tries_of(store, clock, most=2)
    tries.begin("one")
    clock.now += 60
    tries.begin("other")

    with store.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT source FROM sign_in_tries")).scalars().all() == ["other"]


def test_there_may_be_no_limit(store: Store, clock: SettableClock) -> None:
    tries = tries_of(store, clock, most=0)

    for _ in range(10):
        tries.forget(tries.begin("one"))
