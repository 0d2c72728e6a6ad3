"""Keeping live data warm, so that no reader has to ask for it (spec 13, hydrator)."""

import threading
from collections.abc import Callable


class LiveRefresher:
    """A thread that calls for fresh data again and again until it is stopped."""

    def __init__(
        self, refresh: Callable[[], None], *, interval_seconds: float, first_after_seconds: float
    ) -> None:
        self._refresh = refresh
        self._interval_seconds = interval_seconds
        self._first_after_seconds = first_after_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ai-horde-refresh", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until that is so."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        pause = self._first_after_seconds
        while not self._stopping.wait(pause):
            self._refresh()
            pause = self._interval_seconds
