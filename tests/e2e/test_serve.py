"""A running registry: its first words, its data, its end."""

import json
import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from factories import FIXTURES, a_folder
from hmr import Server, eventually, hmr, is_one_line, serving

from horde_model_reference.domain.categories import Category
from horde_model_reference.formats.reference_files import find_reference_files
from horde_model_reference.settings import load_settings
from horde_model_reference.store.importing import import_files
from horde_model_reference.store.store import Store


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the records of the fixture."""
    folder = tmp_path / "data"
    _import(folder, FIXTURES / "legacy")
    return folder


def _import(data: Path, files: Path) -> None:
    store = Store.open(data / "registry.sqlite3")
    import_files(store, find_reference_files(files), author="test")
    store.close()


def _import_esrgan(data: Path, tmp_path: Path, name: str) -> None:
    _import(data, a_folder(tmp_path / f"in-{name}", {"esrgan.json": {name: {"name": name}}}))


def test_the_first_lines_say_where_everything_is(data: Path) -> None:
    with serving(data) as server:
        lines = server.output.splitlines()

    assert lines[0].split(maxsplit=1) == ["data", str(data / "registry.sqlite3")]
    assert lines[1].split()[0] == "models"
    assert int(lines[1].split()[1]) > 4
    assert f"http://localhost:{server.port}/api/docs" in server.output
    assert ["pages", f"http://localhost:{server.port}/"] in [line.split() for line in lines]


def test_an_empty_registry_begins_with_the_starter_set(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        answer = server.json("/model_references/v2/image_generation")
        output = server.output

    assert len(answer) >= 3
    assert "starter set" in output


def test_a_registry_without_a_seed_stays_empty(tmp_path: Path) -> None:
    with serving(tmp_path / "data", SEED="none") as server:
        status = server.get("/model_references/v2/image_generation")[0]
        output = server.output

    assert status == 404
    assert "models    0" in output


def test_a_seed_is_only_for_an_empty_registry(data: Path) -> None:
    with serving(data) as server:
        assert len(server.json("/model_references/v2/image_generation")) == 4


class _GithubStub(BaseHTTPRequestHandler):
    files: dict[str, bytes]

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[1]
        content = self.files.get(name) if "raw.githubusercontent.com" in self.path else None
        self.send_response(404 if content is None else 200)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def _github(files: dict[str, bytes]) -> Iterator[str]:
    handler = type("Handler", (_GithubStub,), {"files": files})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


_GITHUB_NAMES = (
    "blip",
    "clip",
    "codeformer",
    "controlnet",
    "esrgan",
    "gfpgan",
    "safety_checker",
    "miscellaneous",
)


def _github_files() -> dict[str, bytes]:
    files = {f"{name}.json": b'{"A": {"name": "A"}}' for name in _GITHUB_NAMES}
    files["stable_diffusion.json"] = (FIXTURES / "legacy/image/stable_diffusion.json").read_bytes()
    files["models.csv"] = b"name,parameters_bn\nM-7B,7\n"
    return files


def _seeded_from(address: str) -> dict[str, Any]:
    return {"SEED": "github", "OFFLINE": "false", "GITHUB_PROXY_URL_BASE": address, "HORDE_URL": address}


def test_github_fills_an_empty_registry(tmp_path: Path) -> None:
    data = tmp_path / "data"

    with _github(_github_files()) as address, serving(data, **_seeded_from(address)) as server:
        names = list(server.json("/model_references/v2/text_generation"))
        output = server.output

    assert names == ["M-7B"]
    assert "models    13" in output


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"models.csv": None}, "models.csv can't be fetched: status 404"),
        ({"esrgan.json": b"<html>rate limited</html>"}, "esrgan.json: not JSON"),
    ],
)
def test_a_failing_github_is_one_line_and_leaves_the_registry_empty(
    tmp_path: Path, change: dict[str, bytes | None], told: str
) -> None:
    data = tmp_path / "data"
    files = {name: content for name, content in (_github_files() | change).items() if content is not None}

    with _github(files) as address:
        failed = hmr("serve", "--port", "0", "--data-dir", data, **_seeded_from(address))

    assert failed.status == 5
    assert told in failed.error
    assert failed.out == ""
    store = Store.open(data / "registry.sqlite3")
    assert store.is_empty()
    store.close()


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        failed = hmr("serve", "--port", str(port), "--data-dir", tmp_path / "data")

    assert failed.status == 1
    assert f"127.0.0.1:{port}" in failed.error
    assert is_one_line(failed.err)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_one_line(tmp_path: Path, host: str) -> None:
    failed = hmr("serve", "--host", host, "--port", "0", "--data-dir", tmp_path / "data")

    assert failed.status == 1
    assert host in failed.error


def test_it_ends_within_seconds_when_told_to(data: Path) -> None:
    with serving(data) as server:
        server.process.send_signal(signal.SIGTERM)

        assert eventually(lambda: server.process.poll() is not None) < 5
        assert "Traceback" not in server.output


def test_it_ends_on_an_interrupt_without_a_trace(data: Path) -> None:
    with serving(data) as server:
        server.process.send_signal(signal.SIGINT)

        eventually(lambda: server.process.poll() is not None)
        assert "Traceback" not in server.output


def test_it_serves_on_ipv6(data: Path) -> None:
    host = _an_ipv6_host()

    with serving(data, host=host) as server:
        assert server.json("/heartbeat")["status"] == "ok"
        assert f"http://[{host}]:{server.port}/api/docs" in server.output


def _an_ipv6_host() -> str:
    """Return this machine; in the form that needs no IPv6 address where it has none, as in containers."""
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return "::ffff:127.0.0.1"
    return "::1"


def test_an_import_by_another_process_is_served_at_the_next_look(data: Path, tmp_path: Path) -> None:
    assert load_settings().watch_interval_seconds <= 0.5  # that is within a second
    with serving(data) as server:
        before = server.get("/model_references/v2/esrgan")[1]["etag"]
        _import_esrgan(data, tmp_path, "New")

        eventually(lambda: "New" in server.json("/model_references/v2/esrgan"))
        assert server.get("/model_references/v2/esrgan")[1]["etag"] != before


def test_workers_see_the_same_and_a_killed_one_is_replaced(data: Path, tmp_path: Path) -> None:
    with serving(data, "--workers", "2") as server:
        eventually(lambda: len(server.worker_pids()) == 2)
        _import_esrgan(data, tmp_path, "New")
        eventually(lambda: all("New" in server.json("/model_references/v2/esrgan") for _ in range(20)))
        killed = server.worker_pids().pop()

        os.kill(killed, signal.SIGKILL)

        eventually(lambda: len(server.worker_pids() - {killed}) == 2)
        eventually(lambda: server.get("/heartbeat")[0] == 200)
        assert eventually(lambda: server.stop() is not None) < 8


def test_workers_end_with_the_process_that_started_them(data: Path) -> None:
    with serving(data, "--workers", "2") as server:
        workers = eventually_workers(server, 2)

        server.process.kill()
        server.process.wait()

        eventually(lambda: not any(is_running(pid) for pid in workers), seconds=10)


def eventually_workers(server: Server, number: int) -> set[int]:
    eventually(lambda: len(server.worker_pids()) == number)
    return server.worker_pids()


def is_running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text("utf-8")
    except FileNotFoundError:
        return False


def test_reads_go_on_while_the_database_is_gone_and_all_heals(data: Path, tmp_path: Path) -> None:
    path = data / "registry.sqlite3"
    with serving(data, WATCH_INTERVAL_SECONDS="0.05") as server:
        body = server.get("/model_references/v2/image_generation")[2]
        assert server.json("/heartbeat")["status"] == "ok"
        path.rename(tmp_path / "away")

        eventually(lambda: server.json("/heartbeat")["status"] == "degraded")
        troubled = server.json("/heartbeat")
        assert server.get("/model_references/v2/image_generation")[2] == body
        assert server.get("/model_references/v2/image_generation/model/Prairie%20XL")[0] == 200
        (tmp_path / "away").rename(path)

        eventually(lambda: server.json("/heartbeat")["status"] == "ok")
        assert str(path) in server.output
        assert "answers from memory" in troubled["store"]["detail"]
        assert str(path) not in troubled["store"]["detail"]
        assert server.get("/model_references/v2/image_generation")[2] == body


@pytest.mark.parametrize("content", [b"", b"This is no database.\n" * 1_000])
def test_reads_go_on_while_the_database_is_overwritten_and_all_heals(
    data: Path, tmp_path: Path, content: bytes
) -> None:
    path = data / "registry.sqlite3"
    good = tmp_path / "good"
    _import(good, FIXTURES / "legacy")
    _import_esrgan(good, tmp_path, "Restored")
    with serving(data, WATCH_INTERVAL_SECONDS="0.05") as server:
        body = server.get("/model_references/v2/image_generation")[2]
        path.write_bytes(content)

        eventually(lambda: server.json("/heartbeat")["status"] == "degraded")
        assert server.get("/model_references/v2/image_generation")[2] == body
        for suffix in ("-wal", "-shm", ""):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.copy(good / path.name, path)

        eventually(lambda: server.json("/heartbeat")["status"] == "ok")
        eventually(lambda: "Restored" in server.json("/model_references/v2/esrgan"))


def test_a_new_and_empty_registry_in_the_place_of_a_full_one_is_not_taken_for_healthy(data: Path) -> None:
    path = data / "registry.sqlite3"
    with serving(data, WATCH_INTERVAL_SECONDS="0.05") as server:
        for suffix in ("-wal", "-shm", ""):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        Store.open(path).close()

        eventually(lambda: server.json("/heartbeat")["status"] == "degraded")
        eventually(lambda: "become empty" in server.output)
        assert len(server.json("/model_references/v2/image_generation")) == 4


def test_a_replica_serves_the_files_of_its_folder(tmp_path: Path) -> None:
    files = {"esrgan.json": {"Good": {"name": "Good"}, "Bad": 5}}
    data = a_folder(tmp_path / "data", files)

    with serving(data, REPLICATE_MODE="REPLICA") as server:
        assert list(server.json("/model_references/v2/esrgan")) == ["Good"]
        assert server.json("/replicate_mode")["writable"] is False
        assert not list(data.glob("*.sqlite3*"))


def test_one_line_a_request_is_logged_as_json(data: Path) -> None:
    with serving(data, LOG_FORMAT="json") as server:
        server.get("/model_references/v2/esrgan")
        eventually(lambda: "/model_references/v2/esrgan" in server.output)
        lines = [line for line in server.output.splitlines() if "/model_references/v2/esrgan" in line]

    assert len(lines) == 1
    assert json.loads(lines[0])


@pytest.mark.parametrize("tells_its_size", [True, False])
def test_a_client_that_sends_too_much_reads_why(data: Path, tells_its_size: bool) -> None:
    pieces = [b"x" * 65536] * 80
    size = {"Content-Length": str(sum(map(len, pieces)))} if tells_its_size else {}

    with serving(data) as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request(
            "POST", "/api/model_references/v2/esrgan", iter(pieces), size, encode_chunked=not tells_its_size
        )
        answer = connection.getresponse()
        detail = json.loads(answer.read())["detail"]
        connection.close()

    assert answer.status == 413
    assert "1048576 bytes" in detail


def test_every_category_answers(data: Path) -> None:
    with serving(data) as server:
        statuses = {
            category.value: server.get(f"/model_references/v2/{category}")[0] for category in Category
        }

    assert set(statuses.values()) <= {200, 404}
    assert statuses["lora"] == 200
