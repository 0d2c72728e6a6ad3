"""How changes and differences look at a terminal."""

import json
from collections.abc import Iterable, Iterator, Mapping
from difflib import ndiff
from typing import TYPE_CHECKING, Any

from horde_model_reference.cli.console import cell, printable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "modified": ("~", "yellow")}
_CHECK_SIGNS = {
    "good": ("ok", "green"),
    "note": ("look", "yellow"),
    "problem": ("bad", "red"),
    "unknown": ("?", "dim"),
}
_STATUS_STYLES = {"pending": "yellow", "approved": "cyan", "applied": "green", "rejected": "red"}
_LONGEST_LINE = 70


def change_table(changes: Iterable[Mapping[str, Any]]) -> "Table":
    """Return changes as a table."""
    from rich.table import Table

    table = Table("id", "status", "what", "category", "model", "by", "batch")
    for change in changes:
        status = change["status"]
        table.add_row(
            str(change["change_id"]),
            cell(status, _STATUS_STYLES.get(status, "")),
            *(cell(change[part]) for part in ("operation", "category", "model_name", "requested_username")),
            "" if change.get("batch_id") is None else str(change["batch_id"]),
        )
    return table


def change_details(change: Mapping[str, Any], comments: Iterable[Mapping[str, Any]]) -> "Text":
    """Return everything that is known of a change."""
    from rich.text import Text

    told = Text()
    for key, value in change.items():
        if value is not None:
            told.append(printable(f"{key}: "), style="bold")
            told.append(printable(_indented(value)) + "\n")
    for comment in comments:
        told.append(f"{printable(comment['username'])}: ", style="bold")
        told.append(printable(comment["text"]) + "\n")
    told.rstrip()
    return told


def check_lines(checks: Iterable[Mapping[str, Any]]) -> "Text":
    """Return what checks say of a proposal, a line each."""
    from rich.text import Text

    told = Text("checks:", style="bold")
    for check in checks:
        sign, style = _CHECK_SIGNS[check["outcome"]]
        about = f" of {check['about']}" if check["about"] else ""
        told.append(f"\n  {sign} ", style=style)
        told.append(printable(f"{check['subject']}{about}: {check['text']}"))
    return told


def diff_text(diff: Mapping[str, Any]) -> "Text":
    """Return what a change would do to its record, field by field, in colour."""
    from rich.text import Text

    told = Text()
    named = f"#{diff['change_id']} {diff['operation']} {diff['category']} {diff['model_name']}"
    told.append(printable(named), style="bold")
    told.append(printable(f"  {diff['net_operation']}"))
    if diff["is_critical"]:
        told.append("  needs special care", style="bold yellow")
    if diff["conflict"]:
        told.append("  conflict: the record moved on", style="bold red")
    for field in diff["field_diffs"]:
        for line, style in _field_lines(field):
            told.append("\n  ")
            told.append(printable(line), style=style)
    return told


def _field_lines(field: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sign, style = _SIGNS[field["change_type"]]
    old, new = _compact(field["old_value"]), _compact(field["new_value"])
    shown = {"added": new, "removed": old, "modified": f"{old} → {new}"}[field["change_type"]]
    line = f"{sign} {field['field_path']}: {shown}"
    if field["change_type"] != "modified" or len(line) <= _LONGEST_LINE:
        yield line, style
        return
    yield f"{sign} {field['field_path']}:", style
    before, after = (_indented(field[side]).splitlines() for side in ("old_value", "new_value"))
    for part in ndiff(before, after):
        if not part.startswith("?"):
            yield f"    {part}", {"+": "green", "-": "red"}.get(part[0], "dim")


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _indented(value: object) -> str:
    is_nested = isinstance(value, dict | list)
    return json.dumps(value, ensure_ascii=False, indent=2) if is_nested else str(value)
