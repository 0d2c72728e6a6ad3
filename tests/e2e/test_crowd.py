"""Eight people at work on one group of workers, which are killed again and again.

With ``HORDE_LONG_TESTS`` in the environment they work for a minute, otherwise for some seconds; longer where
not enough was done by then.
"""

import json
import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from ai_horde_stub import AIHordeStub, running_stub
from e2e.crowd_books import Books, read_notes
from e2e.crowd_client import CATEGORIES, Person
from hmr import Server, eventually, serving

from horde_model_reference.domain.categories import Category
from horde_model_reference.store.audit import replay_category
from horde_model_reference.store.store import Store

_SECONDS = 60 if "HORDE_LONG_TESTS" in os.environ else 8
_MOST_SECONDS = 120
_LEAST_KILLED = 2
_PEOPLE = {f"key-{number}": str(number) for number in range(3001, 3009)}
_WORKERS = 3
_CLIENT = Path(__file__).with_name("crowd_client.py")

_log = logging.getLogger(__name__)
_chance = random.SystemRandom()


@contextmanager
def group(url: str, folder: Path) -> Iterator[Server]:
    """Serve a database with several workers, to people who may all propose and approve."""
    ids = json.dumps(list(_PEOPLE.values()))
    users = {key: {"username": f"Person#{user_id}"} for key, user_id in _PEOPLE.items()}
    with (
        running_stub(AIHordeStub(users=users)) as stub,
        serving(
            folder,
            "--workers",
            str(_WORKERS),
            DATABASE_URL=url,
            SEED="none",
            HORDE_URL=stub.url,
            PENDING_QUEUE__REQUESTOR_IDS=ids,
            PENDING_QUEUE__APPROVER_IDS=ids,
        ) as server,
    ):
        eventually(lambda: len(server.worker_pids()) == _WORKERS)
        yield server


def crowd(server: Server, folder: Path, over: Path) -> list["subprocess.Popen[bytes]"]:
    """Start a process for each person; they end when there is something at the path ``over``."""
    folder.mkdir()
    commands = [
        [str(server.port), key, user_id, str(_chance.randrange(2**32)), f"{folder}/{key}.jsonl", str(over)]
        for key, user_id in _PEOPLE.items()
    ]
    return [subprocess.Popen([sys.executable, str(_CLIENT), *command]) for command in commands]


def kill_at_random(server: Server, notes: Path) -> int:
    """Kill one worker or two now and then, each time after something was done; return how many."""
    killed, done, ends_at = 0, 0, time.monotonic() + _SECONDS
    while time.monotonic() < ends_at or killed < _LEAST_KILLED:
        assert time.monotonic() < ends_at + _MOST_SECONDS, "nothing was done after which to kill"
        time.sleep(_chance.uniform(0.1, 1.5))
        noted = sum(file.stat().st_size for file in notes.glob("*.jsonl"))
        alive = sorted(server.worker_pids())
        if noted > done and len(alive) == _WORKERS:
            done = noted
            for pid in _chance.sample(alive, k=_chance.choice([1, 1, 2])):
                os.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


def finish(server: Server, folder: Path) -> list[dict[str, Any]]:
    """Apply whatever is left in the queue; return what could neither be applied nor made anew."""
    people = {
        user_id: Person(server.port, key, user_id, 0, folder / f"last-{key}.jsonl")
        for key, user_id in _PEOPLE.items()
    }
    anyone = next(iter(people.values()))
    stuck = []
    for status in ("approved", "applying"):
        for change in anyone.changes(status, own=True) + anyone.changes(status, own=False):
            path = f"/pending_queue/changes/{change['change_id']}"
            other = next(person for user_id, person in people.items() if user_id != change["requested_by"])
            code, _ = other.ask("POST", f"{path}/apply", {})
            if code == 409:
                code, _ = people[change["requested_by"]].ask("POST", f"{path}/rebase")
            if code not in {200, 409}:
                stuck.append(change)
    for person in people.values():
        person.close()
    return stuck


def test_a_crowd_loses_nothing_when_workers_are_killed(new_url: Callable[[], str], tmp_path: Path) -> None:
    url = new_url()
    with group(url, tmp_path / "served") as server:
        notes = tmp_path / "notes"
        people = crowd(server, notes, tmp_path / "over")
        try:
            killed = kill_at_random(server, notes)
            eventually(lambda: _count(notes, "apply") > killed, seconds=_MOST_SECONDS)
        finally:
            (tmp_path / "over").touch()
        endings = [one.wait(90) for one in people]
        eventually(lambda: len(server.worker_pids()) == _WORKERS)
        stuck = finish(server, tmp_path)
        store = Store.open(url)
        replayed = {name: replay_category(store, Category(name)) for name in CATEGORIES}
        eventually(lambda: all(_shows(server, replayed) for _ in range(20)), seconds=5)
        output = server.output

    books = Books(store, read_notes(notes))
    _log.info("%s workers killed in %s s; %s", killed, _SECONDS, books.summary())
    assert endings == [0] * len(_PEOPLE)
    assert killed >= _LEAST_KILLED
    assert books.noted("unexpected") == []
    assert len(books.noted("apply")) > killed
    assert stuck == []
    assert books.forgotten() == []
    assert (books.given_twice(), books.made_twice(), books.applied_twice()) == ([], [], [])
    assert books.stale_looks() == []
    assert books.faults() == []
    assert "Traceback" not in output
    store.close()


def _count(notes: Path, did: str) -> int:
    return sum(note["did"] == did for note in read_notes(notes))


def _shows(server: Server, expected: dict[str, Any]) -> bool:
    """Tell whether the worker that answers shows these records, each with what reads add to it."""
    for category, documents in expected.items():
        status, _, body = server.get(f"/model_references/v2/{category}")
        shown = orjson.loads(body) if status == 200 else {}
        if shown.keys() != documents.keys():
            return False
        if any({**shown[name], **document} != shown[name] for name, document in documents.items()):
            return False
    return True
