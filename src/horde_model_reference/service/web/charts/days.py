"""How much something was used day by day, as bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from horde_model_reference.service.web.charts.scale import Tick, nice_ticks

WIDTH: Final = 720
HEIGHT: Final = 200
_LEFT: Final = 58
_BOTTOM: Final = 22
_TOP: Final = 8


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
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    baseline: int = HEIGHT - _BOTTOM


def day_chart(recorded: Sequence[DayValue], *, days: int, today: date, second_title: str) -> DayChart | None:
    """Return the chart of the last days; None where nothing is recorded of them."""
    first = today - timedelta(days=days - 1)
    shown = [each for each in recorded if first <= each.day <= today]
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
            width=round(step * 0.76, 2),
            height=height,
        )

    marks = [first + timedelta(days=number) for number in range(0, days - 3, 7)]
    return DayChart(
        bars=tuple(map(bar, shown)),
        ticks=ticks,
        labels=tuple(DayLabel(day=mark, x=place(mark)) for mark in marks),
        first=shown[0].day,
        last=shown[-1].day,
        most=most,
        total=sum(each.requests for each in shown),
        second_title=second_title,
    )
