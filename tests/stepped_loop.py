"""An event loop whose time is a test's."""

import asyncio
import time

_TURNS = 10
"""More than it takes from a timer that goes off to the end of the connection that it closes."""


class SteppedLoop(asyncio.SelectorEventLoop):
    """Time stands still in it, but for the steps that a test makes."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._let_go_at: float | None = None

    def time(self) -> float:
        """Return the time of this loop, in seconds."""
        return self._now if self._let_go_at is None else self._now + time.monotonic() - self._let_go_at

    async def step(self, seconds: float) -> None:
        """Make a step, and everything that is due then."""
        self._now += seconds
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    def let_go(self) -> None:
        """Let time pass by itself from now on."""
        self._let_go_at = time.monotonic()
