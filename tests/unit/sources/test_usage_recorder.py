"""Writing the usage of models down as it comes in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from factories import a_document, compact
from log_records import records_of

from horde_model_reference.catalog.live import (
    LiveDataUnavailableError,
    LiveModels,
    StatusTable,
    Usage,
    UsageTable,
    WorkKind,
)
from horde_model_reference.catalog.snapshot import CategorySnapshot, StoredRecord, build_snapshot
from horde_model_reference.catalog.usage_history import DayReport, DayTotal, LastDay, UsageDay
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import StoreUnavailableError
from horde_model_reference.sources import usage_recorder
from horde_model_reference.sources.usage_recorder import UsageRecorder

DAY_SECONDS = 86_400
IMAGES = Category.image_generation


class Desk:
    """A history, live data and a clock for one recorder."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.fetched_at = 20_000 * DAY_SECONDS
        self.month = 5
        self.has_live_data = True
        self.is_broken = False
        self.reports: list[DayReport] = []
        self.has_noted = threading.Event()
        documents = [StoredRecord(name="a", document=compact(a_document("a")).encode(), legacy=None)]
        self.snapshot = build_snapshot(IMAGES, documents, revision=1, modified_at=1)
        self.recorder = UsageRecorder(self, self, self.snapshot_of, pause_seconds=60, clock=lambda: self.now)

    def snapshot_of(self, category: Category) -> CategorySnapshot | None:
        return self.snapshot if category is IMAGES else None

    def at_hand(self, kind: WorkKind) -> LiveModels:
        if not self.has_live_data:
            raise LiveDataUnavailableError("nothing yet")
        usage = UsageTable(kind, {"a": Usage(month=self.month)})
        return LiveModels(kind=kind, status=StatusTable([]), usage=usage, fetched_at=self.fetched_at)

    def totals(self, category: Category, *, first: date) -> list[DayTotal]:
        raise NotImplementedError  # the recorder only writes

    def note(self, report: DayReport, *, least_pause_seconds: float) -> bool:
        assert least_pause_seconds == 60
        if self.is_broken:
            raise StoreUnavailableError("the database is gone")
        self.reports.append(report)
        self.has_noted.set()
        return True

    def days(self, category: Category, model: str, *, first: date) -> list[UsageDay]:
        return []

    def has_model(self, category: Category, model: str) -> bool:
        return False

    def last_day(self, category: Category) -> LastDay:
        return LastDay(unused_since={})


@pytest.fixture
def desk() -> Desk:
    return Desk()


@contextmanager
def running(desk: Desk) -> Iterator[None]:
    desk.recorder.start()
    try:
        yield
    finally:
        desk.recorder.stop()


def test_news_is_written_down_for_each_category_with_records(desk: Desk) -> None:
    desk.recorder.record()

    (report,) = desk.reports
    assert (report.category, report.seen_at) == (IMAGES, desk.fetched_at)
    assert report.figures["a"].usage == Usage(month=5)


@pytest.mark.parametrize(("seconds", "count"), [(59, 1), (60, 2)])
def test_the_same_day_is_written_again_after_a_pause(desk: Desk, seconds: int, count: int) -> None:
    desk.recorder.record()
    desk.now += seconds
    desk.recorder.record()

    assert len(desk.reports) == count


def test_a_new_day_waits_for_no_pause(desk: Desk) -> None:
    desk.recorder.record()
    desk.fetched_at += DAY_SECONDS
    desk.recorder.record()

    assert len({report.day for report in desk.reports}) == 2


@pytest.mark.parametrize("lack", [{"has_live_data": False}, {"month": 0}], ids=["no data", "no usage"])
def test_where_nothing_is_known_nothing_is_written(desk: Desk, lack: dict[str, Any]) -> None:
    for name, value in lack.items():
        setattr(desk, name, value)

    desk.recorder.record()

    assert desk.reports == []


def test_a_database_that_fails_is_tried_again_after_the_pause(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.is_broken = True
    desk.recorder.record()
    desk.recorder.record()
    assert len(records_of(caplog, usage_recorder)) == 1
    assert "the database is gone" in caplog.text

    desk.is_broken = False
    desk.now += 60
    desk.recorder.record()

    assert len(desk.reports) == 1


def test_a_notice_wakes_the_thread(desk: Desk) -> None:
    with running(desk):
        assert not desk.has_noted.wait(0.05)
        desk.recorder.notice()

        assert desk.has_noted.wait(20)


def test_it_can_be_stopped_before_it_began(desk: Desk) -> None:
    desk.recorder.stop()

    assert desk.reports == []
