"""`licences`: which are used, and where a conclusion is missing."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer

from horde_model_reference.bootstrap import open_registry
from horde_model_reference.catalog.license_report import (
    LicenseReport,
    LicenseUse,
    report_licenses,
    report_to_json,
)
from horde_model_reference.catalog.licensed_assets import LicensedAssets, ModelGroup
from horde_model_reference.cli.console import (
    EXIT_CODES_HELP,
    errors_as_lines,
    note,
    primary_settings,
    print_json,
    say,
)
from horde_model_reference.cli.options import AsJson, DataDir
from horde_model_reference.domain.licensing import PermissionStatus
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.sources.copy_folder import replace_file

app = typer.Typer(name="licences", help="Look into licences and conclusions.", no_args_is_help=True)

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>|#~&])")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


# A callback keeps the group a group while it has a single command.
@app.callback()
def licences() -> None:
    """Look into licences and conclusions."""


@app.command(epilog=EXIT_CODES_HELP)
def report(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it to a file.", show_default=False),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell how often each licence and each permission is used, and which models nobody reviewed.

    Also which deprecated licences are in use, and which licences are named that nobody described. It is
    Markdown for people, or JSON.

    Examples:
      hmr licences report

      hmr licences report --json --output licences.json
    """
    with errors_as_lines():
        found = _report(data_dir)
        if output is None:
            _print(found, as_json)
        else:
            text = orjson.dumps(report_to_json(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
            replace_file(output, text if as_json else markdown(found).encode())
            note(f"written to {output}")


def _report(data_dir: DataDir) -> LicenseReport:
    registry = open_registry(primary_settings(data_dir))
    registry.close()
    moment = registry.catalog.moment
    models = (ModelGroup(snapshot) for snapshot in moment.snapshots.values())
    return report_licenses(LicensedAssets(models, moment.resources[CatalogName.licensing]))


def _print(found: LicenseReport, as_json: bool) -> None:
    if as_json:
        print_json(report_to_json(found))
    else:
        say(markdown(found).rstrip("\n"))


def markdown(found: LicenseReport) -> str:
    """Return a report for people to read."""
    return "\n".join((*_head(found), *_by_license(found), *_trouble(found), *_unreviewed(found), ""))


def _head(found: LicenseReport) -> Iterator[str]:
    models = sum(found.model_counts.values())
    others = found.summary["total_assets"] - models
    yield "# Licences"
    yield ""
    yield f"{models} models and {others} other assets, at revision {found.revision} of the catalogue."
    yield ""
    yield "| permission | commercial use | redistribution |"
    yield "|---|---:|---:|"
    for status in PermissionStatus:
        uses = (found.summary[use][status.value] for use in ("commercial_use", "redistribution"))
        yield _row(status.value.replace("_", " "), *uses)


def _by_license(found: LicenseReport) -> Iterator[str]:
    yield from ("", "## Licences by use", "", "| licence | name | models | files of models | other assets |")
    yield "|---|---|---:|---:|---:|"
    for use in found.licenses:
        name = "*unknown*" if use.name is None else _text(use.name) + (" (deprecated)" * use.is_deprecated)
        yield _row(_text(use.license_id), name, len(use.models), len(use.files), len(use.assets))


def _trouble(found: LicenseReport) -> Iterator[str]:
    yield from _named("Deprecated licences in use", found.deprecated_in_use)
    yield from _named("Licences that the catalogue does not know", found.unknown)


def _named(title: str, uses: Iterable[LicenseUse]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    lines = [f"- {_text(use.license_id)}: {', '.join(map(_text, use.users))}" for use in uses]
    yield from lines or ["None."]


def _unreviewed(found: LicenseReport) -> Iterator[str]:
    yield from ("", "## Models without a conclusion", "", "| category | models | without a conclusion |")
    yield "|---|---:|---:|"
    for category, number in found.model_counts.items():
        yield _row(_text(category), number, len(found.without_conclusion.get(category, ())))
    for category, names in found.without_conclusion.items():
        yield from ("", f"### {_text(category)}", "")
        yield from (f"- {_text(name)}" for name in names)


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _text(text: str) -> str:
    """Return a text as Markdown shows it: nothing in it is markup, and it stays on its line."""
    return _MARKUP.sub(r"\\\1", _UNSEEN.sub(" ", text))
