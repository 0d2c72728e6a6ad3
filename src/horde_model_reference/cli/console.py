"""How commands talk: results to standard output, the rest to standard error, documented exit codes."""

import json
import logging
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

from horde_model_reference.cli.setting_names import unknown_settings
from horde_model_reference.domain import errors
from horde_model_reference.domain.unseen_characters import UNSEEN
from horde_model_reference.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text


class ExitCode(IntEnum):
    """What an exit status means."""

    OK = 0
    FAILED = 1
    USAGE = 2
    STORE = 3
    REFUSED = 4
    UNREACHABLE = 5
    DISK_FULL = 6


_ESCAPED_IN_JSON: Final = re.compile(f"{UNSEEN.pattern}|[\ud800-\udfff]")
"""What a terminal may obey or not show, and half of a surrogate pair, as a refused name may hold."""

EXIT_CODES_HELP = (
    "Exit codes: 0 done · 1 failed or not found · 2 wrong usage or setting · 3 the database can't be used · "
    "4 records were refused (with --strict) · 5 a server can't be reached."
)

_EXIT_CODE_OF_ERROR: dict[type[BaseException], ExitCode] = {
    SettingsError: ExitCode.USAGE,
    errors.StoreError: ExitCode.STORE,
    errors.SourceUnavailableError: ExitCode.UNREACHABLE,
    errors.NotPermittedError: ExitCode.USAGE,
    errors.RegistryError: ExitCode.FAILED,
    OSError: ExitCode.FAILED,
}


def say(text: str) -> None:
    """Print a result; nothing in it tells the terminal to do something."""
    typer.echo(printable(text))


def note(text: str, style: str | None = None) -> None:
    """Print a line about the run, which is no result; nothing in it tells the terminal to do something."""
    colour = {"bold red": "red"}.get(style or "", style)
    typer.secho(printable(text), err=True, fg=colour, bold=style == "bold red")


def printable(text: object) -> str:
    """Return a text without characters that would tell the terminal to do something."""
    return "".join(
        character if character.isprintable() or character == "\n" else f"\\x{ord(character):02x}"
        for character in str(text)
    )


def cell(text: object, style: str = "") -> "Text":
    """Return a text for a table: nothing in it is markup, and where it is too long it goes on below."""
    from rich.text import Text

    return Text(printable(text), style=style, overflow="fold")


def show(rendered: "RenderableType") -> None:
    """Print a table or the like as a result."""
    from rich.console import Console

    Console(highlight=False, emoji=False).print(rendered)


def notes_console() -> "Console":
    """Return where progress is shown."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, emoji=False)


class _Notes(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        note(self.format(record))


@contextmanager
def warnings_as_notes() -> Generator[None]:
    """Print what the program has to warn of while the block runs, as harmlessly as everything else."""
    root, notes = logging.getLogger(), _Notes(logging.WARNING)
    root.addHandler(notes)
    try:
        yield
    finally:
        root.removeHandler(notes)


def fail(message: str, code: ExitCode = ExitCode.FAILED) -> NoReturn:
    """Print one line and end with an exit status."""
    note(f"error: {' '.join(message.split())}", style="bold red")
    raise typer.Exit(code)


@contextmanager
def errors_as_lines() -> Generator[None]:
    """Turn the errors that a person can do something about into one line and an exit status."""
    try:
        yield
    except tuple(_EXIT_CODE_OF_ERROR) as error:
        code = next(code for kind, code in _EXIT_CODE_OF_ERROR.items() if isinstance(error, kind))
        fail(_text_of(error), code)


def _text_of(error: BaseException) -> str:
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    # The number that Python puts in front tells people nothing.
    return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"


def print_json(value: Any) -> None:
    """Print a value as JSON in UTF-8, for other programs."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    typer.echo(_ESCAPED_IN_JSON.sub(lambda found: json.dumps(found[0])[1:-1], text).encode())


def primary_settings(data_dir: Any = None, **given: Any) -> Settings:
    """Read the settings of a program that works on the store: a PRIMARY's, unless told otherwise.

    What is given, and not None, stands above the environment.
    """
    return load_settings(primary_by_default=True, data_dir=data_dir, **given)


def note_unknown_settings() -> None:
    """Say which variables of the environment begin like a setting, but are none."""
    for line in unknown_settings(os.environ):
        note(line)
