"""Keeping the figures of each day as they come in, behind the backs of those who read them."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Protocol

from horde_model_reference.catalog.live import (
    WORK_KIND_OF_CATEGORY,
    LiveDataUnavailableError,
    LiveModels,
    WorkKind,
)
from horde_model_reference.catalog.live_join import join
from horde_model_reference.catalog.reference_models import read_models
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.usage_history import UsageHistory, day_report, utc_day
from horde_model_reference.domain.categories import Category

_log = logging.getLogger(__name__)
_LONGEST_STOP_SECONDS = 5


class LiveDataAtHand(Protocol):
    """Gives the last live data without asking anybody."""

    def at_hand(self, kind: WorkKind) -> LiveModels:
        """Return the last data; raise LiveDataUnavailableError where there is none."""
        ...


class UsageRecorder:
    """A thread that writes new live data down as the figures of its day; no reader waits for it.

    A database that can't be written costs a warning, and the next data after the pause is tried again.
    """

    def __init__(
        self,
        history: UsageHistory,
        live: LiveDataAtHand,
        snapshot_of: Callable[[Category], CategorySnapshot | None],
        *,
        pause_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Write a category down once in ``pause_seconds`` at most, and when a new day begins."""
        self._history = history
        self._live = live
        self._snapshot_of = snapshot_of
        self._pause_seconds = pause_seconds
        self._clock = clock
        self._tried: dict[Category, tuple[date, float]] = {}
        self._has_news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="usage-history", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def notice(self) -> None:
        """Tell that there is new live data; this returns at once."""
        self._has_news.set()

    def stop(self) -> None:
        """Stop, and wait for what is being written, but not for ever."""
        self._stopping.set()
        self._has_news.set()
        if self._thread.is_alive():
            self._thread.join(_LONGEST_STOP_SECONDS)

    def record(self) -> None:
        """Write down what is at hand, as far as that is due."""
        for category, kind in WORK_KIND_OF_CATEGORY.items():
            try:
                self._record(category, self._live.at_hand(kind))
            except LiveDataUnavailableError:
                continue  # one of its parts is still to come
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one category, the rest goes on
                _log.warning("the usage of %s can't be recorded: %s", category, str(error))

    def _record(self, category: Category, live: LiveModels) -> None:
        day, snapshot = utc_day(live.fetched_at), self._snapshot_of(category)
        if not snapshot or not self._is_due(category, day):
            return
        report = day_report(category, live, join(read_models(snapshot), live))
        if report is None:
            return
        self._tried[category] = (day, self._clock())
        if self._history.note(report, least_pause_seconds=self._pause_seconds):
            _log.debug("recorded the usage of %d models of %s", len(report.figures), category)

    def _is_due(self, category: Category, day: date) -> bool:
        tried_day, tried_at = self._tried.get(category, (None, 0.0))
        return day != tried_day or self._clock() - tried_at >= self._pause_seconds

    def _run(self) -> None:
        while True:
            self._has_news.wait()
            if self._stopping.is_set():
                return
            self._has_news.clear()
            self.record()
