"""Counts as lying bars, each below its name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 480
ROW: Final = 40
_LONGEST_LABEL: Final = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Something that was counted."""

    label: str
    count: int
    path: str | None = None
    """Where those counted are listed."""
    kind: str = ""
    """The colour: one of those of badges, or the usual one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A count with its place in the drawing."""

    label: str
    short_label: str
    count: int
    share: str
    """Of all, in percent, with one decimal."""
    path: str | None
    kind: str
    y: int
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Bars, in the given order."""

    bars: tuple[Bar, ...]
    summary: str
    """What the drawing says, for those who don't see it."""
    width: int
    height: int

    @property
    def has_links(self) -> bool:
        """Tell whether any bar leads somewhere, so that the drawing is more than a picture."""
        return any(bar.path for bar in self.bars)


def bar_chart(counts: Sequence[Count], *, total: int, most_bars: int = 12) -> BarChart | None:
    """Return the chart of counts, the last ones added up where there are many; None for nothing to draw.

    ``total`` is what shares are of; counts need not add up to it.
    """
    shown = list(_at_most(counts, most_bars))
    if not any(each.count for each in shown):
        return None
    most = max(each.count for each in shown)
    bars = tuple(
        Bar(
            label=each.label,
            short_label=_shortened(each.label),
            count=each.count,
            share=f"{100 * each.count / total:.1f}" if total else "0.0",
            path=each.path,
            kind=each.kind,
            y=number * ROW,
            width=round(max(WIDTH * each.count / most, 2 if each.count else 0), 1),
        )
        for number, each in enumerate(shown)
    )
    summary = "; ".join(f"{bar.label}: {bar.count:,}" for bar in bars[:5])
    return BarChart(bars=bars, summary=summary, width=WIDTH, height=ROW * len(bars))


def _at_most(counts: Sequence[Count], most: int) -> Iterable[Count]:
    if len(counts) <= most:
        return counts
    rest = counts[most - 1 :]
    others = Count(label=f"{len(rest)} others", count=sum(each.count for each in rest), kind="rest")
    return [*counts[: most - 1], others]


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
