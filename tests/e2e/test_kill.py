"""Programs that are killed at any moment leave the old state or the new one, and nothing between."""

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from factories import a_folder, a_write
from hmr import COMMAND, environment, hmr

from horde_model_reference.domain.categories import Category
from horde_model_reference.store.store import Store

_RECORDS = 2_000
_KILLS = 8


@pytest.fixture(scope="module")
def large_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two legacy files with some thousand records, whose import takes a while."""
    rows = "".join(f"author/Model-{number}-7B,7,,,,Words.,,,,\n" for number in range(_RECORDS))
    header = "name,parameters_bn,display_name,url,baseline,description,style,tags,instruct_format,settings\n"
    esrgan = {f"Model {number}": {"name": f"Model {number}"} for number in range(_RECORDS)}
    return a_folder(
        tmp_path_factory.mktemp("large"), {"text/models.csv": header + rows, "image/esrgan.json": esrgan}
    )


def _database(folder: Path) -> Path:
    path = folder / "registry.sqlite3"
    folder.mkdir()
    store = Store.open(path)
    with store.transaction() as transaction:
        transaction.write(Category.gfpgan, [a_write("Old")], author="test")
    store.close()
    return path


def test_an_import_that_is_killed_half_way_leaves_the_old_state(tmp_path: Path, large_folder: Path) -> None:
    chance = random.Random(7)
    data = tmp_path / "data"
    path = _database(data)
    interrupted = 0
    longest = _seconds_of_a_whole_import(tmp_path, large_folder)

    for _ in range(_KILLS):
        process = subprocess.Popen(
            [COMMAND, "import", str(large_folder), "--data-dir", str(data)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        started = time.monotonic()
        try:
            process.wait(chance.uniform(0.3, 1.0) * longest)
            longest = min(longest, time.monotonic() - started)  # it was too fast; the next is killed earlier
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        store = Store.open(path)
        serial, problems, names = store.serial(), store.check(), store.record_count()
        store.close()
        assert problems == []
        assert (serial, names) in {(1, 1), (2 * _RECORDS + 1, 2 * _RECORDS + 1)}
        interrupted += serial == 1
        if serial != 1:
            path.unlink()
            data.rmdir()
            path = _database(data)

    assert interrupted > 0
    assert hmr("doctor", "--data-dir", data).status == 0


def _seconds_of_a_whole_import(tmp_path: Path, folder: Path) -> float:
    started = time.monotonic()
    assert hmr("import", folder, "--data-dir", tmp_path / "whole").status == 0
    return time.monotonic() - started


_WRITE_UNTIL_KILLED = """
import sys
from pathlib import Path
from factories import a_write
from horde_model_reference.domain.categories import Category
from horde_model_reference.store.store import Store

store = Store.open(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    with store.transaction() as transaction:
        transaction.write(Category.esrgan, [a_write(f"{number} a"), a_write(f"{number} b")], author="test")
    print(number, flush=True)
"""


def test_what_was_said_to_be_stored_is_stored_after_a_kill(tmp_path: Path) -> None:
    path = _database(tmp_path / "data")
    for _ in range(5):
        before = _pairs(path)
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITE_UNTIL_KILLED, str(path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        assert process.stdout is not None
        with process, process.stdout:
            for _ in range(20):
                process.stdout.readline()
            process.kill()
            said = [line for line in process.stdout.read().splitlines() if line]
        confirmed = int(said[-1]) if said else 20

        assert _pairs(path) >= max(before, confirmed)
        store = Store.open(path)
        assert store.check() == []
        store.close()


def _pairs(path: Path) -> int:
    """Count the transactions whose two records are there; fail where one of a pair is missing."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM records WHERE category = 'esrgan'")]
    connection.close()
    numbers = [name.split()[0] for name in names]
    assert all(numbers.count(number) == 2 for number in set(numbers))
    return len(set(numbers))
