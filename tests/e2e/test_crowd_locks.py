"""Processes that come and go beside a running one, on one SQLite file."""

import subprocess
import sys
from pathlib import Path

from factories import a_write

from horde_model_reference.domain.categories import Category
from horde_model_reference.store.store import Store

_COME_AND_GO = """
import sys
from pathlib import Path
from horde_model_reference.store.store import Store

store = Store.open(Path(sys.argv[1]))
print(store.record_count())
store.close()
"""


def test_what_is_stored_after_another_process_came_and_went_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite3"
    store = Store.open(path)
    _write(store, "before")
    assert _seen_by_another(path) == 1

    _write(store, "after")

    assert _seen_by_another(path) == 2
    store.close()


def _write(store: Store, name: str) -> None:
    with store.transaction() as transaction:
        transaction.write(Category.esrgan, [a_write(name)], author="test")


def _seen_by_another(path: Path) -> int:
    """Return the number of records that a process finds which opens the file and closes it again."""
    run = [sys.executable, "-c", _COME_AND_GO, str(path)]
    return int(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
