"""`migrate-model-layout`: bring files of shared components to the folders where they belong (spec 30 §13)."""

from pathlib import Path
from typing import Annotated

import typer

from horde_model_reference.cli.console import errors_as_lines, note, say
from horde_model_reference.cli.models_choice import read_records
from horde_model_reference.settings import load_settings


def migrate(
    apply: Annotated[
        bool, typer.Option("--apply", help="Move the files, instead of only naming them.")
    ] = False,
    cache_home: Annotated[
        Path | None,
        typer.Option(help="Folder of the worker's data; default: AIWORKER_CACHE_HOME, else ./models."),
    ] = None,
) -> None:
    """Move files of shared components (VAEs, text encoders, …) from their model's folder to their own.

    Their sums move along. Nothing is overwritten, and links are left alone.

    Example: migrate-model-layout --cache-home /data/models --apply
    """
    with errors_as_lines():
        settings = load_settings(aiworker_cache_home=cache_home)
        from horde_model_reference.client.layout import resolve_weights_root
        from horde_model_reference.client.layout_moves import planned_moves
        from horde_model_reference.client.selecting import categories_with_weights

        records = read_records(settings, categories_with_weights())
        root = resolve_weights_root(settings.aiworker_cache_home)
        moves = planned_moves((record for each in records.values() for record in each.values()), root)
        for move in moves:
            if apply:
                move.make()
            say(f"{'moved' if apply else 'would move'} {move.old} to {move.new}")
    note(f"{len(moves)} files" + ("" if apply or not moves else "; --apply moves them"))


def main() -> None:
    """Run the command."""
    typer.run(migrate)
