"""`generate-guidance-reference`: a page on how to prompt text models (spec 30 §13)."""

from pathlib import Path
from typing import Annotated

import typer

from horde_model_reference.cli.console import errors_as_lines, note
from horde_model_reference.cli.export_input import Input, PrimaryApiUrl, read_export
from horde_model_reference.cli.guidance_page import GuidanceExport, guidance_page
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.sources.copy_folder import replace_file


def generate(
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="The page; one that is there is replaced.")
    ],
    primary_api_url: PrimaryApiUrl = None,
    input_: Input = None,
) -> None:
    """Write a Markdown page on prompting: profiles with templates and examples, and which models have them.

    The same export gives the same page.

    Exit codes: 0 done · 1 a file can't be read or written · 2 wrong usage · 4 this is no guidance export ·
    5 the registry gives none.

    Examples:
      generate-guidance-reference --primary-api-url http://127.0.0.1:19800/api --output guidance.md

      generate-guidance-reference --input export.json --output guidance.md
    """
    with errors_as_lines():
        export = read_export(CatalogName.text_guidance, GuidanceExport, url=primary_api_url, file=input_)
        replace_file(output, guidance_page(export).encode())
    note(f"{len(export.profiles)} profiles and {len(export.assignments)} assignments written to {output}")


def main() -> None:
    """Run the command."""
    typer.run(generate)
