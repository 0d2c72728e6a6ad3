"""`generate-license-reference`: pages on licences, and on what is under them (spec 30 §13)."""

from pathlib import Path
from typing import Annotated, Final

import typer

from horde_model_reference.cli.console import errors_as_lines, note
from horde_model_reference.cli.export_input import Input, PrimaryApiUrl, read_export
from horde_model_reference.cli.license_export import LicensingExport
from horde_model_reference.cli.license_pages import license_pages
from horde_model_reference.cli.page_folder import write_pages
from horde_model_reference.domain.resources import CatalogName

_MARK: Final = "<!-- Made by generate-license-reference; changes by hand are lost. -->"


def generate(
    output_directory: Annotated[
        Path, typer.Option("--output-directory", metavar="DIR", help="Folder of the pages; made if missing.")
    ],
    primary_api_url: PrimaryApiUrl = None,
    input_: Input = None,
) -> None:
    """Write Markdown pages on licences: an index, one for each licence, and one of assets and models.

    The same export gives the same pages. Pages of an earlier run that are not among them are removed; files
    that this command did not make are left alone, and where one is in the way, nothing is written.

    Exit codes: 0 done · 1 a file can't be read or written · 2 wrong usage · 4 this is no licensing export ·
    5 the registry gives none.

    Examples:
      generate-license-reference --primary-api-url http://127.0.0.1:19800/api --output-directory pages

      generate-license-reference --input export.json --output-directory pages
    """
    with errors_as_lines():
        export = read_export(CatalogName.licensing, LicensingExport, url=primary_api_url, file=input_)
        pages = license_pages(export)
        removed = write_pages(output_directory, pages, mark=_MARK)
    note(f"{len(pages)} pages written to {output_directory}, {len(removed)} old ones removed")


def main() -> None:
    """Run the command."""
    typer.run(generate)
