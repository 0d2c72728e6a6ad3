"""The command line `horde-model-reference`, short `hmr`."""

from importlib.metadata import version
from typing import Annotated

import typer

from horde_model_reference.cli import doctor, files, records, serve
from horde_model_reference.cli.console import EXIT_CODES_HELP, say

app = typer.Typer(
    name="horde-model-reference",
    help="The registry of AI models for the AI-Horde: serve it, fill it, look into it.",
    epilog=EXIT_CODES_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        say(version("horde-model-reference"))
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and end.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """The registry of AI models for the AI-Horde: serve it, fill it, look into it."""


for _command in (serve.serve, files.import_, files.export, records.list_, records.show, doctor.doctor):
    app.command(_command.__name__.rstrip("_"), epilog=EXIT_CODES_HELP)(_command)


def main() -> None:
    """Run the command line."""
    app()
