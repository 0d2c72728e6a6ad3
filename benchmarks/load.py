"""Load from wrk, and medians of measurements that take turns."""

import re
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.processes import BenchmarkError

ROUNDS = 3
"""The machine is noisy: measurements that are compared take turns, and the median counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What wrk reports of one run."""

    requests_per_second: float
    slowest_percent_seconds: float
    """99 of 100 answers came sooner."""


def missing_programs(*programs: str) -> list[str]:
    """Return those of the programs that are not installed."""
    return [program for program in programs if shutil.which(program) is None]


def wrk(url: str, *headers: str, seconds: float, connections: int = 16) -> Load:
    """Load an address from one thread; any answer that is an error ends the benchmark."""
    command = _command(url, headers, seconds=seconds, connections=connections)
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise BenchmarkError(f"{url} was not answered as it must be:\n{output}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\s", output)
    if rate is None or tail is None:
        raise BenchmarkError(f"wrk said something unknown:\n{output}")
    unit = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}[tail[2]]
    return Load(requests_per_second=float(rate[1]), slowest_percent_seconds=float(tail[1]) * unit)


@contextmanager
def downloading(url: str) -> Iterator[None]:
    """Download an address again and again on one connection while the block runs."""
    command = _command(url, (), seconds=3600, connections=1)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


def in_turns(measurements: Mapping[str, Callable[[], float]], *, rounds: int = ROUNDS) -> dict[str, float]:
    """Return the median of each measurement; they are made a, b, a, b, and so on."""
    results: dict[str, list[float]] = {name: [] for name in measurements}
    for _ in range(rounds):
        for name, measure in measurements.items():
            results[name].append(measure())
    return {name: statistics.median(values) for name, values in results.items()}


def _command(url: str, headers: Sequence[str], *, seconds: float, connections: int) -> list[str]:
    options = [option for header in headers for option in ("-H", header)]
    limits = ["-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "--latency"]
    return ["wrk", *limits, *options, url]
