"""The client of the AI-Horde's live data: fresh, stale, absent (spec 13)."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import httpx
import pytest

from horde_model_reference.catalog.live import LiveDataUnavailableError, LiveModels, WorkKind
from horde_model_reference.sources.ai_horde import AIHordeClient, LiveTimes
from horde_model_reference.sources.ai_horde_breaker import CircuitBreaker
from horde_model_reference.sources.ai_horde_http import AIHordeHttp, RetryingGet
from horde_model_reference.sources.ai_horde_refresh import LiveRefresher

STATUS_ROW = b'{"name":"a","type":"image","count":%d,"performance":1.5,"queued":0,"jobs":0,"eta":0}'


class Upstream:
    """Answers with a count that grows with each status of images that is asked for."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.counted = 0
        self.status = 200
        self.is_broken = False
        self.gate = threading.Event()
        self.gate.set()
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v2/")
        with self._lock:
            self.paths.append(path)
        assert self.gate.wait(20)
        if self.status != 200:
            return httpx.Response(self.status)
        if self.is_broken:
            return httpx.Response(200, content=b'[{"name"')
        if path == "status/models":
            # The kinds are asked for at the same time, in any order.
            self.counted += request.url.params["type"] == WorkKind.image
            return httpx.Response(200, content=b"[" + STATUS_ROW % self.counted + b"]")
        return httpx.Response(200, content=b"[]" if path == "workers" else b'{"month":{"a":3,"b":null}}')


class Bench:
    """A client, its upstream and its clock."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.upstream = Upstream()
        self.http = AIHordeHttp(
            "http://horde.example",
            client_agent="registry:1:contact",
            transport=httpx.MockTransport(self.upstream),
        )
        self.breaker = CircuitBreaker(clock=self.clock)
        self.client = AIHordeClient(
            RetryingGet(self.http, pause_seconds=0),
            self.breaker,
            times=LiveTimes(fresh_seconds=60, stale_seconds=600, patience_seconds=10),
            clock=self.clock,
            unix_clock=lambda: self.now + 1_000_000,
        )

    def clock(self) -> float:
        return self.now

    def live(self, *, with_workers: bool = False) -> LiveModels:
        return self.client.live(WorkKind.image, with_workers=with_workers)

    def count(self) -> int:
        row = self.live().status.find("a")
        assert row is not None
        return row.worker_count

    def settle(self) -> None:
        """Wait until nothing is under way."""
        flights = [cell._flight for cell in self.client._cells(WorkKind.image, with_workers=True)]
        wait([flight.landed for flight in flights if flight is not None], timeout=20)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.upstream.gate.set()
    bench.settle()
    bench.http.close()


def test_the_first_reader_waits_for_the_data(bench: Bench) -> None:
    live = bench.live()

    assert sorted(bench.upstream.paths) == ["stats/img/models", "status/models"]
    assert live.fetched_at == 1_005_000
    assert live.workers is None


def test_workers_are_fetched_only_for_those_who_want_them(bench: Bench) -> None:
    live = bench.live(with_workers=True)

    assert live.workers is not None
    assert "workers" in bench.upstream.paths


def test_fresh_data_is_given_out_again(bench: Bench) -> None:
    first = bench.live()
    bench.now += 59

    second = bench.live()

    assert len(bench.upstream.paths) == 2
    assert first.version == second.version
    assert second.age_seconds == 59


def test_stale_data_is_given_out_at_once_and_renewed_behind(bench: Bench) -> None:
    assert bench.count() == 1
    bench.now += 61
    bench.upstream.gate.clear()

    assert bench.count() == 1

    bench.upstream.gate.set()
    bench.settle()
    assert bench.count() == 2
    assert bench.live().age_seconds == 0


def test_for_very_old_data_the_renewal_is_waited_for(bench: Bench) -> None:
    assert bench.count() == 1
    bench.now += 601

    assert bench.count() == 2


def test_readers_at_the_same_time_share_one_call(bench: Bench) -> None:
    bench.upstream.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        reading = [pool.submit(bench.live) for _ in range(8)]
        bench.upstream.gate.set()
        versions = {each.result(timeout=20).version for each in reading}

    assert versions == {(1, 1)}
    assert len(bench.upstream.paths) == 2


def test_whoever_comes_when_an_answer_has_just_come_in_makes_no_other_call(bench: Bench) -> None:
    bench.live()
    cells = bench.client._cells(WorkKind.image, with_workers=False)

    assert [cell.refresh(fresh_seconds=60) for cell in cells] == [None, None]
    bench.now += 60
    assert None not in [cell.refresh(fresh_seconds=60) for cell in cells]


def breaks_off(upstream: Upstream) -> None:
    upstream.is_broken = True


def answers(status: int) -> Callable[[Upstream], None]:
    def set_status(upstream: Upstream) -> None:
        upstream.status = status

    return set_status


@pytest.mark.parametrize("trouble", [breaks_off, answers(500), answers(429), answers(404)])
def test_old_data_outlives_any_trouble(bench: Bench, trouble: Callable[[Upstream], None]) -> None:
    assert bench.count() == 1
    trouble(bench.upstream)
    bench.now += 100_000

    assert bench.count() == 1
    bench.settle()
    assert not bench.client.state.is_healthy
    assert bench.live().age_seconds == 100_000


def test_without_any_data_trouble_is_an_error(bench: Bench) -> None:
    bench.upstream.status = 503

    with pytest.raises(LiveDataUnavailableError):
        bench.live()


def test_nobody_waits_once_trouble_is_known(bench: Bench) -> None:
    bench.breaker.note_failure()
    bench.upstream.gate.clear()

    assert bench.client.renew(WorkKind.image).seconds == 0


def test_nobody_waits_for_a_call_that_hangs_for_long(bench: Bench) -> None:
    bench.upstream.gate.clear()

    assert bench.client.renew(WorkKind.image).seconds == 10
    bench.now += 4
    assert bench.client.renew(WorkKind.image).seconds == 6
    bench.now += 7
    assert bench.client.renew(WorkKind.image).seconds == 0


def test_one_call_that_hangs_for_long_stands_for_all(bench: Bench) -> None:
    bench.upstream.gate.clear()
    bench.client.renew(WorkKind.image)
    bench.now += 11

    assert bench.client.renew(WorkKind.text).seconds == 0


def test_an_open_breaker_lets_no_call_out(bench: Bench) -> None:
    for _ in range(5):
        bench.breaker.note_failure()

    with pytest.raises(LiveDataUnavailableError):
        bench.live()

    assert bench.upstream.paths == []


def test_all_heals_when_the_ai_horde_answers_again(bench: Bench) -> None:
    for _ in range(5):
        bench.breaker.note_failure()
    bench.now += 120

    for _ in range(2):
        bench.client.renew(WorkKind.image)
        bench.settle()

    assert bench.count() == 1
    assert bench.client.state.is_healthy


def test_malformed_rows_are_counted(bench: Bench) -> None:
    bench.live()

    assert bench.client.skipped_rows == 1


def test_a_refresher_calls_again_and_again_until_it_is_stopped() -> None:
    calls: list[float] = []
    has_called_thrice = threading.Event()

    def call() -> None:
        calls.append(1)
        if len(calls) == 3:
            has_called_thrice.set()

    refresher = LiveRefresher(call, interval_seconds=0.001, first_after_seconds=0)

    refresher.start()
    assert has_called_thrice.wait(20)
    refresher.stop()
    made = len(calls)
    refresher.stop()
    assert len(calls) == made


def test_refreshing_fetches_what_is_still_fresh(bench: Bench) -> None:
    assert bench.count() == 1

    bench.client.refresh_all()
    bench.settle()

    assert bench.count() == 2
