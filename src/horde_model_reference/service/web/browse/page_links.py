"""The numbers below a list that lead to its pages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_AROUND: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """One page of a list."""

    number: int
    path: str
    is_current: bool


def page_links(current: int, page_count: int, address: Callable[[int], str]) -> tuple[PageLink | None, ...]:
    """Return the first page, the last, and those around the current one; None stands for those between.

    Empty where there are not two pages. A current page beyond the last is in none of them.
    """
    if page_count < 2:
        return ()
    near = range(current - _AROUND, current + _AROUND + 1)
    numbers = sorted({1, page_count, *(page for page in near if 1 <= page <= page_count)})
    found: list[PageLink | None] = []
    for before, number in zip([0, *numbers], numbers, strict=False):
        if number - before > 1:
            found.append(None)
        found.append(PageLink(number=number, path=address(number), is_current=number == current))
    return tuple(found)
