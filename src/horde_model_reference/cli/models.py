"""`models`: the files of models, as workers need them on disk: what is missing, fetching it, checking it."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from horde_model_reference.cli.console import ExitCode, errors_as_lines, fail, note, print_json, say, show
from horde_model_reference.cli.models_choice import (
    Baselines,
    Categories,
    Names,
    Nsfw,
    Patterns,
    ReferenceDir,
    Tags,
    Weights,
    choose,
)
from horde_model_reference.cli.models_text import (
    plan_json,
    plan_lines,
    plan_table,
    result_table,
    results_json,
    shortage_text,
)
from horde_model_reference.cli.options import AsJson
from horde_model_reference.cli.watching import Watch, watching

if TYPE_CHECKING:
    from horde_model_reference.client.download_plan import DownloadPlan, PlannedFile
    from horde_model_reference.client.selecting import Selection

_EXIT_CODES = (
    "Exit codes: 0 done · 1 no such model, or a file is missing, wrong or can't be fetched · 2 wrong usage "
    "or setting · 5 nobody gives any records · 6 the disk has too little room · 130 interrupted."
)
_INTERRUPTED = 130
_CIVITAI = "civitai.com"

Results = list[tuple["PlannedFile", str]]

app = typer.Typer(
    name="models",
    help="Bring the files of models to disk, and check them.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
)


@app.command(epilog=_EXIT_CODES)
def plan(
    names: Names = None,
    category: Categories = None,
    match: Patterns = None,
    baseline: Baselines = None,
    tag: Tags = None,
    nsfw: Nsfw = None,
    weights: Weights = None,
    data_dir: ReferenceDir = None,
    as_json: AsJson = False,
) -> None:
    """Show which files of models are on disk, how many bytes the others have, and the room that is left.

    Names and filters have to hold together; without any, all models are meant. This looks for files by name
    and size, reads none of them, and asks no server of files.

    Examples:
      hmr models plan Deliberate "Flux.1-Schnell fp8 (Compact)"

      hmr models plan --baseline SDXL --sfw --weights /data/models --json
    """
    with errors_as_lines():
        selection = _selection(names, match, baseline, tag, nsfw)
        choice = choose(selection, categories=category, weights=weights, data_dir=data_dir)
        from horde_model_reference.client.download_plan import plan_downloads

        planned = plan_downloads(choice.records, choice.root)
    if as_json:
        print_json(plan_json(planned))
    else:
        show(plan_table(planned))
        for line in plan_lines(planned):
            say(line)
    _tell_of_models_without_files(planned)
    _require_room(planned)


@app.command(epilog=_EXIT_CODES)
def download(
    names: Names = None,
    category: Categories = None,
    match: Patterns = None,
    baseline: Baselines = None,
    tag: Tags = None,
    nsfw: Nsfw = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All models, where nothing else is said.")
    ] = False,
    weights: Weights = None,
    connections: Annotated[
        int, typer.Option(min=1, max=8, help="Connections for one large file, where its server allows that.")
    ] = 1,
    apikey: Annotated[
        str,
        typer.Option(
            envvar="AI_HORDE_API_KEY",
            help="Your AI-Horde key, for the mirror that HORDE_MODEL_REFERENCE_R2__GATEWAY_URL names.",
            show_default=False,
        ),
    ] = "",
    token: Annotated[
        str,
        typer.Option(
            envvar="CIVIT_API_TOKEN",
            help="Token for files on --token-host, and sent nowhere else.",
            show_default=False,
        ),
    ] = "",
    account_host: Annotated[
        str, typer.Option("--token-host", help="Where the token is good, with all hosts below.")
    ] = _CIVITAI,
    data_dir: ReferenceDir = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the files of models that are missing or wrong, and check the sums of all.

    Nothing begins where the disk has too little room. An interrupted download goes on where it ended.

    Examples:
      hmr models download Deliberate

      hmr models download --category clip --category safety_checker --weights /data/models
    """
    with errors_as_lines():
        selection = _selection(names, match, baseline, tag, nsfw)
        if selection.is_everything and not category and not everything:
            fail("name models, filter them, or say --all", ExitCode.USAGE)
        choice = choose(selection, categories=category, weights=weights, data_dir=data_dir)
        from horde_model_reference.client.download_plan import plan_downloads

        planned = plan_downloads(choice.records, choice.root)
        _tell_of_models_without_files(planned)
        _require_room(planned)
        if choice.is_offline and any(file.bytes_to_fetch != 0 for file in planned.files):
            fail("HORDE_MODEL_REFERENCE_OFFLINE is set, so nothing is fetched", ExitCode.USAGE)
        fetch = partial(
            _fetch,
            connections=connections,
            apikey=apikey or None,
            token=token or None,
            account_host=account_host,
        )
        with _interruptible(), watching(planned, is_quiet=as_json) as watch:
            results: Results = [(file, fetch(file, watch)) for file in planned.files]
    _finish(planned, results, as_json=as_json, good={"kept", "fetched"})


@app.command(epilog=_EXIT_CODES)
def verify(
    names: Names = None,
    category: Categories = None,
    match: Patterns = None,
    baseline: Baselines = None,
    tag: Tags = None,
    nsfw: Nsfw = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Read all files, even where a side file remembers the sum.")
    ] = False,
    weights: Weights = None,
    data_dir: ReferenceDir = None,
    as_json: AsJson = False,
) -> None:
    """Check the files of models on disk against the sums in their records.

    Models of which nothing is on disk count only where they are named.

    Examples:
      hmr models verify

      hmr models verify Deliberate --anew --json
    """
    with errors_as_lines():
        selection = _selection(names, match, baseline, tag, nsfw)
        choice = choose(selection, categories=category, weights=weights, data_dir=data_dir)
        from horde_model_reference.client.download_plan import plan_downloads
        from horde_model_reference.client.verifying import verify_file

        planned = plan_downloads(choice.records, choice.root)
        files = planned.files if choice.is_named else _files_of_models_on_disk(planned)
        with _interruptible(), watching(planned, is_quiet=as_json) as watch:
            results: Results = []
            for file in files:
                watch.begin(file, file.bytes_on_disk)
                results.append((file, verify_file(file, anew=anew, watch=watch.advance).value))
    _finish(planned, results, as_json=as_json, good={"right", "unchecked"})


def _selection(
    names: list[str] | None,
    match: list[str] | None,
    baseline: list[str] | None,
    tag: list[str] | None,
    nsfw: bool | None,
) -> "Selection":
    from horde_model_reference.client.selecting import Selection

    return Selection(
        names=tuple(names or ()),
        patterns=tuple(match or ()),
        baselines=tuple(baseline or ()),
        tags=tuple(tag or ()),
        nsfw=nsfw,
    )


def _fetch(  # what is done with each file of a download
    file: "PlannedFile",
    watch: Watch,
    *,
    connections: int,
    apikey: str | None,
    token: str | None,
    account_host: str,
) -> str:
    from horde_model_reference.client.downloads import bring_file, download_addressed_file
    from horde_model_reference.client.verifying import verify_file

    watch.begin(file, file.size_bytes)
    if verify_file(file, watch=watch.advance).is_good:
        return "kept"
    fetch = partial(
        download_addressed_file,
        progress_callback=watch.report,
        auth_query_token=token if _is_on(file.declared.file_url, account_host) else None,
        apikey=apikey,
        connections=connections,
    )
    result = "fetched" if bring_file(file.declared, file.path, fetch) else "failed"
    watch.tell(f"{result} {file.path}")
    return result


def _is_on(url: str, host: str) -> bool:
    try:
        found = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return False
    return found == host.lower() or found.endswith(f".{host.lower()}")


def _files_of_models_on_disk(planned: "DownloadPlan") -> "list[PlannedFile]":
    on_disk = {(file.category, file.model) for file in planned.files if file.bytes_on_disk}
    return [file for file in planned.files if (file.category, file.model) in on_disk]


def _tell_of_models_without_files(planned: "DownloadPlan") -> None:
    for record in planned.without_files:
        note(f"{record.name!r} declares no file that could be fetched", style="yellow")


def _require_room(planned: "DownloadPlan") -> None:
    if not planned.fits:
        fail(f"there is too little room: {shortage_text(planned)}", ExitCode.DISK_FULL)


@contextmanager
def _interruptible() -> Generator[None]:
    try:
        yield
    except KeyboardInterrupt:
        note("interrupted; the same command goes on from here", style="yellow")
        raise typer.Exit(_INTERRUPTED) from None


def _finish(planned: "DownloadPlan", results: Results, *, as_json: bool, good: set[str]) -> None:
    if as_json:
        print_json(results_json(planned, results))
    else:
        show(result_table(results))
    bad = [file for file, result in results if result not in good]
    if bad:
        fail(f"{len(bad)} of {len(results)} files are not as they should be, such as {bad[0].path}")
