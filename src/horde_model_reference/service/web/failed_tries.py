"""How often people at one address may try to sign in with keys that are nobody's."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Final

from fastapi import Request

from horde_model_reference.domain.errors import RegistryError

_WINDOW_SECONDS: Final = 60.0
_MOST_REMEMBERED: Final = 10_000
_NETWORK_BITS: Final = 64
"""Of an IPv6 address: whoever has one has all that begin alike."""


class TooManyTriesError(RegistryError):
    """So many tries of an address failed that it has to wait."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            f"Too many keys that are nobody's came from your address. Try again in {wait_seconds} seconds."
        )
        self.wait_seconds = wait_seconds


class FailedTries:
    """Counts the failed tries of each address in the last minute; for one thread."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Let ``most`` tries fail a minute; 0 means that there is no limit."""
        self._most = most
        self._clock = clock
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, source: str) -> None:
        """Raise TooManyTriesError for an address that has to wait."""
        failed = self._failed.get(source)
        if failed is None or not self._most or len(failed) < self._most:
            return
        remaining = failed[0] + _WINDOW_SECONDS - self._clock()
        if remaining > 0:
            raise TooManyTriesError(ceil(remaining))

    def note(self, source: str) -> None:
        """Remember that a try of an address failed."""
        failed = self._failed.setdefault(source, deque(maxlen=self._most or 1))
        failed.append(self._clock())
        self._failed.move_to_end(source)
        while len(self._failed) > _MOST_REMEMBERED:
            self._failed.popitem(last=False)


def source_of(request: Request) -> str:
    """Return the address that a request comes from, of IPv6 the network."""
    host = "" if request.client is None else request.client.host
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ip_network((address, _NETWORK_BITS), strict=False))
