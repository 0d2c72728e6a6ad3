"""Many writers at once: threads, processes, and the first opening."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from factories import a_write

from horde_model_reference.domain.categories import Category
from horde_model_reference.store.store import Store

_WRITER = Path(__file__).parents[1] / "store_writer.py"


def _serials(store: Store, authors: list[str], how_many: int) -> list[list[int]]:
    return [
        [
            version.serial
            for number in range(how_many)
            for version in store.history(Category.esrgan, f"{author} {number}")
        ]
        for author in authors
    ]


def test_serials_of_threads_that_write_at_once_have_no_gaps(store: Store) -> None:
    def write(author: str) -> None:
        for number in range(15):
            with store.transaction() as transaction:
                transaction.write(Category.esrgan, [a_write(f"{author} {number}")], author=author)

    authors = [f"thread-{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, authors))

    by_author = _serials(store, authors, 15)
    assert sorted(serial for serials in by_author for serial in serials) == list(range(1, 61))
    assert all(serials == sorted(serials) for serials in by_author)
    assert store.check() == []


def test_serials_of_processes_that_write_at_once_have_no_gaps(
    new_url: Callable[[], str],
) -> None:
    url = new_url()
    authors = ["one", "two"]

    processes = [
        subprocess.Popen([sys.executable, str(_WRITER), url, author, "15"], stderr=subprocess.PIPE)
        for author in authors
    ]
    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert errors == [b"", b""]
    store = Store.open(url)
    assert sorted(serial for serials in _serials(store, authors, 15) for serial in serials) == list(
        range(1, 31)
    )
    assert store.check() == []
    store.close()


def test_a_writer_never_sees_a_serial_that_another_took_back(store: Store) -> None:
    def write(number: int) -> None:
        try:
            with store.transaction() as transaction:
                transaction.write(Category.esrgan, [a_write(f"model {number}")], author="test")
                if number % 3 == 0:
                    raise ValueError("taken back")
        except ValueError:
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(30)))

    assert store.serial() == 20
    assert store.check() == []


def test_a_new_database_can_be_opened_by_many_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"

    def open_and_close(_number: int) -> int:
        store = Store.open(url)
        serial = store.serial()
        store.close()
        return serial

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(open_and_close, range(8))) == [0] * 8
