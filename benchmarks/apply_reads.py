"""What reads cost while changes are applied, over HTTP: the worker that applies is the one that is read."""

import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import quote

import httpx

from benchmarks.load import ROUNDS, Load, wrk
from benchmarks.processes import BenchmarkError, RunningServer, free_port, running
from benchmarks.servers import IMAGE_CATEGORY, data_environment, program
from benchmarks.synthetic import model_name
from benchmarks.table import Row

MOST_TIMES_SLOWER = 2.0
_PAUSE_SECONDS = 0.2
"""Between two changes: many more than people make, but not a load of its own."""
_PEOPLE = {"author": "Author#1", "approver": "Approver#2"}


def beside_changes(folder: Path, *, records: int, seconds: float) -> Row:
    """Compare the slowest hundredth of the reads of a model beside changes with that of reads alone.

    The folder holds the database; a change is proposed, approved and applied some times a second.
    """
    path = f"{IMAGE_CATEGORY}/model/{quote(model_name(records // 2))}"
    quiet: list[Load] = []
    busy: list[Load] = []
    with _people() as people_url, _registry(folder, people_url) as server:
        with _client(server) as client:
            # The first change brings the routes for changes: that is no part of what changes cost.
            _bring_in(client, model_name(records - 1))
        for _ in range(ROUNDS):
            quiet.append(wrk(server.url(path), seconds=seconds, connections=1))
            with _changing(server, records):
                busy.append(wrk(server.url(path), seconds=seconds, connections=1))
    alone, beside = (_median_of_slowest(loads) for loads in (quiet, busy))
    return Row(
        name="apply-reads",
        what=f"slowest 1 % of reads of a model while changes are applied, {records:,} records",
        value=f"{beside * 1000:.2f} ms",
        reference=f"{alone * 1000:.2f} ms",
        ratio=f"{beside / alone:.2f}",
        target=f"≤ {MOST_TIMES_SLOWER:g} times slower",
        is_met=beside / alone <= MOST_TIMES_SLOWER,
    )


def _median_of_slowest(loads: list[Load]) -> float:
    return sorted(load.slowest_percent_seconds for load in loads)[len(loads) // 2]


@contextmanager
def _changing(server: RunningServer, records: int) -> Generator[None]:
    """Bring changes in from another thread while the block runs."""
    ending = threading.Event()
    failures: list[Exception] = []
    applied = count()

    def work() -> None:
        try:
            with _client(server) as client:
                while not ending.wait(_PAUSE_SECONDS):
                    _bring_in(client, model_name(next(applied) * 37 % records))
        except (httpx.HTTPError, BenchmarkError) as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
    if failures or next(applied) == 0:
        raise BenchmarkError(f"no change could be brought in: {failures}")


def _client(server: RunningServer) -> httpx.Client:
    return httpx.Client(base_url=server.url("/api/model_references/v2"), timeout=30)


def _bring_in(client: httpx.Client, name: str) -> None:
    place = f"/image_generation/model/{quote(name)}"
    record = client.get(place).json()
    change = _sent(client, "PUT", place, {**record, "description": "Changed by a benchmark."}, key="author")
    decision = {"approved_ids": [change["change_id"]], "batch_title": "benchmark"}
    _sent(client, "POST", "/pending_queue/batches", decision, key="approver")
    _sent(client, "POST", f"/pending_queue/changes/{change['change_id']}/apply", {}, key="approver")


def _sent(client: httpx.Client, method: str, path: str, body: object, *, key: str) -> dict[str, int]:
    answer = client.request(method, path, json=body, headers={"apikey": key})
    if answer.is_error:
        raise BenchmarkError(f"{method} {path} was answered with {answer.status_code}: {answer.text[:300]}")
    told: dict[str, int] = answer.json()
    return told


@contextmanager
def _registry(folder: Path, people_url: str) -> Iterator[RunningServer]:
    port = free_port()
    people = {
        "HORDE_URL": people_url,
        "HORDE_MODEL_REFERENCE_PENDING_QUEUE__REQUESTOR_IDS": '["1"]',
        "HORDE_MODEL_REFERENCE_PENDING_QUEUE__APPROVER_IDS": '["2"]',
    }
    with running(
        [program(), "serve", "--port", str(port)],
        port=port,
        ready_path=IMAGE_CATEGORY,
        log=folder / "serve.log",
        environment=data_environment(folder) | people,
    ) as server:
        yield server


@contextmanager
def _people() -> Generator[str]:
    """Stand in for the AI-Horde, which knows whose a key is, and nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            username = _PEOPLE.get(self.headers.get("apikey", ""))
            body = json.dumps({"username": username} if username else {}).encode()
            self.send_response(200 if username else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as stub:
        thread = threading.Thread(target=stub.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{stub.server_port}/api/"
        stub.shutdown()
        thread.join()
