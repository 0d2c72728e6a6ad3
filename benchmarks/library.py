"""What importing and reading the library cost: ``python -m benchmarks.library``."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.synthetic import write_image_models
from benchmarks.table import Row, limited, print_table
from horde_model_reference.domain.categories import Category, v2_file_name
from horde_model_reference.formats.reference_files import find_reference_files, read_reference_file

_REPEATS = 9
_IMPORTS = {
    "import horde_model_reference": ("import horde_model_reference", 0.6),
    "import of manager and categories": (
        "from horde_model_reference import ModelReferenceManager, MODEL_REFERENCE_CATEGORY",
        2.0,
    ),
}
_MANAGER = """
import json, sys, time
from horde_model_reference import ModelReferenceManager
def timed(call, count=1):
    began = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - began) / count
"""
_READS = (
    _MANAGER
    + """
manager = ModelReferenceManager(base_path=sys.argv[1], offline=True)
first = timed(lambda: manager.get_model_reference("image_generation"))
name = next(iter(manager.get_model_reference("image_generation")))
cached = min(timed(lambda: manager.get_model("image_generation", name), 5000) for _ in range(5))
query = min(timed(lambda: manager.query("image_generation").where(name=name).first(), 500) for _ in range(5))
loaded = [str(category) for category, status in manager.status().items() if status.source]
print(json.dumps({"first": first, "cached": cached, "query": query, "loaded": loaded}))
"""
)
_MANY_READS = (
    _MANAGER
    + """
import resource
manager = ModelReferenceManager(base_path=sys.argv[1], offline=True)
manager.backend.category_copy("blip")
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
before = resident()
raw = timed(lambda: manager.get_raw_model_reference_json("image_generation"))
typed = timed(lambda: manager.get_model_reference("image_generation"))
grown = resident() - before
queried = timed(lambda: manager.query("image_generation").where(nsfw=True).limit(10).to_list())
print(json.dumps({"raw": raw, "typed": typed, "grown": grown, "with_columns": resident() - before}))
"""
)
_REPLICA = (
    _MANAGER
    + """
from horde_model_reference.backends import GitHubBackend, HTTPBackend
github = GitHubBackend(base_path=sys.argv[1])
backend = HTTPBackend(primary_api_url=sys.argv[2], github_backend=github, timeout_seconds=3)
manager = ModelReferenceManager(backend=backend)
first = timed(lambda: manager.get_model_reference("image_generation"))
second = timed(lambda: manager.get_model_reference("text_generation"))
print(json.dumps({"first": first, "second": second}))
"""
)


def import_rows() -> list[Row]:
    """Return how long imports take, as a multiple of importing pydantic in the same run."""
    rows: list[Row] = []
    for name, (code, most) in _IMPORTS.items():
        ratios = [_import_seconds(code) / _import_seconds("import pydantic") for _ in range(_REPEATS)]
        value = statistics.median(ratios)
        rows.append(limited(name, "against import pydantic", value=value, unit="x", most=most))
    return rows


def read_rows(folder: Path) -> list[Row]:
    """Return what reads from a folder of real v2 files cost."""
    runs = [_run(_READS, str(folder)) for _ in range(3)]
    loaded = runs[0]["loaded"]
    first, cached, query = (
        statistics.median(run[key] for run in runs) for key in ("first", "cached", "query")
    )
    return [
        limited(
            "first read", f"image from disk; loads {', '.join(loaded)}", value=first * 1e3, unit="ms", most=15
        ),
        limited("cached read", "model by name", value=cached * 1e6, unit="µs", most=5),
        limited("query by name", "where(name=…).first()", value=query * 1e6, unit="µs", most=60),
    ]


def many_rows(folder: Path) -> list[Row]:
    """Return what first reads of 100,000 records cost."""
    size = (folder / v2_file_name(Category.image_generation)).stat().st_size
    found = _run(_MANY_READS, str(folder))
    return [
        limited("100,000 records, raw", "first read", value=found["raw"], unit="s", most=1),
        limited("100,000 records, typed", "first read", value=found["typed"], unit="s", most=3),
        limited(
            "100,000 records, memory",
            "after both, against the JSON",
            value=found["grown"] / size,
            unit="x",
            most=3,
        ),
        limited(
            "100,000 records, memory",
            "after a query too",
            value=found["with_columns"] / size,
            unit="x",
            most=3,
        ),
    ]


def dead_source_rows(folder: Path) -> list[Row]:
    """Return what reads cost while the PRIMARY accepts connections and never answers."""
    with _silent_server() as url:
        found = _run(_REPLICA, str(folder), url)
    return [
        limited("dead PRIMARY, first read", "good files on disk", value=found["first"], unit="s", most=5),
        limited(
            "dead PRIMARY, known dead", "another category", value=found["second"] * 1e3, unit="ms", most=100
        ),
    ]


def write_v2_files(legacy: Path, folder: Path) -> Path:
    """Convert legacy files to v2 files in a folder, and return that."""
    folder.mkdir(parents=True)
    for file in find_reference_files(legacy):
        documents = read_reference_file(file).documents
        (folder / v2_file_name(file.category)).write_text(json.dumps(documents), encoding="utf-8")
    return folder


def library_rows(legacy: Path, folder: Path) -> list[Row]:
    """Return all rows about the library."""
    real = write_v2_files(legacy, folder / "library-real")
    write_image_models(folder / "library-legacy", count=100_000)
    many = write_v2_files(folder / "library-legacy", folder / "library-many")
    return [*import_rows(), *read_rows(real), *many_rows(many), *dead_source_rows(real)]


def _import_seconds(code: str) -> float:
    program = f"import time; began = time.perf_counter()\n{code}\nprint(time.perf_counter() - began)"
    return float(_output(program))


def _run(program: str, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_output(program, *arguments))
    return found


def _output(program: str, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HTTPS_PROXY": "http://127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@contextmanager
def _silent_server() -> Generator[str]:
    """Run a server that takes requests and never answers."""
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            released.wait(60)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api"
    finally:
        released.set()
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    _shared = Path(os.environ.get("HORDE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as _name:
        print_table(library_rows(_shared / "reference-data" / "legacy", Path(_name)), Console(width=130))
