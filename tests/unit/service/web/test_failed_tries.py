"""How often somebody may try keys that are nobody's."""

import pytest
from fastapi import Request

from horde_model_reference.service.web.failed_tries import FailedTries, TooManyTriesError, source_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def failed(clock: Clock, *, most: int, times: int) -> FailedTries:
    tries = FailedTries(most, clock=clock)
    for _ in range(times):
        tries.check("one")
        tries.note("one")
    return tries


def test_who_failed_too_often_waits_until_a_minute_has_passed() -> None:
    clock = Clock()
    tries = failed(clock, most=3, times=3)
    clock.now = 20.5

    with pytest.raises(TooManyTriesError, match="Try again in 40 seconds"):
        tries.check("one")

    tries.check("other")
    clock.now = 60
    tries.check("one")


def test_old_tries_do_not_count() -> None:
    clock = Clock()
    tries = failed(clock, most=2, times=1)
    clock.now = 50
    tries.note("one")
    clock.now = 61

    tries.check("one")
    tries.note("one")

    with pytest.raises(TooManyTriesError):
        tries.check("one")


def test_there_may_be_no_limit() -> None:
    failed(Clock(), most=0, times=100)


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        (None, ""),
    ],
)
def test_an_address_counts_as_one(host: str | None, source: str) -> None:
    client = None if host is None else (host, 1)

    assert source_of(Request({"type": "http", "client": client, "headers": []})) == source
