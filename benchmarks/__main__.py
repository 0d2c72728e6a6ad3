"""Measure what is promised and print one table: ``python -m benchmarks``."""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from rich.console import Console

from benchmarks import apply, pages, search, servers, speed, synthetic, weight
from benchmarks.apply_reads import beside_changes
from benchmarks.blocking import beside_a_download
from benchmarks.library import library_rows
from benchmarks.load import missing_programs
from benchmarks.table import Row, print_table, unmeasured

_MANY = 100_000
_LEAST_WIDTH = 130
_SHARED = Path(__file__).resolve().parents[2] / "shared"


@dataclass(slots=True, kw_only=True)
class Bench:
    """Folders and servers, each made when a row first needs it."""

    folder: Path
    legacy: Path
    live: Path
    seconds: float
    stack: ExitStack
    _folders: dict[str, Path] = field(default_factory=dict)
    _rivals: speed.Rivals | None = None

    def data(self) -> Path:
        """Return the data folder with the real reference files in it."""
        return self._imported("real", lambda: self.legacy)

    def many(self) -> Path:
        """Return the data folder with 100,000 made-up records in it."""
        return self._imported("many", lambda: self._synthetic_files("synthetic", _MANY))

    def some(self) -> Path:
        """Return the data folder with 10,000 made-up records in it."""
        return self._imported("some", lambda: self._synthetic_files("some-synthetic", pages.RECORDS))

    def recorded_live_data(self) -> Path:
        """Return the folder with recordings of the AI-Horde."""
        return self.live

    def rivals(self) -> speed.Rivals:
        """Return the running servers that are compared."""
        if self._rivals is None:
            self._rivals = self.stack.enter_context(speed.rivals(self.folder, self.data()))
        return self._rivals

    def compare(self, comparison: speed.Comparison) -> Row:
        """Measure one comparison."""
        return speed.measured(comparison, self.rivals(), seconds=self.seconds)

    def blocking(self, name: str, few: str, many: str) -> Row:
        """Measure one path with real data and with 100,000 records."""
        folders = {"few": self.data(), "many": self.many()}
        return beside_a_download(name, {"few": few, "many": many}, folders=folders, seconds=self.seconds)

    def _imported(self, name: str, files: Callable[[], Path]) -> Path:
        if name not in self._folders:
            data_folder = self.folder / name
            data_folder.mkdir(exist_ok=True)  # a try before may have failed
            servers.import_data(data_folder, files())
            self._folders[name] = data_folder
        return self._folders[name]

    def _synthetic_files(self, name: str, count: int) -> Path:
        files = self.folder / name
        synthetic.write_image_models(files, count=count)
        return files


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a row is measured, or several that belong together, and the programs that takes."""

    name: str
    measure: Callable[[Bench], Row | list[Row]]
    needs: tuple[str, ...] = ()


def plans() -> list[Plan]:
    """Return all rows, those that need the large data set last."""
    return [
        Plan(
            name="start",
            measure=lambda bench: weight.start_time(
                "start", "start to first 200, real data", bench.data(), most_seconds=1.5
            ),
        ),
        Plan(
            name="memory",
            measure=lambda bench: weight.memory(
                "memory", "RSS after reading everything, real data", bench.data(), most_mebibytes=100
            ),
        ),
        *map(_comparison_plan, speed.COMPARISONS),
        Plan(
            name="start-large",
            measure=lambda bench: weight.start_time(
                "start-large", "start to first 200, 100,000 records", bench.many(), most_seconds=6
            ),
        ),
        Plan(
            name="memory-large",
            measure=lambda bench: weight.memory(
                "memory-large",
                "RSS after reading everything, 100,000 records",
                bench.many(),
                most_mebibytes=600,
            ),
        ),
        Plan(
            name="large-model",
            measure=lambda bench: bench.blocking("large-model", speed.ONE_MODEL, _synthetic_model()),
            needs=("wrk",),
        ),
        Plan(
            name="large-heartbeat",
            measure=lambda bench: bench.blocking("large-heartbeat", servers.HEARTBEAT, servers.HEARTBEAT),
            needs=("wrk",),
        ),
        *(Plan(name=row.name, measure=row.measure, needs=row.needs) for row in search.rows()),
        *(Plan(name=row.name, measure=row.measure) for row in pages.rows()),
        Plan(name="library", measure=lambda bench: library_rows(bench.legacy, bench.folder)),
        Plan(name="propose", measure=lambda bench: apply.proposing(bench.folder)),
        Plan(name="apply", measure=lambda bench: apply.applying(bench.folder)),
        Plan(
            name="apply-reads",
            # The last row, since it changes the records that others read.
            measure=lambda bench: beside_changes(bench.many(), records=_MANY, seconds=bench.seconds),
            needs=("wrk",),
        ),
    ]


def _comparison_plan(comparison: speed.Comparison) -> Plan:
    return Plan(name=comparison.name, measure=lambda bench: bench.compare(comparison), needs=("wrk", "nginx"))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the rows that were asked for and print them."""
    options = _parser().parse_args(arguments)
    console = Console()
    console.width = max(console.width, _LEAST_WIDTH)
    chosen = [
        plan
        for plan in plans()
        if (not options.only or plan.name in options.only) and plan.name not in options.skip
    ]
    rows: list[Row] = []
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="benchmarks-") as name, ExitStack() as stack:
            bench = Bench(
                folder=Path(name),
                legacy=options.legacy,
                live=options.live,
                seconds=options.seconds,
                stack=stack,
            )
            for plan in chosen:
                rows += _measured(plan, bench, console)
    finally:
        # Also when it is interrupted: what was measured took long enough.
        print_table(rows, console)
        console.print(f"{len(rows)} rows in {time.monotonic() - began:.0f} s")


def _measured(plan: Plan, bench: Bench, console: Console) -> list[Row]:
    missing = missing_programs(*plan.needs)
    if missing:
        reason = f"skipped: needs {' and '.join(missing)} (apt-get install {' '.join(missing)})"
        return [unmeasured(plan.name, reason)]
    began = time.monotonic()
    with console.status(f"measuring {plan.name}"):
        try:
            found = plan.measure(bench)
        except Exception as error:  # noqa: BLE001 - one row that fails must not cost the others
            found = unmeasured(plan.name, f"failed: {type(error).__name__}: {error}")
    took = f"{time.monotonic() - began:.0f} s"
    first, *others = found if isinstance(found, list) else [found]
    return [replace(first, took=took), *others]


def _parser() -> argparse.ArgumentParser:
    names = [plan.name for plan in plans()]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each load (default 3)")
    parser.add_argument("--only", action="append", choices=names, help="measure this row; may be repeated")
    parser.add_argument(
        "--skip", action="append", choices=names, default=[], help="leave this row out; may be repeated"
    )
    parser.add_argument(
        "--legacy",
        type=Path,
        default=Path(os.environ.get("HORDE_SHARED", _SHARED)) / "reference-data" / "legacy",
        help="folder with the real legacy files",
    )
    parser.add_argument(
        "--live",
        type=Path,
        default=Path(os.environ.get("HORDE_SHARED", _SHARED)) / "golden" / "ai-horde-stub",
        help="folder with recordings of the AI-Horde",
    )
    return parser


def _synthetic_model() -> str:
    return f"{servers.IMAGE_CATEGORY}/model/{quote(synthetic.model_name(_MANY // 2))}"


if __name__ == "__main__":
    main()
