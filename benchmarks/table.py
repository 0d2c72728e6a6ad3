"""The rows that are measured and the table that shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured figure beside what it is compared with."""

    name: str
    what: str
    value: str
    reference: str = ""
    ratio: str = ""
    target: str
    is_met: bool | None
    """None where it could not be measured; then ``what`` says why."""
    took: str = ""
    """How long measuring took, with what the row was the first to need."""


def compared(name: str, what: str, *, value: float, reference: float, least: float) -> Row:
    """Return the row of two rates (requests a second) whose quotient must be at least ``least``."""
    ratio = value / reference if reference else float("inf")
    return Row(
        name=name,
        what=what,
        value=f"{value:,.0f}/s",
        reference=f"{reference:,.0f}/s",
        ratio=f"{ratio:,.2f}",
        target=f"≥ {least:g}",
        is_met=ratio >= least,
    )


def limited(name: str, what: str, *, value: float, unit: str, most: float) -> Row:
    """Return the row of a figure that must be at most ``most``."""
    return Row(
        name=name,
        what=what,
        value=f"{value:,.2f} {unit}" if value < 10 else f"{value:,.0f} {unit}",
        target=f"≤ {most:g} {unit}",
        is_met=value <= most,
    )


def unmeasured(name: str, reason: str) -> Row:
    """Return the row of a figure that could not be measured."""
    return Row(name=name, what=reason, value="", target="", is_met=None)


def print_table(rows: Iterable[Row], console: Console) -> None:
    """Print the rows as one table."""
    table = Table(title="Speed and memory: 16 connections, one worker, loopback; medians")
    for heading in ("row", "what", "value", "reference", "ratio", "target", "ok", "took"):
        is_number = heading in {"value", "reference", "ratio", "took"}
        table.add_column(heading, justify="right" if is_number else "left")
    for row in rows:
        mark = {True: "[green]yes[/]", False: "[red]no[/]", None: "-"}[row.is_met]
        table.add_row(row.name, row.what, row.value, row.reference, row.ratio, row.target, mark, row.took)
    console.print(table)
