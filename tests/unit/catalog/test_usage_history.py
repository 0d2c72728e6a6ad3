"""What the daily figures of a model say."""

from datetime import date

import pytest

from horde_model_reference.catalog.live import LiveModels, StatusTable, Usage, UsageTable, WorkKind
from horde_model_reference.catalog.live_join import ModelLiveStatistics, join
from horde_model_reference.catalog.reference_models import reference_model
from horde_model_reference.catalog.usage_history import (
    DayFigures,
    UsageDay,
    day_report,
    unused_since,
    utc_day,
)
from horde_model_reference.domain.categories import Category

TODAY, YESTERDAY, LONG_AGO = date(2026, 3, 10), date(2026, 3, 9), date(2026, 1, 2)


def figures(day: int = 0, *, total: int = 0) -> DayFigures:
    return DayFigures(usage=Usage(day=day, total=total), worker_count=0)


def a_day(since: date | None, *, total: int = 0) -> UsageDay:
    return UsageDay(day=YESTERDAY, figures=figures(total=total), unused_since=since, seen_at=0)


@pytest.mark.parametrize(
    ("now", "before", "since"),
    [
        (figures(3), a_day(LONG_AGO), None),
        (figures(), None, TODAY),
        (figures(), a_day(None), TODAY),
        (figures(), a_day(LONG_AGO), LONG_AGO),
        (figures(total=9), a_day(LONG_AGO, total=9), LONG_AGO),
        (figures(total=9), a_day(LONG_AGO, total=8), None),
        (figures(total=9), a_day(LONG_AGO, total=0), LONG_AGO),
        (figures(total=0), a_day(LONG_AGO, total=9), LONG_AGO),
    ],
    ids=[
        "used today",
        "first day",
        "used yesterday",
        "unused for long",
        "the same total",
        "used between the days",
        "a total that was missing",
        "a total that is missing",
    ],
)
def test_a_model_is_unused_since_the_first_day_without_requests(
    now: DayFigures, before: UsageDay | None, since: date | None
) -> None:
    assert unused_since(TODAY, now, before) == since


def joined(month: int) -> tuple[LiveModels, dict[str, ModelLiveStatistics]]:
    live = LiveModels(
        kind=WorkKind.image,
        status=StatusTable([]),
        usage=UsageTable(WorkKind.image, {"a": Usage(month=month)}),
        fetched_at=1_700_000_000,
    )
    models = [reference_model(Category.image_generation, name, {}) for name in ("a", "b")]
    return live, join(models, live)


def test_a_report_has_every_model_also_those_without_usage() -> None:
    report = day_report(Category.image_generation, *joined(7))

    assert report is not None
    assert report.day == date(2023, 11, 14)
    assert {name: each.usage.month for name, each in report.figures.items()} == {"a": 7, "b": 0}


def test_where_no_model_has_any_usage_nothing_is_reported() -> None:
    assert day_report(Category.image_generation, *joined(0)) is None


def test_days_begin_at_midnight_in_utc() -> None:
    assert (utc_day(86_399), utc_day(86_400)) == (date(1970, 1, 1), date(1970, 1, 2))
