"""Requests a second, beside nginx and a plain route."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.load import in_turns, wrk
from benchmarks.processes import BenchmarkError, RunningServer
from benchmarks.servers import HEARTBEAT, IMAGE_CATEGORY, TEXT_CATEGORY, nginx, plain_route, registry
from benchmarks.table import Row, compared

ONE_MODEL = f"{IMAGE_CATEGORY}/model/Deliberate"
_GZIP = "Accept-Encoding: gzip"

Hit = tuple[str, ...]
"""The address to load, then the headers to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """The running servers, all with the same bytes."""

    registry: RunningServer
    nginx: RunningServer
    plain: RunningServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is loaded here, what there, and how many times faster the first must be."""

    name: str
    what: str
    ours: Callable[[Rivals], Hit]
    other: Callable[[Rivals], Hit]
    least: float


COMPARISONS = (
    Comparison(
        name="category",
        what="whole image category, identity / nginx",
        ours=lambda rivals: (rivals.registry.url(IMAGE_CATEGORY),),
        other=lambda rivals: (rivals.nginx.url("/image"),),
        least=0.5,
    ),
    Comparison(
        name="plain",
        what="whole image category, identity / plain route",
        ours=lambda rivals: (rivals.registry.url(IMAGE_CATEGORY),),
        other=lambda rivals: (rivals.plain.url("/"),),
        least=100,
    ),
    Comparison(
        name="gzip",
        what="whole text category, gzip / nginx gzip_static",
        ours=lambda rivals: (rivals.registry.url(TEXT_CATEGORY), _GZIP),
        other=lambda rivals: (rivals.nginx.url("/text"), _GZIP),
        least=0.4,
    ),
    Comparison(
        name="304",
        what="304 / nginx 304",
        ours=lambda rivals: _unchanged(rivals.registry.url(IMAGE_CATEGORY)),
        other=lambda rivals: _unchanged(rivals.nginx.url("/image")),
        least=0.4,
    ),
    Comparison(
        name="model",
        what="one model / heartbeat",
        ours=lambda rivals: (rivals.registry.url(ONE_MODEL),),
        other=lambda rivals: (rivals.registry.url(HEARTBEAT),),
        least=0.8,
    ),
)


@contextmanager
def rivals(folder: Path, data_folder: Path) -> Iterator[Rivals]:
    """Run the registry, and nginx and the plain route with what the registry answered."""
    with ExitStack() as stack:
        ours = stack.enter_context(registry(data_folder))
        files = folder / "files"
        files.mkdir(exist_ok=True)
        (files / "image").write_bytes(_body(ours.url(IMAGE_CATEGORY)))
        (files / "text").write_bytes(_body(ours.url(TEXT_CATEGORY)))
        (files / "text.gz").write_bytes(_body(ours.url(TEXT_CATEGORY), coding="gzip"))
        other = stack.enter_context(nginx(folder, files, ready_path="/image"))
        plain = stack.enter_context(plain_route(folder, files / "image"))
        yield Rivals(registry=ours, nginx=other, plain=plain)


def measured(comparison: Comparison, servers: Rivals, *, seconds: float) -> Row:
    """Load both sides in turns and return the row."""
    ours, other = comparison.ours(servers), comparison.other(servers)
    rates = in_turns(
        {
            "ours": lambda: wrk(*ours, seconds=seconds).requests_per_second,
            "other": lambda: wrk(*other, seconds=seconds).requests_per_second,
        }
    )
    return compared(
        comparison.name,
        comparison.what,
        value=rates["ours"],
        reference=rates["other"],
        least=comparison.least,
    )


def _body(url: str, *, coding: str = "identity") -> bytes:
    request = Request(url, headers={"Accept-Encoding": coding})
    with urlopen(request) as response:
        sent = response.headers.get("Content-Encoding", "identity")
        if sent != coding:
            raise BenchmarkError(f"{url} was sent as {sent}, not as {coding}")
        body: bytes = response.read()
    return body


def _unchanged(url: str) -> Hit:
    with urlopen(url) as response:
        return url, f"If-None-Match: {response.headers['ETag']}"
