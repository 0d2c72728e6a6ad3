"""`import` and `export`: reference files in and out of the store."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from horde_model_reference.bootstrap import open_store, recognise_baselines
from horde_model_reference.cli.console import (
    ExitCode,
    errors_as_lines,
    fail,
    note,
    notes_console,
    primary_settings,
    print_json,
    say,
    show,
)
from horde_model_reference.cli.options import AsJson, DataDir
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.formats.catalog_files import CatalogFile, find_catalog_files
from horde_model_reference.formats.conversion import Refusal
from horde_model_reference.formats.reference_files import FileFormat, ReferenceFile, find_reference_files

if TYPE_CHECKING:
    from horde_model_reference.store.importing import CatalogImport, CategoryImport


class ImportFormat(StrEnum):
    """The format of a folder to import; `auto` looks."""

    auto = "auto"
    legacy = "legacy"
    v2 = "v2"


def import_(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Folder with reference files.")
    ],
    file_format: Annotated[
        ImportFormat, typer.Option("--format", help="Format of the files.")
    ] = ImportFormat.auto,
    with_notes: Annotated[
        bool, typer.Option("--notes", help="Also list what an editor should look at in stored records.")
    ] = False,
    strict: Annotated[bool, typer.Option(help="End with 4 where a record was refused.")] = False,
    author: Annotated[str, typer.Option(help="Who the history names.")] = "import",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store reference files: the legacy layout (image/*.json, text/models.csv or db.json) or v2 files.

    All of a folder is stored, or nothing where the command is interrupted. A bad record is refused alone.
    Records that the files don't name stay. Importing the same twice changes nothing.
    With v2 files come catalogues of licences, guidance, baselines, text groups, as `export` has them.

    Examples:
      hmr import ~/AI-Horde-model-reference

      hmr import backup/ --format v2 --json
    """
    with errors_as_lines():
        settings = primary_settings(data_dir)
        store = open_store(settings)
        try:
            chosen = None if file_format is ImportFormat.auto else FileFormat(file_format.value)
            files = find_reference_files(folder, chosen)
            is_legacy = FileFormat.legacy in (chosen, *(file.format for file in files))
            catalogs = [] if is_legacy else find_catalog_files(folder)
            if not files and not catalogs:
                fail(f"{folder} holds no reference files (image/*.json, text/models.csv, <category>.json)")
            from rich.progress import Progress

            from horde_model_reference.store.importing import import_folder

            console = notes_console()
            is_shown = console.is_terminal and not as_json
            with Progress(console=console, transient=True, disable=not is_shown) as progress:
                task = progress.add_task("importing", total=len(files) + len(catalogs))

                def advance(file: ReferenceFile | CatalogFile) -> None:
                    name = file.category if isinstance(file, ReferenceFile) else file.catalog
                    progress.update(task, advance=1, description=f"importing {name}")

                records, side_resources = import_folder(
                    store,
                    files,
                    catalogs,
                    author=author,
                    on_baselines=recognise_baselines,
                    progress=advance,
                )
        finally:
            store.close()
    results = [*map(_Result.of_records, records), *map(_Result.of_catalog, side_resources)]
    if as_json:
        print_json([result.as_json() for result in results])
    else:
        _print(results, with_notes=with_notes)
    if any(refusal.key is None for result in results for refusal in result.refusals):
        fail("a file was refused as a whole; the others are stored", ExitCode.REFUSED)
    if strict and any(result.refusals for result in results):
        fail("records were refused; the others are stored", ExitCode.REFUSED)


def export(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Folder to write to; made where missing.")],
    file_format: Annotated[FileFormat, typer.Option("--format", help="Format of the files.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write the records as reference files, the same bytes for the same records.

    In v2, licences, guidance, baselines and what is said of text groups follow in files of their own,
    where they were ever changed. The legacy format has no place for them.

    Examples:
      hmr export reference/ --format v2

      hmr export legacy/ --format legacy
    """
    with errors_as_lines():
        store = open_store(primary_settings(data_dir), must_exist=True)
        try:
            from horde_model_reference.store.exporting import catalogs_left_out, export_files

            written = list(export_files(store, folder, file_format))
            left_out = catalogs_left_out(store) if file_format is FileFormat.legacy else []
        finally:
            store.close()
    if left_out:
        note(f"not in legacy files, but in v2 ones: {', '.join(left_out)}")
    if as_json:
        print_json([_written(name, path, count) for name, path, count in written])
        return
    for _name, path, count in written:
        say(f"{count:6} {path}")


def _written(name: Category | CatalogName, path: Path, count: int) -> dict[str, object]:
    if isinstance(name, Category):
        return {"category": name, "file": path, "records": count}
    return {"catalog": name, "file": path, "resources": count}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What became of a file, with records or with a catalogue."""

    kind: str
    name: str
    path: Path
    read: int
    stored: int
    changed: int
    unchanged: int
    refusals: tuple[Refusal, ...]
    issues: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_records(cls, result: "CategoryImport") -> Self:
        return cls(
            kind="category",
            name=result.file.category,
            path=result.file.path,
            read=result.read,
            stored=result.stored,
            changed=result.changed,
            unchanged=result.unchanged,
            refusals=result.refusals,
            issues=result.issues,
        )

    @classmethod
    def of_catalog(cls, result: "CatalogImport") -> Self:
        taken = result.taken
        return cls(
            kind="catalog",
            name=result.file.catalog,
            path=result.file.path,
            read=taken.read,
            stored=taken.stored,
            changed=taken.changed,
            unchanged=taken.unchanged,
            refusals=taken.refusals,
        )

    @property
    def counts(self) -> dict[str, int]:
        return {
            "read": self.read,
            "stored": self.stored,
            "changed": self.changed,
            "unchanged": self.unchanged,
        }

    def as_json(self) -> dict[str, object]:
        return {
            self.kind: self.name,
            "file": self.path,
            **self.counts,
            "refused": [{"name": refusal.key, "reason": refusal.reason} for refusal in self.refusals],
            "issues": [{"name": name, "issue": issue} for name, issue in self.issues],
        }


def _print(results: list[_Result], *, with_notes: bool) -> None:
    from rich.table import Column, Table

    numeric = ("read", "stored", "changed", "unchanged", "refused")
    table = Table("category", *(Column(name, justify="right") for name in numeric))
    for result in results:
        numbers = (*result.counts.values(), len(result.refusals))
        table.add_row(result.name, *map(str, numbers))
    show(table)
    for result in results:
        for refusal in result.refusals:
            what = f"{result.path.name}: {refusal.key!r}" if refusal.key is not None else str(result.path)
            note(f"refused {what}: {refusal.reason}", style="red")
    issues = [(result.path.name, *issue) for result in results for issue in result.issues]
    if issues and not with_notes:
        note(f"{len(issues)} notes about stored records; --notes lists them")
    for file_name, name, issue in issues if with_notes else ():
        note(f"note {file_name}: {name!r}: {issue}", style="yellow")
