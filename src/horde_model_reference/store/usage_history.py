"""The daily figures of models in the database."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import sqlalchemy as sa

from horde_model_reference.catalog.live import Usage
from horde_model_reference.catalog.usage_history import (
    DayFigures,
    DayReport,
    DayTotal,
    LastDay,
    UsageDay,
    unused_since,
    utc_day,
)
from horde_model_reference.domain.categories import Category
from horde_model_reference.store.engine import read_transaction, write_transaction
from horde_model_reference.store.tables import RegistryRow, UsageDayRow

_FIRST_DAY: Final = utc_day(0)
_PUT: Final = sa.text(
    "INSERT INTO usage_days (category, name, day, usage_day, usage_month, usage_total, worker_count,"
    " unused_since, seen_at) VALUES (:category, :name, :day, :usage_day, :usage_month, :usage_total,"
    " :worker_count, :unused_since, :seen_at) ON CONFLICT (category, name, day) DO UPDATE SET"
    " usage_day = excluded.usage_day, usage_month = excluded.usage_month,"
    " usage_total = excluded.usage_total, worker_count = excluded.worker_count,"
    " unused_since = excluded.unused_since, seen_at = excluded.seen_at"
)


class StoredUsageHistory:
    """A `UsageHistory` in the tables of a store; older days than the retention are dropped."""

    def __init__(self, engine: sa.Engine, *, retention_days: int) -> None:
        """Keep the given number of days, today's included."""
        self._engine = engine
        self._retention_days = retention_days

    def note(self, report: DayReport, *, least_pause_seconds: float) -> bool:
        """Keep a report in one transaction; of several processes that see the same, one writes."""
        day = _number(report.day)
        with write_transaction(self._engine) as connection:
            # Who writes anything locks this row, so that the look at what others wrote still holds below.
            connection.execute(sa.select(RegistryRow.serial).with_for_update())
            last_day, last_seen = _newest(connection, report.category)
            if last_day is not None and last_day > day:
                return False
            if last_day == day and report.seen_at - last_seen < max(least_pause_seconds, 1):
                return False
            before = _before(connection, report.category, day)
            rows = [_row(report, name, figures, before.get(name)) for name, figures in report.figures.items()]
            if rows:
                connection.execute(_PUT, rows)
            if last_day != day:
                self._drop_old(connection, report.category, day)
        return True

    def days(self, category: Category, model: str, *, first: date) -> list[UsageDay]:
        """Return the recorded days of a model from one day on, oldest first."""
        query = (
            sa.select(UsageDayRow.__table__)
            .where(_is_of(category, model), UsageDayRow.day >= _number(first))
            .order_by(UsageDayRow.day)
        )
        with read_transaction(self._engine) as connection:
            return [_usage_day(row) for row in connection.execute(query).mappings()]

    def totals(self, category: Category, *, first: date) -> list[DayTotal]:
        """Return what all models of a category were used on each day from one on, oldest first."""
        used = sa.case((UsageDayRow.usage_day > 0, 1), else_=0)
        query = (
            sa.select(UsageDayRow.day, sa.func.sum(UsageDayRow.usage_day), sa.func.sum(used))
            .where(UsageDayRow.category == category, UsageDayRow.day >= _number(first))
            .group_by(UsageDayRow.day)
            .order_by(UsageDayRow.day)
        )
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            DayTotal(day=_FIRST_DAY + timedelta(days=day), usage_day=int(usage), models_used=int(models))
            for day, usage, models in rows
        ]

    def has_model(self, category: Category, model: str) -> bool:
        """Tell whether anything is recorded of a model."""
        query = sa.select(UsageDayRow.day).where(_is_of(category, model)).limit(1)
        with read_transaction(self._engine) as connection:
            return connection.execute(query).first() is not None

    def last_day(self, category: Category) -> LastDay:
        """Return what the newest recorded day says of the models that it knows."""
        with read_transaction(self._engine) as connection:
            day, seen_at = _newest(connection, category)
            query = sa.select(UsageDayRow.name, UsageDayRow.unused_since).where(
                UsageDayRow.category == category, UsageDayRow.day == day
            )
            rows = connection.execute(query).all()  # without a newest day, none
        return LastDay(seen_at=seen_at, unused_since={name: _date(number) for name, number in rows})

    def _drop_old(self, connection: sa.Connection, category: Category, day: int) -> None:
        too_old = UsageDayRow.day <= day - self._retention_days
        connection.execute(sa.delete(UsageDayRow).where(UsageDayRow.category == category, too_old))


def _is_of(category: Category, model: str) -> sa.ColumnElement[bool]:
    return sa.and_(UsageDayRow.category == category, UsageDayRow.name == model)


def _newest(connection: sa.Connection, category: Category) -> tuple[int | None, int]:
    """Return the last recorded day of a category, and when its figures were seen."""
    day = sa.select(sa.func.max(UsageDayRow.day)).where(UsageDayRow.category == category).scalar_subquery()
    query = sa.select(UsageDayRow.day, sa.func.max(UsageDayRow.seen_at)).where(
        UsageDayRow.category == category, UsageDayRow.day == day
    )
    row = connection.execute(query.group_by(UsageDayRow.day)).first()
    return (None, 0) if row is None else (row[0], row[1])


def _before(connection: sa.Connection, category: Category, day: int) -> dict[str, UsageDay]:
    """Return, by model, the last day that is recorded of the category before one."""
    last = sa.select(sa.func.max(UsageDayRow.day)).where(
        UsageDayRow.category == category, UsageDayRow.day < day
    )
    query = sa.select(UsageDayRow.__table__).where(
        UsageDayRow.category == category, UsageDayRow.day == last.scalar_subquery()
    )
    return {row["name"]: _usage_day(row) for row in connection.execute(query).mappings()}


def _row(report: DayReport, name: str, figures: DayFigures, before: UsageDay | None) -> dict[str, Any]:
    since = unused_since(report.day, figures, before)
    return {
        "category": report.category.value,
        "name": name,
        "day": _number(report.day),
        "usage_day": figures.usage.day,
        "usage_month": figures.usage.month,
        "usage_total": figures.usage.total,
        "worker_count": figures.worker_count,
        "unused_since": None if since is None else _number(since),
        "seen_at": report.seen_at,
    }


def _usage_day(row: Mapping[Any, Any]) -> UsageDay:
    return UsageDay(
        day=_FIRST_DAY + timedelta(days=row["day"]),
        figures=DayFigures(
            usage=Usage(day=row["usage_day"], month=row["usage_month"], total=row["usage_total"]),
            worker_count=row["worker_count"],
        ),
        unused_since=_date(row["unused_since"]),
        seen_at=row["seen_at"],
    )


def _number(day: date) -> int:
    return (day - _FIRST_DAY).days


def _date(number: int | None) -> date | None:
    return None if number is None else _FIRST_DAY + timedelta(days=number)
