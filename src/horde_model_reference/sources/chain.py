"""The copies of a REPLICA: where each comes from, and when it is asked for again (spec 30 §7)."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Protocol

from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.sources.ai_horde_breaker import CircuitBreaker
from horde_model_reference.sources.copies import CategoryCopy, Origin
from horde_model_reference.sources.copy_folder import CopyFolder, Signature
from horde_model_reference.sources.errands import Errands
from horde_model_reference.sources.http import SourceUnreachableError
from horde_model_reference.sources.legacy_files import read_legacy_copy
from horde_model_reference.sources.starter import read_starter_copy

_log = logging.getLogger(__name__)


class CopySource(Protocol):
    """Gives a category as it is now."""

    def fetch_copy(
        self, category: str, known: CategoryCopy | None, *, max_age_seconds: float
    ) -> CategoryCopy | None:
        """Return the category as it was so long ago at most, 0: as it is now.

        The known copy, confirmed, where that was current then; None where there was no such category.

        Raises:
            SourceUnreachableError: Nobody answers.
            SourceUnavailableError: The answer can't be used.
        """
        ...

    def close(self) -> None:
        """Close connections; whoever asks later opens new ones."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainTimes:
    """How long copies are used, and waited for; seconds."""

    fresh_seconds: float = 60
    """Younger copies are used without asking."""
    stale_seconds: float = 600
    """Copies that are older by less than this are given out at once, and renewed behind the reader's back."""
    patience_seconds: float = 2
    """Nobody who could have an older copy waits longer for a newer one."""
    retry_seconds: float = 30
    """How long a source that doesn't answer is left in peace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryStatus:
    """Where the records of a category come from."""

    source: str | None
    """One of `Origin`; None where there are no records."""
    revision: str | None
    """Hash of the content; equal content has an equal one, in every process."""
    age_seconds: float | None
    """Time since the content was last known to be current; None for the starter set, which never was."""
    last_error: str | None
    """Why the last attempt to renew it failed; None where it didn't."""
    is_refreshing: bool = False
    """Whether it is being asked for at the moment."""


@dataclass(slots=True, kw_only=True)
class _Link:
    name: str
    source: CopySource
    breaker: CircuitBreaker

    def fetch(
        self, category: str, known: CategoryCopy | None, *, max_age_seconds: float
    ) -> CategoryCopy | None:
        """Ask the source, unless it did not answer a short while ago."""
        if not self.breaker.admits_call():
            raise SourceUnavailableError("did not answer a short while ago")
        answers = False
        try:
            found = self.source.fetch_copy(category, known, max_age_seconds=max_age_seconds)
            answers = True
        except SourceUnreachableError:
            raise
        except SourceUnavailableError:
            answers = True
            raise
        finally:
            (self.breaker.note_success if answers else self.breaker.note_failure)()
        return found


@dataclass(slots=True, kw_only=True)
class _Slot:
    """What is known of one category; a new copy is put in its place as a whole."""

    copy: CategoryCopy | None = None
    due_at: float = 0.0
    signature: Signature | None = None
    is_kept: bool = False
    """Whether the file in the folder holds the copy."""
    last_error: str | None = None
    was_looked_up: bool = False
    must_ask: bool = True
    """Whether the copy counts as old, whatever its age: a program begins with what is true now."""
    was_marked: bool = False
    """Whether somebody knows that it is old, so that what a source said before does not count."""
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errand:
    """What somebody wants to know of a category."""

    max_age_seconds: float
    """How old the knowledge may be."""
    is_asked_for: bool = False
    """Whether all sources are asked, if need be: for a short outage a copy is not given up otherwise."""


class ReplicaChain:
    """Holds a copy of each category: from the first source that has it, else from the folder or the package.

    Each category is by itself: trouble with one leaves the others alone. A source that doesn't answer is left
    in peace for a while, and readers who can have an older copy get that at once meanwhile.
    """

    def __init__(
        self,
        sources: Sequence[tuple[str, CopySource]],
        folder: CopyFolder,
        *,
        times: ChainTimes | None = None,
        clock: Callable[[], float] = time.monotonic,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        """Ask nothing yet; the sources are asked in their order, each named for people."""
        self._times = times or ChainTimes()
        self._clock = clock
        self._unix_clock = unix_clock
        self._folder = folder
        self._links = [
            _Link(
                name=name,
                source=source,
                breaker=CircuitBreaker(
                    failures_to_open=1, cool_down_seconds=self._times.retry_seconds, clock=clock
                ),
            )
            for name, source in sources
        ]
        self._slots: dict[str, _Slot] = {}
        self._errands = Errands("model-reference-refresh")
        self._slow: Future[None] | None = None
        """What was waited for in vain; over as soon as it is done, whoever notes that first."""
        self._times_closed = 0

    @property
    def folder(self) -> CopyFolder:
        """Where the copies are kept."""
        return self._folder

    def is_due(self, category: str) -> bool:
        """Tell whether `copy` would do more than return what is at hand."""
        slot = self._slots.get(category)
        return slot is None or self._clock() >= slot.due_at

    def mark_due(self, category: str) -> None:
        """Let the next read ask again."""
        slot = self._slots.get(category)
        if slot is not None:
            slot.must_ask = slot.was_marked = True
            slot.due_at = 0.0

    def copy(self, category: str) -> CategoryCopy | None:
        """Return the copy to use now, after a wait where that is worth it; None where nobody has one."""
        slot = self._slots.setdefault(category, _Slot())
        if self._clock() < slot.due_at:
            return slot.copy
        self._look_up(category, slot)
        age = math.inf if slot.must_ask else self._age_seconds(slot.copy)
        if age < self._times.fresh_seconds:
            slot.due_at = self._clock() + self._times.fresh_seconds - age
            return slot.copy
        flight = self._begin(category, slot, _Errand(max_age_seconds=self._times.fresh_seconds))
        if slot.copy is None:
            self._await(flight)
        elif age >= self._times.fresh_seconds + self._times.stale_seconds and not self._is_in_trouble():
            wait([flight], timeout=self._times.patience_seconds)
            self._slow = flight
        self._errands.hurry()
        return slot.copy

    def refresh(self, category: str) -> CategoryCopy | None:
        """Ask the sources now, all that it takes, and return the copy to use then."""
        return self._refreshed(category, _Errand(max_age_seconds=0, is_asked_for=True))

    def renew(self, category: str) -> CategoryCopy | None:
        """Do as `refresh`, but share requests among categories, and keep copies through short outages."""
        return self._refreshed(category, _Errand(max_age_seconds=self._times.fresh_seconds / 2))

    def _refreshed(self, category: str, errand: _Errand) -> CategoryCopy | None:
        slot = self._slots.setdefault(category, _Slot())
        self._look_up(category, slot)
        self._await(self._begin(category, slot, errand))
        return slot.copy

    def _begin(self, category: str, slot: _Slot, errand: _Errand) -> "Future[None]":
        """Ask the sources on another thread; not any more once the connections are closed."""
        times_closed = self._times_closed

        def refresh() -> None:
            count = len(self._links) if errand.is_asked_for else self._links_to_ask(slot.copy)
            links = (link for link in self._links[:count] if self._times_closed == times_closed)
            was_marked, slot.was_marked = slot.was_marked, False
            self._refresh(category, slot, links, max_age_seconds=0 if was_marked else errand.max_age_seconds)

        return self._errands.submit(category, refresh)

    def _await(self, flight: "Future[None]") -> None:
        """Wait for a flight, unless the connections are closed meanwhile."""
        times_closed = self._times_closed
        while not flight.done() and times_closed == self._times_closed:
            wait([flight], timeout=0.2)
            self._errands.hurry()

    def close(self) -> None:
        """Close the connections of the sources; whoever asks later opens new ones."""
        self._times_closed += 1
        for link in self._links:
            link.source.close()

    def status(self, category: str) -> CategoryStatus:
        """Return where a category's records come from; this asks nobody."""
        slot = self._slots.get(category) or _Slot()
        copy = slot.copy
        age = self._age_seconds(copy)
        return CategoryStatus(
            source=copy.origin.value if copy is not None else None,
            revision=copy.tag if copy is not None else None,
            age_seconds=age if copy is not None and copy.checked_at else None,
            last_error=slot.last_error,
            is_refreshing=self._errands.is_running(category),
        )

    def _is_in_trouble(self) -> bool:
        slow = self._slow
        is_slow = slow is not None and not slow.done()
        return is_slow or (bool(self._links) and not self._links[0].breaker.state.is_healthy)

    def _age_seconds(self, copy: CategoryCopy | None) -> float:
        return math.inf if copy is None else max(0.0, self._unix_clock() - copy.checked_at)

    def _look_up(self, category: str, slot: _Slot) -> None:
        """Take over what another process has put into the folder, or found to be current."""
        with slot.lock:
            signature = self._folder.signature(category)
            if slot.was_looked_up and signature == slot.signature:
                if slot.copy is not None and signature is not None:
                    checked_at = self._folder.checked_at(category)
                    slot.copy = slot.copy.confirmed(at=max(checked_at, slot.copy.checked_at))
                return
            slot.was_looked_up = True
            slot.signature = signature
            slot.is_kept = False
            try:
                found = self._folder.read(category)
            except SourceUnavailableError as error:
                slot.last_error = str(error)
                _log.warning("a copy is not used: %s", error)
                return
            if found is None:
                return
            same = slot.copy if slot.copy is not None and slot.copy.tag == found.tag else None
            is_older = self._age_seconds(found) > self._age_seconds(slot.copy)
            slot.is_kept = same is not None or not is_older
            if not is_older:
                slot.copy = found if same is None else same.confirmed(at=found.checked_at)

    def _refresh(self, category: str, slot: _Slot, links: Iterable[_Link], *, max_age_seconds: float) -> None:
        errors: list[str] = []
        good_for_seconds = math.inf
        was_told_of_none = False
        try:
            for link in links:
                try:
                    found = link.fetch(category, slot.copy, max_age_seconds=max_age_seconds)
                except SourceUnavailableError as error:
                    errors.append(f"{link.name}: {error}")
                    continue
                if found is not None:
                    self._take(slot, found)
                    good_for_seconds = max(0.0, self._times.fresh_seconds - self._age_seconds(found))
                    return
                was_told_of_none = True
            self._make_do(category, slot, errors, may_start=not was_told_of_none)
        finally:
            # Whatever happened, nobody asks again before the pause is over, unless somebody knows better.
            slot.must_ask = slot.was_marked
            pause = 0.0 if slot.was_marked else min(self._pause_seconds(), good_for_seconds)
            slot.due_at = self._clock() + pause
            self._slow = None

    def _links_to_ask(self, copy: CategoryCopy | None) -> int:
        """Return how many sources to ask: for a short outage a copy is not given up for an older one."""
        is_from_first = copy is not None and copy.origin in {Origin.primary_v2, Origin.primary_v1}
        is_recent = self._age_seconds(copy) < self._times.stale_seconds
        return 1 if is_from_first and is_recent else len(self._links)

    def _pause_seconds(self) -> float:
        is_open = any(link.breaker.state.is_open for link in self._links)
        return self._times.retry_seconds if is_open else self._times.fresh_seconds

    def _take(self, slot: _Slot, found: CategoryCopy) -> None:
        with slot.lock:
            before, slot.copy = slot.copy, found
        slot.last_error = None
        is_same = before is not None and before.tag == found.tag and before.etag == found.etag
        if is_same and slot.is_kept:
            self._folder.confirm(found)
        else:
            slot.is_kept = self._folder.write(found)
            slot.signature = self._folder.signature(found.category)

    def _make_do(self, category: str, slot: _Slot, errors: Sequence[str], *, may_start: bool) -> None:
        """Use what there is without the sources, and say why."""
        if slot.copy is None:
            try:
                slot.copy = read_legacy_copy(self._folder, category)
            except SourceUnavailableError as error:
                errors = [*errors, str(error)]
        if slot.copy is None and may_start:
            slot.copy = read_starter_copy(category)
        if errors:
            slot.last_error = "; ".join(errors)
            _log.warning("%s can't be renewed: %s", category, slot.last_error)
