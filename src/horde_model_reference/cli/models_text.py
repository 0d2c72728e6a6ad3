"""How files of models look, at a terminal and as JSON."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from horde_model_reference.cli.console import cell

if TYPE_CHECKING:
    from rich.table import Table

    from horde_model_reference.client.download_plan import DownloadPlan, PlannedFile

_UNITS = ("B", "kB", "MB", "GB", "TB")
_STYLES = {
    "present": "green",
    "right": "green",
    "kept": "green",
    "fetched": "green",
    "partial": "yellow",
    "unchecked": "yellow",
    "missing": "cyan",
}


def size_text(size_bytes: int | None) -> str:
    """Return a size for people; a question mark where it is not known."""
    if size_bytes is None:
        return "?"
    amount, unit = float(size_bytes), _UNITS[0]
    for unit in _UNITS:
        if abs(amount) < 1000 or unit == _UNITS[-1]:
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def plan_table(plan: "DownloadPlan") -> "Table":
    """Return the files of a plan as a table."""
    from rich.table import Column

    table = _table(
        "model", "file", "on disk", Column("size", justify="right"), Column("to fetch", justify="right")
    )
    for file in plan.files:
        table.add_row(
            cell(file.model),
            cell(file.declared.file_name),
            _state(file.presence),
            size_text(file.size_bytes),
            size_text(file.bytes_to_fetch),
        )
    return table


def result_table(results: "Iterable[tuple[PlannedFile, str]]") -> "Table":
    """Return files with what became of them as a table."""
    table = _table("model", "file", "")
    for file, result in results:
        table.add_row(cell(file.model), cell(file.declared.file_name), _state(result))
    return table


def plan_lines(plan: "DownloadPlan") -> list[str]:
    """Return what a plan comes to."""
    counts = Counter(file.presence.value for file in plan.files)
    states = ", ".join(f"{count} {state}" for state, count in counts.items())
    unknown = f" and {plan.of_unknown_size} files of unknown size" if plan.of_unknown_size else ""
    lines = [
        f"{len(plan.files)} files: {states or 'none'}",
        f"{size_text(plan.bytes_to_fetch)}{unknown} to fetch to {plan.root}",
    ]
    for disk in plan.disks:
        if disk.bytes_left is not None and disk.bytes_left >= 0:
            lines.append(f"{size_text(disk.free_bytes)} free, {size_text(disk.bytes_left)} left afterwards")
    return lines


def shortage_text(plan: "DownloadPlan") -> str:
    """Return how much room lacks, for a plan that doesn't fit."""
    short = [disk for disk in plan.disks if disk.bytes_left is not None and disk.bytes_left < 0]
    return "; ".join(
        f"{size_text(disk.bytes_to_fetch)} needed, {size_text(disk.free_bytes)} free for {disk.path.parent}"
        for disk in short
    )


def plan_json(plan: "DownloadPlan") -> dict[str, Any]:
    """Return a plan for other programs."""
    return {
        "weights": plan.root,
        "files": [
            file_json(file)
            | {
                "presence": file.presence,
                "bytes_on_disk": file.bytes_on_disk,
                "size_bytes": file.size_bytes,
                "bytes_to_fetch": file.bytes_to_fetch,
            }
            for file in plan.files
        ],
        "without_files": [
            {"category": record.record_type, "model": record.name} for record in plan.without_files
        ],
        "bytes_to_fetch": plan.bytes_to_fetch,
        "files_of_unknown_size": plan.of_unknown_size,
        "disks": [
            {
                "path": disk.path.parent,
                "free_bytes": disk.free_bytes,
                "bytes_to_fetch": disk.bytes_to_fetch,
                "bytes_left": disk.bytes_left,
            }
            for disk in plan.disks
        ],
        "fits": plan.fits,
    }


def results_json(plan: "DownloadPlan", results: "Sequence[tuple[PlannedFile, str]]") -> dict[str, Any]:
    """Return what became of the files of a plan, for other programs."""
    return {
        "weights": plan.root,
        "files": [file_json(file) | {"result": result} for file, result in results],
        "counts": Counter(result for _, result in results),
    }


def file_json(file: "PlannedFile") -> dict[str, Any]:
    """Return which file this is, for other programs."""
    return {
        "category": file.category,
        "model": file.model,
        "file_name": file.declared.file_name,
        "path": file.path,
        "sha256": file.declared.sha256sum,
    }


def _table(*columns: Any) -> "Table":
    from rich.table import Table

    return Table(*columns)


def _state(state: str) -> Any:
    return cell(state, _STYLES.get(str(state), "bold red"))
