"""How much something was used day by day, or week by week, as bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from horde_model_reference.service.web.charts.scale import Tick, nice_ticks

WIDTH: Final = 720
HEIGHT: Final = 200
_LEFT: Final = 58
_BOTTOM: Final = 22
_TOP: Final = 8
_MOST_LABELS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DayValue:
    """What is known of a day."""

    day: date
    requests: int
    second: int
    """Another figure of the day, for the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBar:
    """One day; places and sizes in the units of the drawing."""

    day: date
    requests: int
    second: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLabel:
    """A date below the bars."""

    day: date
    x: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChart:
    """Bars of days, oldest first; days that nobody recorded have none."""

    bars: tuple[DayBar, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[DayLabel, ...]
    first: date
    last: date
    most: int
    total: int
    second_title: str
    bar_days: int
    """How many days a bar stands for."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    baseline: int = HEIGHT - _BOTTOM


def day_chart(
    recorded: Sequence[DayValue], *, days: int, today: date, second_title: str, bar_days: int = 1
) -> DayChart | None:
    """Return the chart of the last days; None where nothing is recorded of them.

    Each bar stands for ``bar_days``: uses are added up, of the second figure the greatest is told.
    """
    first = today - timedelta(days=days - 1)
    shown = _together([each for each in recorded if first <= each.day <= today], first, bar_days)
    if not shown:
        return None
    most = max(each.requests for each in shown)
    top, ticks = nice_ticks(most, height=HEIGHT - _BOTTOM - _TOP, bottom=HEIGHT - _BOTTOM)
    step = (WIDTH - _LEFT) / days

    def place(day: date) -> float:
        return round(_LEFT + (day - first).days * step, 2)

    def bar(each: DayValue) -> DayBar:
        height = round((HEIGHT - _BOTTOM - _TOP) * each.requests / top, 2)
        return DayBar(
            day=each.day,
            requests=each.requests,
            second=each.second,
            x=place(each.day),
            y=round(HEIGHT - _BOTTOM - height, 2),
            width=round(step * bar_days * 0.76, 2),
            height=height,
        )

    between = max(7, days // _MOST_LABELS)
    marks = [first + timedelta(days=number) for number in range(0, days - between // 2, between)]
    return DayChart(
        bars=tuple(map(bar, shown)),
        ticks=ticks,
        labels=tuple(DayLabel(day=mark, x=place(mark)) for mark in marks),
        first=shown[0].day,
        last=shown[-1].day,
        most=most,
        total=sum(each.requests for each in shown),
        second_title=second_title,
        bar_days=bar_days,
    )


def _together(values: Sequence[DayValue], first: date, bar_days: int) -> list[DayValue]:
    """Return one value for each bar, called by its first day; days come in their order."""
    found: list[DayValue] = []
    for number, days in groupby(values, lambda each: (each.day - first).days // bar_days):
        those = list(days)
        found.append(
            DayValue(
                day=first + timedelta(days=number * bar_days),
                requests=sum(each.requests for each in those),
                second=max(each.second for each in those),
            )
        )
    return found
