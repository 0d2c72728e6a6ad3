"""Live data from the AI-Horde, never waited for longer than need be (spec 13)."""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, TypeVar

from horde_model_reference.catalog.live import (
    LiveDataUnavailableError,
    LiveModels,
    StatusTable,
    UsageTable,
    WorkerTable,
    WorkKind,
)
from horde_model_reference.sources.ai_horde_answers import ReadAnswer, read_status, read_usage, read_workers
from horde_model_reference.sources.ai_horde_breaker import BreakerState, CircuitBreaker
from horde_model_reference.sources.ai_horde_cell import LiveCell
from horde_model_reference.sources.ai_horde_http import RetryingGet

_Table = TypeVar("_Table")
_Cells: TypeAlias = dict[WorkKind, LiveCell[_Table]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTimes:
    """How long live data may be used, and waited for; seconds."""

    fresh_seconds: float = 60
    """Younger data is given out as it is."""
    stale_seconds: float = 600
    """Younger data is given out at once while it is renewed; for older data the renewal is waited for."""
    patience_seconds: float = 3
    """Nobody waits longer for a call, counted from its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a reader should wait for before reading; nothing where ``seconds`` is 0."""

    landings: tuple["Future[None]", ...] = ()
    seconds: float = 0.0


class AIHordeClient:
    """Status, usage and workers by kind of work; safe to use from several threads.

    Readers get what is at hand. A reader waits only where nothing recent is at hand and the AI-Horde is not
    known to be in trouble, and then a few seconds at most.
    """

    def __init__(
        self,
        requests: RetryingGet,
        breaker: CircuitBreaker,
        *,
        times: LiveTimes | None = None,
        clock: Callable[[], float] = time.monotonic,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        self._requests = requests
        self._breaker = breaker
        self._times = times or LiveTimes()
        self._clock = clock
        self._listeners: list[Callable[[], None]] = []

        def cells(name: str, fetch: Callable[[WorkKind], ReadAnswer[_Table]]) -> _Cells[_Table]:
            return {
                kind: LiveCell(
                    f"{kind} {name}",
                    partial(fetch, kind),
                    breaker=breaker,
                    clock=clock,
                    unix_clock=unix_clock,
                    on_kept=self._tell,
                )
                for kind in WorkKind
            }

        self._status = cells("status", self._fetch_status)
        self._usage = cells("usage", self._fetch_usage)
        self._workers = cells("workers", self._fetch_workers)

    @property
    def state(self) -> BreakerState:
        """Return how calls fared of late."""
        return self._breaker.state

    @property
    def skipped_rows(self) -> int:
        """Return how many malformed rows were left out so far."""
        return sum(cell.skipped_rows for kind in WorkKind for cell in self._cells(kind, with_workers=True))

    @property
    def fresh_seconds(self) -> float:
        """Return how long data counts as fresh."""
        return self._times.fresh_seconds

    def live(self, kind: WorkKind, *, with_workers: bool = False) -> LiveModels:
        """Return the data, after a wait where that is worth it.

        Raises:
            LiveDataUnavailableError: There is none.
        """
        due = self.renew(kind, with_workers=with_workers)
        if due.seconds:
            wait(due.landings, timeout=due.seconds)
        return self.at_hand(kind, with_workers=with_workers)

    def renew(self, kind: WorkKind, *, with_workers: bool = False) -> Wait:
        """Begin to fetch what is not fresh, and say what to wait for before reading it with `at_hand`."""
        landings: list[Future[None]] = []
        seconds = 0.0
        is_well = self._breaker.state.is_healthy and not self._hangs()
        for cell in self._cells(kind, with_workers=with_workers):
            age = cell.age_seconds()
            if age is not None and age < self._times.fresh_seconds:
                continue
            flight = cell.refresh(fresh_seconds=self._times.fresh_seconds)
            if flight is None or not is_well or (age is not None and age < self._times.stale_seconds):
                continue
            remaining = flight.began_at + self._times.patience_seconds - self._clock()
            if remaining > 0:
                landings.append(flight.landed)
                seconds = max(seconds, remaining)
        return Wait(landings=tuple(landings), seconds=seconds)

    def at_hand(self, kind: WorkKind, *, with_workers: bool = False) -> LiveModels:
        """Return the last data of each part, however old; call `renew` first.

        Raises:
            LiveDataUnavailableError: A part has never been fetched.
        """
        status, usage = self._status[kind].kept, self._usage[kind].kept
        workers = self._workers[kind].kept if with_workers else None
        if status is None or usage is None or (with_workers and workers is None):
            raise LiveDataUnavailableError(
                f"The AI-Horde has not answered with {kind} data yet; try again in a few seconds."
            )
        parts = [part for part in (status, usage, workers) if part is not None]
        return LiveModels(
            kind=kind,
            status=status.table,
            usage=usage.table,
            workers=workers.table if workers is not None else None,
            fetched_at=min(part.fetched_at_unix for part in parts),
            age_seconds=max(0.0, self._clock() - min(part.fetched_at for part in parts)),
            version=tuple(part.number for part in parts),
        )

    def refresh_all(self) -> None:
        """Begin to fetch status and usage of both kinds, fresh or not."""
        for kind in WorkKind:
            for cell in self._cells(kind, with_workers=False):
                cell.refresh()

    def on_fetch(self, listener: Callable[[], None]) -> None:
        """Call a function after each new answer, on the thread that fetched it; it must return at once."""
        self._listeners.append(listener)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _hangs(self) -> bool:
        every = (cell for kind in WorkKind for cell in self._cells(kind, with_workers=True))
        return any(cell.flight_seconds() > self._times.patience_seconds for cell in every)

    def _cells(self, kind: WorkKind, *, with_workers: bool) -> list[LiveCell[Any]]:
        cells: list[LiveCell[Any]] = [self._status[kind], self._usage[kind]]
        return [*cells, self._workers[kind]] if with_workers else cells

    def _fetch_status(self, kind: WorkKind) -> ReadAnswer[StatusTable]:
        query = {"type": kind.value, "model_state": "known"}
        return read_status(kind, self._requests.get("status/models", query))

    def _fetch_usage(self, kind: WorkKind) -> ReadAnswer[UsageTable]:
        path = "stats/img/models" if kind is WorkKind.image else "stats/text/models"
        return read_usage(kind, self._requests.get(path, {"model_state": "known"}))

    def _fetch_workers(self, kind: WorkKind) -> ReadAnswer[WorkerTable]:
        return read_workers(self._requests.get("workers", {"type": kind.value}))
