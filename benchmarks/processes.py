"""Starting servers on free ports, waiting for them, weighing and ending them."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_LIMIT_SECONDS = 120.0
_POLL_SECONDS = 0.005


class BenchmarkError(Exception):
    """A server did not start, or answered otherwise than it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A process that listens on a port of this machine."""

    process: subprocess.Popen[bytes]
    port: int
    start_seconds: float
    """From the start of the process to its first 200."""

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def clean_environment(**settings: str) -> dict[str, str]:
    """Return this environment without settings of the service, and with those given."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HORDE_", "AIWORKER_"))}
    return kept | settings


@contextmanager
def running(
    command: Sequence[str], *, port: int, ready_path: str, log: Path, environment: Mapping[str, str]
) -> Iterator[RunningServer]:
    """Run a server until the block ends; it has begun when ``ready_path`` answers 200."""
    with log.open("ab") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, start_new_session=True
        )
        try:
            _wait_until_ready(process, port, ready_path, log)
            yield RunningServer(process=process, port=port, start_seconds=time.perf_counter() - began)
        finally:
            _end(process)


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process and all its descendants (Linux)."""
    own = 0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            own = int(line.split()[1]) * 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(resident_bytes(int(child)) for child in children)


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has taken, with what the system did for it (Linux)."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = after_name[11:13]  # fields 14 and 15; the name, field 2, may hold blanks
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = time.perf_counter() + START_LIMIT_SECONDS
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            break
        if _status(port, path) == 200:
            return
        time.sleep(_POLL_SECONDS)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    raise BenchmarkError(f"{process.args!r} does not answer {path} on port {port}; its last lines:\n{tail}")


def _status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_LIMIT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        # The session holds the workers too; it was made for this process alone.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
