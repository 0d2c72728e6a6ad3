"""How quickly records are searched, and figures of them are given."""

import asyncio
import io
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from urllib.parse import unquote, urlencode

import httpx
from starlette.types import ASGIApp, Message

from benchmarks import servers
from benchmarks.ai_horde import recorded_ai_horde
from benchmarks.load import ROUNDS, wrk
from benchmarks.processes import BenchmarkError, RunningServer, processor_seconds
from benchmarks.servers import HEARTBEAT
from benchmarks.table import Row, compared, limited
from horde_model_reference.bootstrap import open_registry
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.access_log import AccessLog, AccessLogStyle
from horde_model_reference.service.answer_memory import AnswerMemory
from horde_model_reference.service.app import create_app
from horde_model_reference.settings import load_settings

_MANY = 100_000
_SAMPLES = 120
_V2 = "/api/model_references/v2"
_IMAGES = f"{_V2}/image_generation/search"
_IMAGE_STATISTICS = "/api/model_references/statistics/image_generation"
_TEXT_STATISTICS = "/api/model_references/statistics/text_generation"
_PAGE = f"{_IMAGES}?nsfw=false&baseline=stable_diffusion_1&limit=50"
_REPEATED = {
    "search": f"{_IMAGES}?nsfw=false&baseline=stable_diffusion_xl&limit=50",
    "search-page": _PAGE,
    "search-all": f"{_V2}/search?name_contains=xl",
    "statistics": _TEXT_STATISTICS,
    "statistics-live": f"{_IMAGE_STATISTICS}/with-stats?min_worker_count=1",
    "statistics-risk": f"{_TEXT_STATISTICS}/deletion-risk?limit=50",
    "popular": f"{_V2}/image_generation/popular",
}
Query: TypeAlias = dict[str, object]
Ask: TypeAlias = Callable[..., None]
"""Asks for an address; a status after it is the one that is expected, else 200."""
Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
_BASELINES = ("stable_diffusion_1", "stable_diffusion_2_768", "stable_diffusion_xl", "flux_1")


class Workplace(Protocol):
    """What rows are measured with."""

    seconds: float
    """Length of each load."""

    def data(self) -> Path:
        """Return a data folder with the real records."""
        ...

    def many(self) -> Path:
        """Return a data folder with 100,000 made-up records."""
        ...

    def recorded_live_data(self) -> Path:
        """Return the folder with recordings of the AI-Horde."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedRow:
    """How a row is measured, and the programs that takes."""

    name: str
    measure: Callable[[Workplace], Row]
    needs: tuple[str, ...] = ()


def rows() -> list[DerivedRow]:
    """Return the rows of search and statistics, those with many records last."""
    repeated = [
        DerivedRow(name=name, measure=partial(_repeated, name, path), needs=("wrk",))
        for name, path in _REPEATED.items()
    ]
    # The same 60 KB as most clients ask for them: plain, the rate is that of copying them to the receiver.
    page = partial(_repeated, "search-page-gzip", _PAGE, headers=("Accept-Encoding: gzip",))
    repeated.append(DerivedRow(name="search-page-gzip", measure=page, needs=("wrk",)))
    uncached = [
        DerivedRow(name=name, measure=partial(_uncached, name, path, queries))
        for name, (path, queries) in _UNCACHED.items()
    ]
    large = [
        DerivedRow(name=name, measure=partial(_large, name, searches, most))
        for name, (searches, most) in _LARGE.items()
    ]
    index = DerivedRow(name="large-index", measure=lambda place: _index_build(place.many()))
    return [*repeated, *uncached, index, *large]


def _repeated(name: str, path: str, place: Workplace, *, headers: tuple[str, ...] = ()) -> Row:
    loads: dict[str, list[_Rate]] = {path: [], HEARTBEAT: []}
    with ExitStack() as stack:
        url = stack.enter_context(recorded_ai_horde(place.recorded_live_data()))
        server = stack.enter_context(servers.registry(place.data(), AI_HORDE_URL=url))
        # The first request brings routes and live data: that may take longer than a whole load.
        httpx.get(server.url(path), timeout=60).raise_for_status()
        for _ in range(ROUNDS):
            for each, results in loads.items():
                results.append(_rate(server, each, headers, seconds=place.seconds))
    ours, other = map(_median, loads.values())
    what = " ".join((path.removeprefix("/api/model_references"), *headers, "/ heartbeat"))
    row = compared(name, what, value=ours.requests_per_second, reference=other.requests_per_second, least=0.5)
    return replace(
        row,
        value=f"{row.value}, {ours.microseconds:.1f} µs",
        reference=f"{row.reference}, {other.microseconds:.1f} µs",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rate:
    """What a server does under one load."""

    requests_per_second: float
    microseconds: float
    """Of processor time that the server takes for a request: noise and the client have less part in it."""


def _rate(server: RunningServer, path: str, headers: tuple[str, ...], *, seconds: float) -> _Rate:
    before = processor_seconds(server.process.pid)
    rate = wrk(server.url(path), *headers, seconds=seconds).requests_per_second
    taken = processor_seconds(server.process.pid) - before
    return _Rate(requests_per_second=rate, microseconds=taken / (rate * seconds) * 1e6)


def _median(rates: list[_Rate]) -> _Rate:
    return _Rate(
        requests_per_second=statistics.median(rate.requests_per_second for rate in rates),
        microseconds=statistics.median(rate.microseconds for rate in rates),
    )


def _uncached(name: str, path: str, queries: Callable[[], Iterator[Query]], place: Workplace) -> Row:
    with (
        recorded_ai_horde(place.recorded_live_data()) as url,
        application(place.data(), ai_horde_url=url) as ask,
    ):
        _milliseconds(ask, path, islice(queries(), 1))
        median = statistics.median(_milliseconds(ask, path, islice(queries(), 1, None)))
    what = f"{path.removeprefix('/api/model_references')}, each request another one, in-process p50"
    return limited(name, what, value=median, unit="ms", most=2)


def _large(name: str, queries: Callable[[], Iterator[Query]], most: float, place: Workplace) -> Row:
    with application(place.many()) as ask:
        searches = queries()
        _milliseconds(ask, _IMAGES, islice(searches, 12))
        found = statistics.quantiles(_milliseconds(ask, _IMAGES, searches), n=20)[-1]
    return limited(name, f"{_MANY:,} records, in-process p95", value=found, unit="ms", most=most)


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


@contextmanager
def application(data_folder: Path, *, headers: Headers = (), **given: Any) -> Iterator[Ask]:
    """Give a function that asks the application for an address, without a server or a socket."""
    settings = load_settings(replicate_mode="PRIMARY", data_dir=data_folder, seed="none", **given)
    registry = open_registry(settings)
    log = AccessLog(io.StringIO(), style=AccessLogStyle.JSON)
    app = create_app(registry, memory=AnswerMemory(), access_log=log)
    with ExitStack() as stack:
        stack.callback(registry.close)
        runner = stack.enter_context(asyncio.Runner())
        yield lambda target, status=200: runner.run(_ask(app, target, headers, status))


async def _ask(app: ASGIApp, target: str, headers: Headers, status: int) -> None:
    raw_path, _, query = target.partition("?")
    path = unquote(raw_path)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": raw_path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), *headers],
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
    if statuses != [status]:
        raise BenchmarkError(f"{target} was answered with {statuses}")


def _milliseconds(ask: Ask, path: str, searches: Iterable[Query]) -> list[float]:
    durations: list[float] = []
    for parameters in searches:
        target = f"{path}?{urlencode(parameters)}"
        began = time.perf_counter()
        ask(target)
        durations.append((time.perf_counter() - began) * 1000)
    return durations


def _different_searches() -> Iterator[Query]:
    for number, baseline in enumerate(islice(cycle(_BASELINES), _SAMPLES)):
        yield {"nsfw": number % 2 == 0, "baseline": baseline, "limit": 50, "x": number, "offset": number // 8}


def _different_names() -> Iterator[Query]:
    letters = "aeiorstn"
    for number in range(_SAMPLES):
        yield {"name_contains": letters[number % 8], "offset": number // 8}


def _large_filters() -> Iterator[Query]:
    for number, baseline in enumerate(islice(cycle(_BASELINES), _SAMPLES)):
        order = {"sort_by": "size_on_disk_bytes", "sort_desc": True} if number % 3 == 0 else {}
        yield {"nsfw": number % 2 == 0, "baseline": baseline, "offset": number, **order}


def _large_words() -> Iterator[Query]:
    for number in range(_SAMPLES):
        wrong = ("synthetc", "modle", "trigegr", "syntehtic model")[number % 4]
        yield {"q": f"{wrong} {number * 83:06d}" if number % 3 else wrong, "offset": number}


def _large_facets() -> Iterator[Query]:
    for number, baseline in enumerate(islice(cycle((*_BASELINES, None)), _SAMPLES)):
        narrowed = {} if baseline is None else {"baseline": baseline}
        yield {"facets": "baseline,style,nsfw,tags,size", "offset": number, **narrowed}


def _different_pages() -> Iterator[Query]:
    for number in range(_SAMPLES):
        yield {"limit": 50, "offset": number, "group_text_models": number % 2 == 0}


def _different_counts() -> Iterator[Query]:
    for number in range(_SAMPLES):
        yield {"min_worker_count": number + 1, "sort_by": "usage_month"}


_UNCACHED: dict[str, tuple[str, Callable[[], Iterator[Query]]]] = {
    "uncached": (_IMAGES, _different_searches),
    "uncached-all": (f"{_V2}/search", _different_names),
    "uncached-risk": (f"{_TEXT_STATISTICS}/deletion-risk", _different_pages),
    "uncached-stats": (f"{_TEXT_STATISTICS}/with-stats", _different_counts),
}
_LARGE: dict[str, tuple[Callable[[], Iterator[Query]], float]] = {
    "large-filter": (_large_filters, 10),
    "large-words": (_large_words, 20),
    "large-facets": (_large_facets, 20),
}
