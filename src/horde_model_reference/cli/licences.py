"""`licences`: which are used, and where a conclusion is missing."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from horde_model_reference.bootstrap import open_registry
from horde_model_reference.catalog.license_report import LicenseReport, report_licenses, report_to_json
from horde_model_reference.catalog.licensed_assets import LicensedAssets, ModelGroup
from horde_model_reference.cli.console import (
    EXIT_CODES_HELP,
    errors_as_lines,
    note,
    primary_settings,
    print_json,
    say,
)
from horde_model_reference.cli.licences_text import markdown
from horde_model_reference.cli.options import AsJson, DataDir
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.sources.copy_folder import replace_file

app = typer.Typer(name="licences", help="Look into licences and conclusions.", no_args_is_help=True)


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
    registry = open_registry(primary_settings(data_dir), must_exist=True)
    registry.close()
    moment = registry.catalog.moment
    models = (ModelGroup(snapshot) for snapshot in moment.snapshots.values())
    return report_licenses(LicensedAssets(models, moment.resources[CatalogName.licensing]))


def _print(found: LicenseReport, as_json: bool) -> None:
    if as_json:
        print_json(report_to_json(found))
    else:
        say(markdown(found).rstrip("\n"))
