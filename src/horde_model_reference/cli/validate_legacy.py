"""`validate-sd-models`: check a legacy file of image models (spec 30 §13)."""

from pathlib import Path
from typing import Annotated

import typer

from horde_model_reference.cli.console import ExitCode, errors_as_lines, fail, note, say
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError


def validate(
    sd_db: Annotated[
        Path, typer.Argument(metavar="FILE", help="A stable_diffusion.json in the legacy form.")
    ],
    write: Annotated[
        Path | None,
        typer.Option(help="Also write the good records there, if any, in canonical order and layout."),
    ] = None,
) -> None:
    """Check a legacy file of image models: 1 where it is missing, 4 where a record in it is refused.

    Example: validate-sd-models stable_diffusion.json
    """
    from horde_model_reference.formats.legacy import convert_legacy_file
    from horde_model_reference.formats.legacy_export import dump_legacy_file
    from horde_model_reference.sources.copy_folder import replace_file

    try:
        found = convert_legacy_file(Category.image_generation, sd_db.read_bytes())
    except (OSError, InvalidRecordError) as error:
        fail(f"{sd_db}: {getattr(error, 'strerror', None) or error}")
    for record in found.records:
        for issue in record.issues:
            note(f"note: {record.key!r}: {issue}", style="yellow")
    for refusal in found.refusals:
        what = f"{sd_db}" if refusal.key is None else repr(refusal.key)
        note(f"refused: {what}: {refusal.reason}", style="red")
    legacy = {record.key: record.legacy for record in found.records if record.legacy is not None}
    if write is not None and legacy:
        with errors_as_lines():
            replace_file(write, dump_legacy_file(legacy).encode())
    if found.refusals:
        fail(f"{sd_db} is not good: {len(found.refusals)} refused", ExitCode.REFUSED)
    say(f"{len(found.records)} records are good")


def main() -> None:
    """Run the command."""
    typer.run(validate)
