"""What small answers cost while somebody downloads a whole category."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks.load import ROUNDS, Load, downloading, wrk
from benchmarks.processes import RunningServer
from benchmarks.servers import IMAGE_CATEGORY, registry
from benchmarks.table import Row

MOST_TIMES_SLOWER = 2.0


def beside_a_download(
    name: str, paths: Mapping[str, str], *, folders: Mapping[str, Path], seconds: float
) -> Row:
    """Compare an answer's rate with few and with many records, each while the category downloads in a loop.

    ``paths`` and ``folders`` have the keys "few" and "many". The figures are requests a second of 16
    connections; the slowest hundredth is shown beside them, since a blocked loop shows there first.
    """
    loads: dict[str, list[Load]] = {"few": [], "many": []}
    with ExitStack() as stack:
        servers = {key: stack.enter_context(registry(folders[key])) for key in loads}
        for _ in range(ROUNDS):
            for key, results in loads.items():
                results.append(_loaded(servers[key], paths[key], seconds))
    few, many = (_median(loads[key]) for key in ("few", "many"))
    slower = few.requests_per_second / many.requests_per_second
    return Row(
        name=name,
        what=f"{name.removeprefix('large-')} while a category downloads: 100,000 records / real data",
        value=_text(many),
        reference=_text(few),
        ratio=f"{slower:.2f}",
        target=f"≤ {MOST_TIMES_SLOWER:g} times slower",
        is_met=slower <= MOST_TIMES_SLOWER,
    )


def _loaded(server: RunningServer, path: str, seconds: float) -> Load:
    with downloading(server.url(IMAGE_CATEGORY)):
        return wrk(server.url(path), seconds=seconds)


def _median(loads: list[Load]) -> Load:
    return sorted(loads, key=lambda load: load.requests_per_second)[len(loads) // 2]


def _text(load: Load) -> str:
    return f"{load.requests_per_second:,.0f}/s (99 %: {load.slowest_percent_seconds * 1000:.1f} ms)"
