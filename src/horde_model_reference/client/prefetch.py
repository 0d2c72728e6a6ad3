"""When a manager loads its data (spec 30 §4.2)."""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from enum import StrEnum
from typing import Any


class PrefetchStrategy(StrEnum):
    """When the data is loaded: at the first read, or before."""

    LAZY = "lazy"
    SYNC = "sync"
    DEFERRED = "deferred"
    ASYNC = "async"
    NONE = "none"

    @classmethod
    def _missing_(cls, value: object) -> "PrefetchStrategy":
        raise ValueError(f"{value!r} is no prefetch strategy; there are {', '.join(cls)}")


class DeferredPrefetchHandle:
    """Loads everything when told to; everybody who asks while that runs waits for the same run.

    It belongs to no event loop: it may be made in one thread and awaited in the loop of another.
    """

    def __init__(self, load: Callable[[bool], None], *, force_refresh: bool = False) -> None:
        self._load = load
        self._force_refresh = force_refresh
        self._run: Future[None] | None = None
        self._lock = threading.Lock()

    @property
    def force_refresh(self) -> bool:
        """Whether the sources are asked even where the data is current."""
        return self._force_refresh

    @property
    def is_running(self) -> bool:
        """Whether a run is on its way."""
        run = self._run
        return run is not None and not run.done()

    def run_sync(self) -> None:
        """Load everything, or wait for the run that does."""
        with self._lock:
            run, is_mine = self._begun()
        if is_mine:
            self._carry_out(run)
        run.result()

    async def run_async(self, httpx_client: object = None) -> None:
        """Do as `run_sync` without blocking the event loop; a client is not needed."""
        import asyncio  # noqa: PLC0415 - most programs never await, and must not pay for loading it

        del httpx_client
        await asyncio.wrap_future(self.start())

    def start(self) -> "Future[None]":
        """Begin to load in a thread, unless a run is on its way, and return what tells of its end."""
        with self._lock:
            run, is_mine = self._begun()
        if is_mine:
            threading.Thread(
                target=self._carry_out, args=(run,), name="model-reference-prefetch", daemon=True
            ).start()
        # A waiter that is cancelled must not cancel the run that others wait for.
        waiting: Future[None] = Future()
        run.add_done_callback(lambda done: _tell(waiting, done))
        return waiting

    def __await__(self) -> Generator[Any, None, None]:
        """Await `run_async`."""
        return self.run_async().__await__()

    def _begun(self) -> "tuple[Future[None], bool]":
        if self._run is not None and not self._run.done():
            return self._run, False
        self._run = Future()
        return self._run, True

    def _carry_out(self, run: "Future[None]") -> None:
        try:
            self._load(self._force_refresh)
        except BaseException as error:
            run.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            run.set_result(None)


def _tell(waiting: "Future[None]", done: "Future[None]") -> None:
    if not waiting.set_running_or_notify_cancel():
        return
    error = done.exception()
    if error is None:
        waiting.set_result(None)
    else:
        waiting.set_exception(error)
