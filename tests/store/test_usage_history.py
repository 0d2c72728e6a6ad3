"""The daily figures of models in the database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from postgres_server import NewStore

from horde_model_reference.catalog.live import Usage
from horde_model_reference.catalog.usage_history import DayFigures, DayReport, utc_day
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import StoreError
from horde_model_reference.store.store import Store
from horde_model_reference.store.usage_history import StoredUsageHistory

IMAGES, TEXTS = Category.image_generation, Category.text_generation
DAY_SECONDS = 86_400
NOON = 20_000 * DAY_SECONDS + DAY_SECONDS // 2
TODAY = utc_day(NOON)
EVER = date(1970, 1, 1)


@pytest.fixture
def history(store: Store) -> StoredUsageHistory:
    return StoredUsageHistory(store.engine, retention_days=5)


def a_report(seen_at: int = NOON, *, category: Category = IMAGES, **days: int) -> DayReport:
    """Return a report of the day's usage by model; the total of each is 100."""
    return DayReport(
        category=category,
        seen_at=seen_at,
        figures={
            name: DayFigures(usage=Usage(day=count, month=count * 2, total=100), worker_count=1)
            for name, count in days.items()
        },
    )


def note(history: StoredUsageHistory, report: DayReport) -> bool:
    return history.note(report, least_pause_seconds=60)


def recorded(history: StoredUsageHistory, model: str = "a") -> list[tuple[int, int]]:
    """Return, by day before today, the usage of the day."""
    days = history.days(IMAGES, model, first=EVER)
    return [((each.day - TODAY).days, each.figures.usage.day) for each in days]


def test_what_is_noted_is_found_again(history: StoredUsageHistory) -> None:
    assert note(history, a_report(a=3, b=0))

    (day,) = history.days(IMAGES, "a", first=TODAY)
    assert (day.day, day.seen_at, day.unused_since) == (TODAY, NOON, None)
    assert day.figures == DayFigures(usage=Usage(day=3, month=6, total=100), worker_count=1)


def test_later_figures_of_a_day_take_the_place_of_earlier_ones(history: StoredUsageHistory) -> None:
    note(history, a_report(a=3))

    assert note(history, a_report(NOON + 60, a=5))

    assert recorded(history) == [(0, 5)]


@pytest.mark.parametrize("seconds", [-DAY_SECONDS, -60, 0, 59])
def test_figures_that_are_no_newer_are_not_written(history: StoredUsageHistory, seconds: int) -> None:
    note(history, a_report(a=3))

    assert not note(history, a_report(NOON + seconds, a=5))

    assert recorded(history) == [(0, 3)]


def test_several_processes_with_the_same_figures_write_once(new_url: Callable[[], str]) -> None:
    url = new_url()
    stores = [Store.open(url) for _ in range(4)]
    histories = [StoredUsageHistory(store.engine, retention_days=5) for store in stores]

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda history: note(history, a_report(a=3, b=4)), histories))

    assert sorted(written) == [False, False, False, True]
    assert recorded(histories[0]) == [(0, 3)]
    for store in stores:
        store.close()


def test_a_new_day_begins_a_new_line(history: StoredUsageHistory) -> None:
    for number in range(3):
        note(history, a_report(NOON + number * DAY_SECONDS, a=number))

    assert recorded(history) == [(0, 0), (1, 1), (2, 2)]
    assert [day.day for day in history.days(IMAGES, "a", first=TODAY + timedelta(days=1))] == [
        TODAY + timedelta(days=1),
        TODAY + timedelta(days=2),
    ]


def test_days_older_than_the_retention_are_dropped(history: StoredUsageHistory) -> None:
    for number in range(8):
        note(history, a_report(NOON + number * DAY_SECONDS, a=number))

    assert recorded(history) == [(number, number) for number in range(3, 8)]


def test_the_last_day_says_since_when_models_are_not_used(history: StoredUsageHistory) -> None:
    note(history, a_report(a=1, b=0, gone=0))
    note(history, a_report(NOON + DAY_SECONDS, a=0, b=0))
    note(history, a_report(NOON + 4 * DAY_SECONDS, a=0, b=0, c=7))

    last = history.last_day(IMAGES)

    assert last.seen_at == NOON + 4 * DAY_SECONDS
    assert last.unused_since == {"a": TODAY + timedelta(days=1), "b": TODAY, "c": None}


def test_how_long_a_model_is_unused_outlives_the_days_that_tell(history: StoredUsageHistory) -> None:
    for number in range(8):
        note(history, a_report(NOON + number * DAY_SECONDS, a=0))

    assert history.last_day(IMAGES).unused_since == {"a": TODAY}


def test_categories_have_histories_of_their_own(history: StoredUsageHistory) -> None:
    note(history, a_report(a=1))

    assert note(history, a_report(category=TEXTS, a=2))

    assert history.days(TEXTS, "a", first=EVER)[0].figures.usage.day == 2
    assert recorded(history) == [(0, 1)]


def test_models_are_known_by_their_exact_names(history: StoredUsageHistory) -> None:
    note(history, a_report(a=1))

    assert [history.has_model(IMAGES, name) for name in ("a", "A", "b")] == [True, False, False]
    assert not history.has_model(TEXTS, "a")


def test_an_empty_history_knows_nothing(history: StoredUsageHistory) -> None:
    last = history.last_day(IMAGES)

    assert (last.seen_at, last.unused_since) == (0, {})
    assert history.days(IMAGES, "a", first=EVER) == []


def test_large_numbers_fit(history: StoredUsageHistory) -> None:
    note(history, a_report(a=4 * 10**18))

    assert recorded(history) == [(0, 4 * 10**18)]


def test_the_history_changes_nothing_that_readers_of_records_see(store: Store) -> None:
    before = store.serial()
    note(StoredUsageHistory(store.engine, retention_days=5), a_report(a=1))

    assert (store.serial(), store.check()) == (before, [])


def test_a_history_that_cannot_be_reached_says_so(new_store: NewStore) -> None:
    store = new_store()
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE usage_days")
    history = StoredUsageHistory(store.engine, retention_days=5)

    with pytest.raises(StoreError):
        note(history, a_report(a=1))
    with pytest.raises(StoreError):
        history.last_day(IMAGES)


def test_a_day_of_a_category_is_the_sum_of_its_models(history: StoredUsageHistory) -> None:
    note(history, a_report(a=3, b=4, c=0))

    (total,) = history.totals(IMAGES, first=EVER)

    assert (total.usage_day, total.models_used) == (7, 2)
    assert history.totals(TEXTS, first=EVER) == []
    assert history.totals(IMAGES, first=total.day + timedelta(days=1)) == []
