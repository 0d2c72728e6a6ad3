"""How long pages take to render, each request another page."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlencode

from benchmarks import synthetic
from benchmarks.ai_horde import recorded_ai_horde
from benchmarks.search import Ask, application
from benchmarks.table import Row, limited

RECORDS = 10_000
_MOST_MILLISECONDS = 100
_SAMPLES = 60
_IMAGES = "/models/image_generation"
_HTML = ((b"accept", b"text/html"), (b"accept-encoding", b"gzip"))


class Workplace(Protocol):
    """What rows are measured with."""

    def recorded_live_data(self) -> Path:
        """Return the folder with recordings of the AI-Horde."""
        ...

    def some(self) -> Path:
        """Return a data folder with 10,000 made-up records."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """How a row is measured."""

    name: str
    measure: Callable[[Workplace], Row]


def rows() -> list[PageRow]:
    """Return the rows of pages."""
    return [
        *(PageRow(name=name, measure=partial(_each, name, paths)) for name, paths in _PAGES.items()),
        PageRow(name="page-first", measure=_first),
    ]


def _each(name: str, paths: Callable[[], Iterator[str]], place: Workplace) -> Row:
    """Measure a page once words and columns have been read."""
    with _pages(place) as ask:
        durations = [_milliseconds(ask, path) for path in paths()]
    found = statistics.quantiles(durations[4:], n=20)[-1]
    what = f"{name.removeprefix('page-')} of {RECORDS:,} records, each another one, in-process p95"
    return limited(name, what, value=found, unit="ms", most=_MOST_MILLISECONDS)


def _first(place: Workplace) -> Row:
    """Measure the slowest of the first pages after a start, which read words and columns."""
    durations: dict[str, float] = {}
    for path in ("/", _IMAGES, f"{_IMAGES}?q=model", "/charts", "/charts/image_generation"):
        with _pages(place) as ask:
            durations[path] = _milliseconds(ask, path)
    slowest = max(durations, key=lambda path: durations[path])
    what = f"{slowest}, first page after a start, {RECORDS:,} records, slowest of {len(durations)}"
    return limited("page-first", what, value=durations[slowest], unit="ms", most=1000)


@contextmanager
def _pages(place: Workplace) -> Iterator[Ask]:
    """Give a function that asks for pages; they are loaded, and the AI-Horde has answered."""
    with (
        recorded_ai_horde(place.recorded_live_data()) as url,
        application(place.some(), headers=_HTML, ai_horde_url=url) as ask,
    ):
        ask("/static/none", 404)
        yield ask


def _milliseconds(ask: Ask, path: str) -> float:
    began = time.perf_counter()
    ask(path)
    return (time.perf_counter() - began) * 1000


def _lists() -> Iterator[str]:
    for number in range(_SAMPLES):
        view, sort = ("cards", "table")[number % 2], ("", "name", "large", "new")[number % 4]
        yield f"{_IMAGES}?{urlencode({'view': view, 'sort': sort, 'page': 1 + number})}"


def _searches() -> Iterator[str]:
    for number in range(_SAMPLES):
        yield f"{_IMAGES}?{urlencode({'q': f'synthetic {number:03d}', 'tag': f'tag {number % 31}'})}"


def _models() -> Iterator[str]:
    for number in range(_SAMPLES):
        yield f"{_IMAGES}/{quote(synthetic.model_name(number * 100))}"


_PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "page-list": _lists,
    "page-search": _searches,
    "page-model": _models,
}
