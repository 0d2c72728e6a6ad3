"""Scales of charts: round numbers, and where they stand."""

from dataclasses import dataclass
from math import floor, log10


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line across a chart with its number."""

    value: float
    y: float


def nice_ticks(most: float, *, height: float, bottom: float) -> tuple[float, tuple[Tick, ...]]:
    """Return the end of a scale from 0 that holds ``most``, and its lines, the lowest first.

    ``height`` is that of the end above 0, and ``bottom`` the place of 0, which grows downwards.
    """
    step = _nice_step(max(most, 1) / 4)
    count = max(1, -int(-max(most, 1) // step))
    ticks = tuple(
        Tick(value=step * number, y=round(bottom - height * number / count, 2)) for number in range(count + 1)
    )
    return step * count, ticks


def _nice_step(least: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 times a power of ten that is not below; at least 1."""
    power = 10 ** floor(log10(least)) if least >= 1 else 1
    return next(
        step * power for step in (1, 2, 2.5, 5, 10) if step * power >= least and (step * power) % 1 == 0
    )
