"""Measure searching and print one table: ``python -m benchmarks.search``."""

import argparse
import asyncio
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlencode

from rich.console import Console
from starlette.types import ASGIApp, Message

from benchmarks import servers, synthetic
from benchmarks.load import in_turns, missing_programs, wrk
from benchmarks.processes import BenchmarkError
from benchmarks.servers import HEARTBEAT
from benchmarks.table import Row, compared, limited, print_table, unmeasured
from horde_model_reference.bootstrap import open_registry
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.access_log import AccessLog, AccessLogStyle
from horde_model_reference.service.answer_memory import AnswerMemory
from horde_model_reference.service.app import create_app
from horde_model_reference.settings import load_settings

_MANY = 100_000
_SAMPLES = 120
_SHARED = Path(__file__).resolve().parents[2] / "shared"
_V2 = "/api/model_references/v2"
_IMAGES = f"{_V2}/image_generation/search"
_REPEATED = {
    "search": f"{_IMAGES}?nsfw=false&baseline=stable_diffusion_xl&limit=50",
    "search-page": f"{_IMAGES}?nsfw=false&baseline=stable_diffusion_1&limit=50",
    "search-all": f"{_V2}/search?name_contains=xl",
}
_BASELINES = ("stable_diffusion_1", "stable_diffusion_2_768", "stable_diffusion_xl", "flux_1")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print all rows."""
    options = _parser().parse_args(arguments)
    console = Console()
    console.width = max(console.width, 130)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name, console.status("measuring"):
        folder = Path(name)
        rows = [*_few(folder / "few", options.legacy, seconds=options.seconds), *_many(folder)]
    print_table(rows, console)


def _few(data_folder: Path, legacy: Path, *, seconds: float) -> Iterator[Row]:
    data_folder.mkdir()
    servers.import_data(data_folder, legacy)
    yield from _repeated(data_folder, seconds=seconds)
    with _application(data_folder) as ask:
        for name, path, searches in (
            ("uncached", _IMAGES, _different_searches()),
            ("uncached-all", f"{_V2}/search", _different_names()),
        ):
            ask(f"{path}?q=warm")
            median = statistics.median(_milliseconds(ask, path, searches))
            what = f"{path.removeprefix('/api')}, each request another one, in-process p50"
            yield limited(name, what, value=median, unit="ms", most=2)


def _repeated(data_folder: Path, *, seconds: float) -> Iterator[Row]:
    if missing_programs("wrk"):
        yield from (unmeasured(name, "skipped: needs wrk") for name in _REPEATED)
        return
    with servers.registry(data_folder) as server:
        for name, path in _REPEATED.items():
            rates = in_turns(
                {each: partial(_rate, server.url(each), seconds=seconds) for each in (path, HEARTBEAT)}
            )
            what = f"{path.removeprefix(_V2)} / heartbeat"
            yield compared(name, what, value=rates[path], reference=rates[HEARTBEAT], least=0.5)


def _rate(url: str, *, seconds: float) -> float:
    return wrk(url, seconds=seconds).requests_per_second


def _many(folder: Path) -> Iterator[Row]:
    files, data_folder = folder / "synthetic", folder / "many"
    data_folder.mkdir()
    synthetic.write_image_models(files, count=_MANY)
    servers.import_data(data_folder, files)
    yield _index_build(data_folder)
    with _application(data_folder) as ask:
        for name, searches, most in (
            ("large-filter", _large_filters(), 10),
            ("large-words", _large_words(), 20),
            ("large-facets", _large_facets(), 20),
        ):
            _milliseconds(ask, _IMAGES, islice(searches, 12))
            found = statistics.quantiles(_milliseconds(ask, _IMAGES, searches), n=20)[-1]
            yield limited(name, f"{_MANY:,} records, in-process p95", value=found, unit="ms", most=most)


def _index_build(data_folder: Path) -> Row:
    settings = load_settings(replicate_mode="PRIMARY", data_dir=data_folder, seed="none")
    registry = open_registry(settings)
    snapshot = registry.catalog.snapshot(Category.image_generation)
    if snapshot is None:
        raise BenchmarkError("the made-up records were not imported")
    began = time.perf_counter()
    snapshot.table().text_indexes()
    seconds = time.perf_counter() - began
    registry.close()
    return limited("large-index", f"{_MANY:,} records, words", value=seconds, unit="s", most=4)


Ask = Callable[[str], None]


@contextmanager
def _application(data_folder: Path) -> Iterator[Ask]:
    """Give a function that asks the application for an address, without a server or a socket."""
    settings = load_settings(replicate_mode="PRIMARY", data_dir=data_folder, seed="none")
    registry = open_registry(settings)
    log = AccessLog(io.StringIO(), style=AccessLogStyle.JSON)
    app = create_app(registry, memory=AnswerMemory(), access_log=log)
    with ExitStack() as stack:
        stack.callback(registry.close)
        runner = stack.enter_context(asyncio.Runner())
        yield lambda target: runner.run(_ask(app, target))


async def _ask(app: ASGIApp, target: str) -> None:
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "root_path": "",
        "extensions": {},
    }
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    if statuses != [200]:
        raise BenchmarkError(f"{target} was answered with {statuses}")


def _milliseconds(ask: Ask, path: str, searches: Iterable[dict[str, object]]) -> list[float]:
    durations: list[float] = []
    for parameters in searches:
        target = f"{path}?{urlencode(parameters)}"
        began = time.perf_counter()
        ask(target)
        durations.append((time.perf_counter() - began) * 1000)
    return durations


def _different_searches() -> Iterator[dict[str, object]]:
    for number, baseline in enumerate(islice(cycle(_BASELINES), _SAMPLES)):
        yield {"nsfw": number % 2 == 0, "baseline": baseline, "limit": 50, "x": number, "offset": number // 8}


def _different_names() -> Iterator[dict[str, object]]:
    letters = "aeiorstn"
    for number in range(_SAMPLES):
        yield {"name_contains": letters[number % 8], "offset": number // 8}


def _large_filters() -> Iterator[dict[str, object]]:
    for number, baseline in enumerate(islice(cycle(_BASELINES), _SAMPLES)):
        order = {"sort_by": "size_on_disk_bytes", "sort_desc": True} if number % 3 == 0 else {}
        yield {"nsfw": number % 2 == 0, "baseline": baseline, "offset": number, **order}


def _large_words() -> Iterator[dict[str, object]]:
    for number in range(_SAMPLES):
        wrong = ("synthetc", "modle", "trigegr", "syntehtic model")[number % 4]
        yield {"q": f"{wrong} {number * 83:06d}" if number % 3 else wrong, "offset": number}


def _large_facets() -> Iterator[dict[str, object]]:
    for number, baseline in enumerate(islice(cycle((*_BASELINES, None)), _SAMPLES)):
        narrowed = {} if baseline is None else {"baseline": baseline}
        yield {"facets": "baseline,style,nsfw,tags,size", "offset": number, **narrowed}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each load (default 3)")
    parser.add_argument(
        "--legacy",
        type=Path,
        default=Path(os.environ.get("HORDE_SHARED", _SHARED)) / "reference-data" / "legacy",
        help="folder with the real legacy files",
    )
    return parser


if __name__ == "__main__":
    main()
