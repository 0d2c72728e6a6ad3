"""Time to start and memory after reading everything."""

from pathlib import Path

import httpx

from benchmarks.load import in_turns
from benchmarks.processes import BenchmarkError, RunningServer, resident_bytes
from benchmarks.servers import registry
from benchmarks.table import Row, limited

MOST_MODELS_READ = 2000
"""Of a large category, this many models are read one by one, evenly spread."""

_MEBIBYTE = 1024 * 1024
_REFERENCES = "/api/model_references"


def start_time(name: str, what: str, data_folder: Path, *, most_seconds: float) -> Row:
    """Measure the time from starting the process to its first 200 for the image category."""

    def start_once() -> float:
        with registry(data_folder) as server:
            return server.start_seconds

    seconds = in_turns({"start": start_once})["start"]
    return limited(name, what, value=seconds, unit="s", most=most_seconds)


def memory(name: str, what: str, data_folder: Path, *, most_mebibytes: float) -> Row:
    """Measure the resident memory of the whole process tree after everything has been read."""
    with registry(data_folder) as server:
        read_everything(server)
        mebibytes = resident_bytes(server.process.pid) / _MEBIBYTE
    return limited(name, what, value=mebibytes, unit="MiB", most=most_mebibytes)


def read_everything(server: RunningServer) -> None:
    """Read every category in both versions and all codings, and single models."""
    with httpx.Client(base_url=server.url(""), timeout=120) as client:
        categories = client.get(f"{_REFERENCES}/v2/model_categories").raise_for_status().json()
        for category in categories:
            for version in ("v1", "v2"):
                for coding in ("identity", "gzip", "zstd"):
                    _read(client, f"{_REFERENCES}/{version}/{category}", coding)
            _read_models(client, f"{_REFERENCES}/v2/{category}")


def _read_models(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    if response.status_code != httpx.codes.OK:
        return
    names = list(response.json())
    step = max(1, len(names) // MOST_MODELS_READ)
    for name in names[::step]:
        client.get(httpx.URL(path=f"{path}/model/{name}", raw_path=None)).raise_for_status()


def _read(client: httpx.Client, path: str, coding: str) -> None:
    with client.stream("GET", path, headers={"Accept-Encoding": coding}) as response:
        for _ in response.iter_raw():
            pass
    if response.status_code not in {httpx.codes.OK, httpx.codes.NOT_FOUND}:
        raise BenchmarkError(f"{path} answered {response.status_code}")
