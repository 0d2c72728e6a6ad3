"""Work done behind the backs of readers, each piece once at a time."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

_log = logging.getLogger(__name__)

_MOST_WORKERS: Final = 4
_STUCK_SECONDS: Final = 1.0


class Errands:
    """Runs jobs by key on daemon threads: whoever asks for one that waits or runs gets the same one.

    One thread does them in turn, so that connections are used again; more are started only where a job takes
    long, so that it holds up no other. Threads end when there is nothing left to do.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, Callable[[], None]]] = deque()
        self._futures: dict[str, Future[None]] = {}
        self._busy_since: dict[int, float] = {}
        self._workers = 0

    def submit(self, key: str, job: Callable[[], None]) -> "Future[None]":
        """Run a job soon, unless one of that key is on its way; the future tells when it is done."""
        with self._lock:
            found = self._futures.get(key)
            if found is not None:
                return found
            future: Future[None] = Future()
            self._futures[key] = future
            self._waiting.append((key, job))
            if self._workers == 0:
                self._start_worker()
        return future

    def hurry(self) -> None:
        """Start another thread where jobs wait behind one that takes long."""
        with self._lock:
            stuck = sum(time.monotonic() - since > _STUCK_SECONDS for since in self._busy_since.values())
            if self._waiting and stuck == self._workers < _MOST_WORKERS:
                self._start_worker()

    def is_running(self, key: str) -> bool:
        """Tell whether a job of that key waits or runs."""
        return key in self._futures

    def _start_worker(self) -> None:
        self._workers += 1
        threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _work(self) -> None:
        me = threading.get_ident()
        while True:
            with self._lock:
                self._busy_since.pop(me, None)
                if not self._waiting:
                    self._workers -= 1
                    return
                key, job = self._waiting.popleft()
                self._busy_since[me] = time.monotonic()
            try:
                job()
            except BaseException as error:  # noqa: BLE001 - whoever waits for the job is told
                failure: BaseException | None = error
                _log.exception("%s of %s failed", self._name, key)
            else:
                failure = None
            with self._lock:
                future = self._futures.pop(key)
            if failure is None:
                future.set_result(None)
            else:
                future.set_exception(failure)
