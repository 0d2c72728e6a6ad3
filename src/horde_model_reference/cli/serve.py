"""`serve`: run the registry."""

import tempfile
from importlib.resources import as_file
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from horde_model_reference.bootstrap import open_store, service_extra
from horde_model_reference.cli.console import (
    errors_as_lines,
    note,
    note_unknown_settings,
    primary_settings,
    say,
)
from horde_model_reference.cli.options import DataDir
from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
from horde_model_reference.domain.errors import InvalidRecordError, SourceUnavailableError
from horde_model_reference.formats.reference_files import FileFormat, find_reference_files, legacy_path
from horde_model_reference.settings import ReplicateMode, Seed, Settings
from horde_model_reference.sources.starter import starter_folder

if TYPE_CHECKING:
    from horde_model_reference.store.store import Store


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free one.", min=0, max=65535)] = 19800,
    workers: Annotated[int, typer.Option(help="Processes that share the work.", min=1, max=64)] = 1,
    data_dir: DataDir = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where people find it, such as https://models.example: addresses in answers begin so; "
            "default: HORDE_MODEL_REFERENCE_PUBLIC_URL, else what a request names as Host.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run the registry: its HTTP API on one address, its data in one folder.

    An empty registry is filled with the starter set first; HORDE_MODEL_REFERENCE_SEED=github fetches the
    whole public reference instead, and =none leaves it empty.

    Examples:
      hmr serve

      hmr serve --host 0.0.0.0 --port 8080 --workers 2

      HORDE_MODEL_REFERENCE_SEED=github hmr serve --data-dir /srv/registry

      hmr serve --workers 2 --public-url https://models.example
    """
    with errors_as_lines():
        settings = primary_settings(data_dir, public_url=public_url)
        note_unknown_settings()
        with service_extra():
            from horde_model_reference.service.server import listening_socket
            from horde_model_reference.service.server import serve as run
        with listening_socket(host, port) as listener:
            _introduce(settings, host, listener.getsockname()[1])
            run(settings, listener, workers=workers)


def _introduce(settings: Settings, host: str, port: int) -> None:
    """Make the data ready and say where everything is."""
    if settings.replicate_mode is ReplicateMode.REPLICA:
        say(f"data      {settings.data_folder} (a copy: REPLICA)")
    else:
        store = open_store(settings)
        try:
            if store.is_empty():
                _seed(store, settings)
            say(f"data      {store.location}")
            say(f"models    {store.record_count()}")
        finally:
            store.close()
    shown = f"[{host}]" if ":" in host else "localhost" if host in {"0.0.0.0", "127.0.0.1"} else host  # noqa: S104 - compared, not bound
    base = f"http://{shown}:{port}"
    say(f"pages     {base}/")
    say(f"API       {base}/api/model_references/v2/model_categories")
    say(f"docs      {base}/api/docs")
    if settings.public_url is not None:
        say(f"public    {settings.public_url}/")


def _seed(store: "Store", settings: Settings) -> None:
    from horde_model_reference.store.importing import import_files

    seed = settings.effective_seed
    if seed is Seed.starter:
        with as_file(starter_folder()) as folder:
            files = find_reference_files(folder, FileFormat.v2)
            import_files(store, files, author="starter", must_be_whole=True)
        note("The registry was empty: stored the starter set. `hmr import FOLDER` adds your data.")
    elif seed is Seed.github:
        from horde_model_reference.sources.github import download_files

        with tempfile.TemporaryDirectory() as name:
            download_files(_github_urls(settings), Path(name), progress=lambda url: note(f"fetching {url}"))
            files = find_reference_files(Path(name), FileFormat.legacy)
            try:
                results = import_files(store, files, author="github", must_be_whole=True)
            except InvalidRecordError as error:
                raise SourceUnavailableError(
                    f"GitHub gave something else than a reference: {error}"
                ) from error
        refused = sum(len(result.refusals) for result in results)
        if refused:
            note(f"{refused} records were refused; `hmr import` of the same files lists them")


def _github_urls(settings: Settings) -> dict[Path, str]:
    urls: dict[Path, str] = {}
    for category in Category:
        source = BUILT_IN_CATEGORIES[category].github_source
        if source is not None:
            place = legacy_path(category)
            urls[place] = settings.github_url(source, place.name)
    return urls
