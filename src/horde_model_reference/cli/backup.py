"""`backup` and `restore`: the whole store as one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from horde_model_reference.bootstrap import open_store, service_extra
from horde_model_reference.cli.console import errors_as_lines, primary_settings, print_json, say
from horde_model_reference.cli.options import AsJson, DataDir

if TYPE_CHECKING:
    from horde_model_reference.store.backup import BackupSummary


def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="File to write; one that exists is replaced.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write records with all their versions, queue and audit trail to a file, while the service goes on.

    Example: hmr backup /backups/registry.jsonl.gz
    """
    with errors_as_lines():
        store = open_store(primary_settings(data_dir), must_exist=True)
        try:
            from horde_model_reference.store.backup import write_backup

            summary = write_backup(store, file)
        finally:
            store.close()
    _tell(summary, as_json)


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that `backup` wrote.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fill an empty database with a backup, also one of another kind: SQLite to PostgreSQL and back.

    Everything is checked first, and stored as a whole or not at all.

    Example: hmr restore /backups/registry.jsonl.gz --data-dir new/
    """
    with errors_as_lines():
        settings = primary_settings(data_dir)
        with service_extra():
            from horde_model_reference.store.backup import restore_backup
        summary = restore_backup(settings.store_place, file)
    _tell(summary, as_json)


def _tell(summary: "BackupSummary", as_json: bool) -> None:
    if as_json:
        print_json({"schema": summary.schema, "rows": summary.rows})
        return
    for table, count in summary.rows.items():
        say(f"{count:8} {table}")
