"""The circuit breaker in front of the AI-Horde: who doesn't answer is left in peace for a while (spec 13)."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerState:
    """How calls fared of late."""

    is_open: bool
    """Whether calls are held back, or would be until one has succeeded again."""
    consecutive_failures: int
    seconds_until_retry: float | None
    """None where nothing is held back at the moment."""

    @property
    def is_healthy(self) -> bool:
        """Return whether the last call succeeded, or none was made yet."""
        return self.consecutive_failures == 0


class CircuitBreaker:
    """Opens after a number of failed calls in a row; after a pause one call may try, and decides."""

    def __init__(
        self,
        *,
        failures_to_open: int = 5,
        cool_down_seconds: float = 120,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures_to_open = failures_to_open
        self._cool_down_seconds = cool_down_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._failed_at = 0.0
        self._is_probing = False
        self._listeners: list[Callable[[], None]] = []

    @property
    def state(self) -> BreakerState:
        """Return how things stand now."""
        with self._lock:
            remaining = self._remaining_seconds()
            return BreakerState(
                is_open=self._failures >= self._failures_to_open,
                consecutive_failures=self._failures,
                seconds_until_retry=remaining or None,
            )

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call a function after calls begin to fail, or to succeed again, on the thread that called."""
        self._listeners.append(listener)

    def admits_call(self) -> bool:
        """Return whether a call may be made now; each call that is made must be noted as one or the other."""
        with self._lock:
            if self._failures < self._failures_to_open:
                return True
            if self._is_probing or self._remaining_seconds() > 0:
                return False
            self._is_probing = True
            return True

    def note_success(self) -> None:
        """Note that a call was answered."""
        self._note(failures=lambda _before: 0)

    def note_failure(self) -> None:
        """Note that a call was not answered, with all its attempts."""
        self._note(failures=lambda before: before + 1)

    def _note(self, *, failures: Callable[[int], int]) -> None:
        with self._lock:
            before, self._failures = self._failures, failures(self._failures)
            self._is_probing = False
            if self._failures:
                self._failed_at = self._clock()
            has_changed = (before == 0) != (self._failures == 0)
        if has_changed:
            for listener in self._listeners:
                listener()

    def _remaining_seconds(self) -> float:
        if self._failures < self._failures_to_open:
            return 0.0
        return max(0.0, self._failed_at + self._cool_down_seconds - self._clock())
