"""One kind of answer of the AI-Horde, kept and renewed behind the backs of those who read it."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.sources.ai_horde_answers import ReadAnswer
from horde_model_reference.sources.ai_horde_breaker import CircuitBreaker
from horde_model_reference.sources.ai_horde_http import ClosedError

_Table = TypeVar("_Table")
_Table_co = TypeVar("_Table_co", covariant=True)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Generic[_Table_co]):
    """An answer with its times."""

    table: _Table_co
    number: int
    """Counts the answers of one kind."""
    fetched_at: float
    """On the monotonic clock."""
    fetched_at_unix: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """A call that is under way; several readers may wait for the same."""

    landed: "Future[None]"
    """Done when the call has ended, well or not; it never holds an error."""
    began_at: float
    """On the monotonic clock."""


class LiveCell(Generic[_Table]):
    """Keeps the last answer for ever and fetches the next in a thread of its own, one at a time."""

    def __init__(
        self,
        name: str,
        fetch: Callable[[], ReadAnswer[_Table]],
        *,
        breaker: CircuitBreaker,
        clock: Callable[[], float],
        unix_clock: Callable[[], float],
        on_kept: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = name
        self._on_kept = on_kept
        self._fetch = fetch
        self._breaker = breaker
        self._clock = clock
        self._unix_clock = unix_clock
        self._lock = threading.Lock()
        self._flight: Flight | None = None
        self.kept: Kept[_Table] | None = None
        """The last good answer; None before the first."""
        self.skipped_rows = 0
        """Malformed rows that were left out, of all answers so far."""

    def age_seconds(self) -> float | None:
        """Return how old the kept answer is; None without one."""
        return None if self.kept is None else self._clock() - self.kept.fetched_at

    def flight_seconds(self) -> float:
        """Return for how long a call has been under way; 0 where there is none."""
        flight = self._flight
        return 0.0 if flight is None else self._clock() - flight.began_at

    def refresh(self, *, fresh_seconds: float = 0.0) -> Flight | None:
        """Return the call under way, after beginning one where there is none.

        None: none is allowed, or an answer is at hand that is younger than ``fresh_seconds``; one may have
        come in since the caller looked.
        """
        with self._lock:
            if self._flight is None:
                age = self.age_seconds()
                if (age is not None and age < fresh_seconds) or not self._breaker.admits_call():
                    return None
                self._flight = Flight(landed=Future(), began_at=self._clock())
                self._flight.landed.set_running_or_notify_cancel()  # no reader can cancel it for the others
                # A daemon: a call that hangs must not keep the program from ending.
                threading.Thread(
                    target=self._fly, args=(self._flight,), name=f"ai-horde-{self._name}", daemon=True
                ).start()
            return self._flight

    def _fly(self, flight: Flight) -> None:
        try:
            self._keep(self._fetch())
        except ClosedError:
            _log.debug("fetching %s from the AI-Horde ended with the program", self._name)
        except SourceUnavailableError as error:
            # Its words alone: a handler that keeps records would keep its frames, and all models with them.
            _log.warning("no %s from the AI-Horde: %s", self._name, str(error))
            self._breaker.note_failure()
        except Exception:  # noqa: BLE001 - the outermost border of a thread; readers wait for its end
            _log.exception("fetching %s from the AI-Horde failed", self._name)
            self._breaker.note_failure()
        else:
            self._breaker.note_success()
        finally:
            with self._lock:
                self._flight = None
            flight.landed.set_result(None)

    def _keep(self, answer: ReadAnswer[_Table]) -> None:
        if answer.skipped_rows:
            _log.warning(
                "left out %d malformed rows of %s from the AI-Horde", answer.skipped_rows, self._name
            )
            self.skipped_rows += answer.skipped_rows
        self.kept = Kept(
            table=answer.table,
            number=1 if self.kept is None else self.kept.number + 1,
            fetched_at=self._clock(),
            fetched_at_unix=int(self._unix_clock()),
        )
        self._on_kept()
