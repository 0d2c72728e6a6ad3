"""`text`: names of text models taken apart, their groups, and what is odd about them."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from horde_model_reference.bootstrap import open_registry
from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.cli.console import (
    EXIT_CODES_HELP,
    cell,
    errors_as_lines,
    fail,
    note,
    primary_settings,
    print_json,
    say,
    show,
)
from horde_model_reference.cli.options import AsJson, DataDir
from horde_model_reference.domain.categories import Category

if TYPE_CHECKING:
    from collections.abc import Iterable

    from horde_model_reference.catalog.text_groups import TextGroups
    from horde_model_reference.catalog.text_health import GroupHealthIssue
    from horde_model_reference.catalog.text_summary import GroupSummaryEntry
    from horde_model_reference.formats.text_name_parser import ParsedName

app = typer.Typer(
    name="text",
    help="Names of text models taken apart, their groups, and what is odd about them.",
    no_args_is_help=True,
)

_PARTS = ("base_name", "size", "variant", "version", "quant")
_SEVERITY_STYLES = {"warning": "yellow", "info": "dim"}


@app.command(epilog=EXIT_CODES_HELP)
def parse(
    names: Annotated[list[str], typer.Argument(help="Names of text models.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Take names apart, without looking into any data.

    Example: hmr text parse "Qwen/Qwen3-30B-A3B-Instruct-2507"
    """
    from horde_model_reference.catalog.text_group_detail import name_parts
    from horde_model_reference.formats.text_name_parser import parse_text_name
    from horde_model_reference.formats.text_names import split_author, suggested_group

    found = [(name, *split_author(name)) for name in names]
    parsed = [(name, author, parse_text_name(model)) for name, author, model in found]
    if as_json:
        told: list[dict[str, Any]] = [
            {
                "name": name,
                "author": author,
                **asdict(name_parts(parts)),
                "suggested_group": suggested_group(name),
            }
            for name, author, parts in parsed
        ]
        print_json(told)
        return
    _show_parsed(parsed)


@app.command(epilog=EXIT_CODES_HELP)
def groups(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the groups of text models, with their sizes, aliases and families.

    Example: hmr text groups --json
    """
    from horde_model_reference.catalog.text_directory import text_directory
    from horde_model_reference.catalog.text_summary import groups_summary

    catalog, found = _groups(data_dir)
    summary = groups_summary(found, text_directory(catalog.resources))
    if as_json:
        print_json(asdict(summary))
        return
    _show_groups(summary.groups)
    note(f"{summary.total_groups} groups of {summary.total_models} models")


@app.command(epilog=EXIT_CODES_HELP)
def health(
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 1 where there are warnings; information alone is fine.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell what is odd about the groups of text models: missing facts, and models that contradict each other.

    Examples:
      hmr text health

      hmr text health --strict --json
    """
    from horde_model_reference.catalog.text_health import groups_health

    _, found = _groups(data_dir)
    report = groups_health(found)
    if as_json:
        print_json(asdict(report))
    else:
        _show_issues(report.issues)
        note(f"{report.groups_with_issues} of {report.total_groups_checked} groups have issues")
    warnings = sum(issue.severity == "warning" for issue in report.issues)
    if strict and warnings:
        fail(f"there are {warnings} warnings")


def _groups(data_dir: DataDir) -> "tuple[Catalog, TextGroups]":
    from horde_model_reference.catalog.text_groups import read_text_groups

    with errors_as_lines():
        registry = open_registry(primary_settings(data_dir), must_exist=True)
        registry.close()
    return registry.catalog, read_text_groups(registry.catalog.snapshot(Category.text_generation))


def _show_parsed(parsed: "Iterable[tuple[str, str | None, ParsedName]]") -> None:
    from rich.table import Table

    for name, author, parts in parsed:
        say(name)
        table = Table(show_header=False, box=None, padding=(0, 2))
        told = {"author": author, **{part: getattr(parts, part) for part in _PARTS}}
        extras = [(extra.kind.lower().replace("_", " "), extra.value) for extra in parts.extras]
        for part, value in (*told.items(), *extras):
            if value:
                table.add_row(part.replace("_", " "), cell(value))
        show(table)


def _show_groups(entries: "Iterable[GroupSummaryEntry]") -> None:
    from rich.table import Table

    table = Table("group", "models", "sizes", "aliases", "family", "issues")
    for entry in entries:
        aliases = entry.aliases or ([f"→ {entry.alias_canonical}"] if entry.alias_canonical else [])
        cells = (
            entry.group_name,
            str(entry.canonical_count),
            ", ".join(entry.available_sizes),
            ", ".join(aliases),
            entry.family_name or "",
            str(len(entry.health_issues) or ""),
        )
        table.add_row(*map(cell, cells))
    show(table)


def _show_issues(issues: "Iterable[GroupHealthIssue]") -> None:
    from rich.table import Table

    table = Table("group", "severity", "issue")
    for issue in issues:
        style = _SEVERITY_STYLES[issue.severity]
        table.add_row(
            cell(issue.group_name),
            cell(issue.severity, style),
            cell(issue.message),
        )
    if table.row_count:
        show(table)
    else:
        say("Nothing is odd about the groups.")
