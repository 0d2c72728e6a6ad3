"""Making very many objects at once, which the search for cyclic garbage would make take twice as long."""

import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar


class CollectionPause:
    """Puts off the search for garbage of this process while somebody makes objects; blocks may overlap."""

    _lock: ClassVar[threading.Lock] = threading.Lock()
    _open: ClassVar[int] = 0
    _was_enabled: ClassVar[bool] = False

    @classmethod
    @contextmanager
    def during(cls, *, is_worthwhile: bool) -> Generator[None]:
        """Put it off while the block runs; a program that has it off keeps it off."""
        if not is_worthwhile:
            yield
            return
        with cls._lock:
            if cls._open == 0:
                cls._was_enabled = gc.isenabled()
                gc.disable()
            cls._open += 1
        try:
            yield
        finally:
            with cls._lock:
                cls._open -= 1
                if cls._open == 0 and cls._was_enabled:
                    gc.enable()
