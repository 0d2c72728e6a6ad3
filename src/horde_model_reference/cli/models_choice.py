"""Which models the commands about their files mean, and where those files lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from horde_model_reference.cli.console import ExitCode, fail, note
from horde_model_reference.domain.categories import Category
from horde_model_reference.settings import Settings, load_settings

if TYPE_CHECKING:
    from horde_model_reference.client.reader import ReferenceReader
    from horde_model_reference.client.selecting import CategoryRecords, Selection
    from horde_model_reference.domain.baselines import BaselineRegistry
    from horde_model_reference.domain.records import GenericModelRecord

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="Models.", show_default=False)]
Categories = Annotated[
    list[Category] | None,
    typer.Option(
        "--category",
        metavar="CATEGORY",
        help="Only of this category, such as image_generation; repeatable.",
        show_default=False,
    ),
]
Patterns = Annotated[
    list[str] | None,
    typer.Option(
        "--match",
        help="Only with a name that fits, such as 'Flux*', in any case; repeatable.",
        metavar="GLOB",
    ),
]
Baselines = Annotated[
    list[str] | None, typer.Option("--baseline", help="Only of this baseline, such as SDXL; repeatable.")
]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only with one of these tags; repeatable.")]
Nsfw = Annotated[
    bool | None, typer.Option("--nsfw/--sfw", help="Only models that are, or aren't, not safe for work.")
]
Weights = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="DIR",
        help="Folder of the weights; default: the one below AIWORKER_CACHE_HOME (else ./models) that holds "
        "clip and compvis, else that itself.",
        show_default=False,
    ),
]
ReferenceDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Folder of the reference files; default: HORDE_MODEL_REFERENCE_DATA_DIR, else "
        "horde_model_reference in AIWORKER_CACHE_HOME or ./models.",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The models that are meant."""

    records: "Sequence[GenericModelRecord]"
    root: Path
    is_named: bool
    """Whether each was asked for by name."""
    is_offline: bool
    """Whether the network must not be used."""


def choose(
    selection: "Selection", *, categories: list[Category] | None, weights: Path | None, data_dir: Path | None
) -> Choice:
    """Return the models that the options mean; end the program where there are none."""
    from horde_model_reference.client.layout import resolve_weights_root
    from horde_model_reference.client.selecting import categories_with_weights, select_records
    from horde_model_reference.domain.registries import shared_registries

    with_weights = categories_with_weights()
    for category in categories or ():
        if category not in with_weights:
            fail(f"files of {category} models have no place among the weights", ExitCode.USAGE)
    settings = load_settings(data_dir=data_dir)
    records = read_records(
        settings, [category for category in with_weights if category in (categories or with_weights)]
    )
    baselines = shared_registries().baselines
    _require_baselines(selection.baselines, records, baselines)
    chosen = select_records(records, selection, baselines.all())
    if not chosen:
        fail("no model is meant by these options")
    return Choice(
        records=chosen,
        root=weights or resolve_weights_root(settings.aiworker_cache_home),
        is_named=bool(selection.names),
        is_offline=settings.offline,
    )


def _require_baselines(
    wanted: Sequence[str], records: "CategoryRecords", baselines: "BaselineRegistry"
) -> None:
    """End the program where nobody knows a baseline; records may name one that is newer than the program."""
    named = {getattr(record, "baseline", None) for found in records.values() for record in found.values()}
    for baseline in wanted:
        if baseline not in named and not baselines.is_known(baseline):
            fail(f"there is no baseline {baseline!r}; known: {', '.join(baselines.all())}", ExitCode.USAGE)


def read_records(
    settings: Settings, categories: Sequence[Category]
) -> "Mapping[str, Mapping[str, GenericModelRecord]]":
    """Return the records of categories by name, as the library reads them; end the program without any."""
    from horde_model_reference.client.choosing import choose_backend
    from horde_model_reference.client.reader import ReferenceReader

    folder = settings.library_folder
    reader = ReferenceReader(
        choose_backend(settings, base_path=folder, mode=settings.replicate_mode, offline=settings.offline)
    )
    try:
        found = {category: reader.typed(category) for category in categories}
        records: dict[str, Any] = {
            category: typed.records for category, typed in found.items() if typed is not None
        }
        _tell_of_trouble(reader, categories)
    finally:
        reader.backend.close()
    if not records:
        fail(f"there are no records in {folder}, and nobody gave any", ExitCode.UNREACHABLE)
    return records


def _tell_of_trouble(reader: "ReferenceReader", categories: Sequence[Category]) -> None:
    statuses = [(category, reader.backend.status(category)) for category in categories]
    starter = [category for category, status in statuses if status is not None and status.source == "starter"]
    if starter:
        note(f"only the starter set of the package is at hand for: {', '.join(starter)}", style="yellow")
    errors = {status.last_error for _, status in statuses if status is not None and status.last_error}
    for error in sorted(errors):
        note(f"the records may be old: {error}", style="yellow")
