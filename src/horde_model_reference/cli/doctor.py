"""`doctor`: is everything that the registry needs in order?"""

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from horde_model_reference.bootstrap import open_store
from horde_model_reference.cli.console import (
    ExitCode,
    cell,
    errors_as_lines,
    note_unknown_settings,
    primary_settings,
    print_json,
    show,
)
from horde_model_reference.cli.options import AsJson, DataDir
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import RegistryError
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.settings import ReplicateMode, Settings

if TYPE_CHECKING:
    from horde_model_reference.store.store import Store

_TIMEOUT_SECONDS = 5
_NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    is_ok: bool
    text: str
    exit_code: ExitCode


def doctor(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check the data folder, the database and its tables, and whether the AI-Horde answers.

    The exit code is that of the first check that failed: 1 the folder, 3 the database, 5 the AI-Horde.

    Example: hmr doctor --json
    """
    with errors_as_lines():
        settings = primary_settings(data_dir)
        note_unknown_settings()
    findings = list(_findings(settings))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        from rich.table import Table

        table = Table("check", "", "found")
        for finding in findings:
            mark = "[green]ok[/]" if finding.is_ok else "[bold red]problem[/]"
            table.add_row(finding.check, mark, cell(finding.text))
        show(table)
    problems = [finding for finding in findings if not finding.is_ok]
    if problems:
        raise typer.Exit(problems[0].exit_code)


def _findings(settings: Settings) -> Iterator[Finding]:
    yield _finding("data folder", ExitCode.FAILED, lambda: _check_folder(settings.data_folder))
    if settings.replicate_mode is ReplicateMode.PRIMARY:
        yield _finding("database", ExitCode.STORE, lambda: _check_store(settings))
    if not settings.offline:
        yield _finding("AI-Horde", ExitCode.UNREACHABLE, lambda: _check_ai_horde(settings.ai_horde_url))


def _finding(check: str, exit_code: ExitCode, run: Callable[[], str]) -> Finding:
    try:
        return Finding(check=check, is_ok=True, text=run(), exit_code=exit_code)
    except (RegistryError, OSError) as error:
        return Finding(check=check, is_ok=False, text=str(error) or type(error).__name__, exit_code=exit_code)


def _check_folder(folder: Path) -> str:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        raise NotADirectoryError(f"{existing} is not a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise PermissionError(f"{existing} can't be written to")
    return f"{folder}" if existing == folder else f"{folder} (will be made)"


def _check_store(settings: Settings) -> str:
    place = settings.store_place
    if isinstance(place, Path) and not place.exists():
        return f"{place} (will be made)"
    store = open_store(settings)
    try:
        problems = store.check()
        if problems:
            raise RegistryError(f"{store.location}: {'; '.join(problems)}; restore a backup")
        revision = store.schema_revision()
        held = f"{store.record_count()} records, serial {store.serial()}, schema {revision}"
        return f"{store.location}: {held}{_lost_guidance(store)}"
    finally:
        store.close()


def _lost_guidance(store: "Store") -> str:
    """Say which models have guidance assigned, but don't exist any more; nothing where all do."""
    with store.review_view() as view:
        assigned = view.resources.catalog(CatalogName.text_guidance).all(ResourceType.guidance_assignment)
        lost = [name for name in assigned if view.records.head(Category.text_generation, name) is None]
    if not lost:
        return ""
    some = ", ".join(lost[:_NAMED_AT_MOST]) + (", …" if len(lost) > _NAMED_AT_MOST else "")
    return f"; guidance is assigned to {len(lost)} models that don't exist any more: {some}"


def _check_ai_horde(url: str) -> str:
    import httpx

    address = f"{url.rstrip('/')}/v2/status/heartbeat"
    try:
        status = httpx.get(address, timeout=_TIMEOUT_SECONDS, follow_redirects=True).status_code
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise RegistryError(f"{address}: {error}") from error
    if status >= 500:
        raise RegistryError(f"{address} answers {status}")
    return f"{address} answers {status}"
