"""Bars that show how far files are, on a terminal; elsewhere one line for each."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from horde_model_reference.cli.console import note, notes_console, printable

if TYPE_CHECKING:
    from rich.progress import Progress

    from horde_model_reference.client.download_plan import DownloadPlan, PlannedFile


class Watch:
    """Shows one file after another, and how many are left."""

    def __init__(self, progress: "Progress", count: int, *, tells: bool) -> None:
        self._progress = progress
        self._tells = tells
        self._files = progress.add_task(f"{count} files", total=count)
        self._file = progress.add_task("", total=None, visible=False)
        self._began = False

    def begin(self, file: "PlannedFile", size_bytes: int | None) -> None:
        """Turn to the next file."""
        if self._began:
            self._progress.advance(self._files)
        self._began = True
        # Reset, not added: the speed of one file says nothing about the next.
        name = printable(file.declared.file_name)[-40:]
        self._progress.reset(self._file, total=size_bytes, description=name, visible=True)

    def advance(self, size_bytes: int) -> None:
        """Show that some more bytes of the file are done."""
        self._progress.advance(self._file, size_bytes)

    def report(self, done_bytes: int, total_bytes: int) -> None:
        """Show how many bytes of the file are on disk, of how many in all; 0: unknown."""
        self._progress.update(self._file, completed=done_bytes, total=total_bytes or None)

    def tell(self, text: str) -> None:
        """Say what became of a file, where there are no bars."""
        if self._tells:
            note(text)


@contextmanager
def watching(plan: "DownloadPlan", *, is_quiet: bool) -> Generator[Watch]:
    """Show how far the files of a plan are while the block runs."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = notes_console()
    has_bars = console.is_terminal and not is_quiet
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not has_bars) as progress:
        yield Watch(progress, len(plan.files), tells=not has_bars and not is_quiet)
