"""The command line `horde-model-reference`, short `hmr`."""

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from horde_model_reference.cli import (
    audit,
    backup,
    baselines,
    doctor,
    files,
    licences,
    models,
    queue,
    records,
    serve,
    sessions,
    text,
)
from horde_model_reference.cli.console import EXIT_CODES_HELP, ExitCode, note, say, warnings_as_notes

app = typer.Typer(
    name="horde-model-reference",
    help="The registry of AI models for the AI-Horde: serve it, fill it, look into it.",
    epilog=EXIT_CODES_HELP,
    invoke_without_command=True,
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
    context: typer.Context,
    show_version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and end.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """The registry of AI models for the AI-Horde: serve it, fill it, look into it."""
    if context.invoked_subcommand is None:
        say(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


_COMMANDS = (
    serve.serve,
    files.import_,
    files.export,
    records.list_,
    records.show,
    doctor.doctor,
    backup.backup,
    backup.restore,
)
for _command in _COMMANDS:
    app.command(_command.__name__.rstrip("_"), epilog=EXIT_CODES_HELP)(_command)

app.add_typer(queue.app)
app.add_typer(audit.app)
app.add_typer(sessions.app)
app.add_typer(models.app)
app.add_typer(licences.app)
app.add_typer(baselines.app)
app.add_typer(text.app)


def main() -> None:
    """Run the command line; wrong usage is one line too."""
    try:
        with warnings_as_notes():
            code = app(standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        message = " ".join(error.format_message().replace("Value error, ", "").split())
        note(f"error: {message} (--help tells more)", style="bold red")
        code = ExitCode.USAGE
    except OSError as error:  # what a command prints goes to a full disk
        note(f"error: {error.strerror or error}", style="bold red")
        # What is still to be written would fail once more when Python ends, with a status of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.FAILED
    sys.exit(code)
