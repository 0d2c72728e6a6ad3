"""Whether the chain of events holds, as far as a page can tell at once."""

import logging
import threading
import time
from dataclasses import dataclass, replace
from typing import Final

from horde_model_reference.domain.audit import ChainHead
from horde_model_reference.domain.errors import RegistryError
from horde_model_reference.store.audit import AuditReport, verify_audit
from horde_model_reference.store.store import Store

_log = logging.getLogger(__name__)

AT_ONCE: Final = 2000
"""So many events are verified while a page waits, some hundredths of a second; more in the background."""
_AGAIN_AFTER_SECONDS: Final = 600
"""After that what was verified before is read again, since it may have been altered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """What the last verification found."""

    report: AuditReport
    verified_at: int
    """Unix seconds at which the whole chain was read last."""


class ChainWatch:
    """Verifies what is new when somebody looks, and the whole chain again from time to time."""

    def __init__(self, *, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._lock = threading.Lock()
        self._last: ChainState | None = None
        self._is_reading = False

    def state(self, store: Store) -> ChainState | None:
        """Return whether the chain holds; None while it is read for the first time.

        Raises:
            StoreUnavailableError: the database can't be asked.
        """
        with self._lock:
            with store.review_view() as view:
                head = view.audit.head()
            last = self._last
            if last is None or self._needs_all(last, head):
                if head.count <= self._at_once:
                    self._last = _whole(store)
                else:
                    self._read_in_background(store)
            elif last.report.head != head:
                report = verify_audit(store, after=last.report.head)
                self._last = replace(last, report=report)
            return self._last

    def _read_in_background(self, store: Store) -> None:
        if not self._is_reading:
            self._is_reading = True
            threading.Thread(target=self._read, args=(store,), name="verify-audit", daemon=True).start()

    def _read(self, store: Store) -> None:
        found = None
        try:
            found = _whole(store)
        except RegistryError as error:  # the next who looks has it read again
            _log.warning("the audit trail could not be verified: %s", str(error))
        finally:
            with self._lock:
                self._last, self._is_reading = found or self._last, False

    def _needs_all(self, last: ChainState, head: ChainHead) -> bool:
        is_old = time.time() - last.verified_at >= _AGAIN_AFTER_SECONDS
        is_much = not 0 <= head.count - last.report.head.count <= self._at_once
        return is_old or is_much or (last.report.fault is not None and head != last.report.head)


def _whole(store: Store) -> ChainState:
    return ChainState(report=verify_audit(store), verified_at=int(time.time()))
