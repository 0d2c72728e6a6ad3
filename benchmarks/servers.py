"""The three servers: the registry, nginx with the same bytes as files, a plain FastAPI route."""

import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.processes import BenchmarkError, RunningServer, clean_environment, free_port, running

HEARTBEAT = "/api/heartbeat"
IMAGE_CATEGORY = "/api/model_references/v2/image_generation"
TEXT_CATEGORY = "/api/model_references/v2/text_generation"

_NGINX_CONFIG = """\
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    gzip_static on;
    etag on;
    keepalive_requests 1000000000;
    default_type application/json;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {files}; }}
}}
"""


def program() -> str:
    """Return the console script that belongs to this interpreter."""
    return str(Path(sys.executable).parent / "horde-model-reference")


def data_environment(data_folder: Path) -> dict[str, str]:
    """Return the environment of a registry whose data is in a folder and comes from nowhere else."""
    return clean_environment(
        HORDE_MODEL_REFERENCE_DATA_DIR=str(data_folder), HORDE_MODEL_REFERENCE_SEED="none"
    )


def import_data(data_folder: Path, reference_files: Path) -> None:
    """Import reference files into an empty data folder."""
    command = [program(), "import", str(reference_files)]
    done = subprocess.run(command, capture_output=True, text=True, env=data_environment(data_folder))
    if done.returncode:
        raise BenchmarkError(f"import ended with {done.returncode}: {done.stderr.strip()[-500:]}")


def registry(
    data_folder: Path, *, ready_path: str = IMAGE_CATEGORY, **settings: str
) -> AbstractContextManager[RunningServer]:
    """Run the registry with one worker, with its settings as they are by default but for those given."""
    port = free_port()
    return running(
        [program(), "serve", "--port", str(port)],
        port=port,
        ready_path=ready_path,
        log=data_folder / "serve.log",
        environment=data_environment(data_folder) | settings,
    )


def nginx(folder: Path, files: Path, *, ready_path: str) -> AbstractContextManager[RunningServer]:
    """Run nginx over a folder of files, with nothing on that costs it time."""
    port = free_port()
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # the folder is readable by its owner only
    config.write_text(_NGINX_CONFIG.format(folder=folder, files=files, port=port, user=user))
    return running(
        ["nginx", "-c", str(config), "-e", str(folder / "nginx.log")],
        port=port,
        ready_path=ready_path,
        log=folder / "nginx.out",
        environment=clean_environment(),
    )


def plain_route(folder: Path, file: Path) -> AbstractContextManager[RunningServer]:
    """Run a FastAPI route that returns the parsed content of a JSON file."""
    port = free_port()
    return running(
        [sys.executable, "-m", "benchmarks.plain_route", str(file), str(port)],
        port=port,
        ready_path="/",
        log=folder / "plain.log",
        environment=clean_environment(PYTHONPATH=str(Path(__file__).parents[1])),
    )
