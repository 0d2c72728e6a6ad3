"""How templates write numbers, sizes, times and links."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

from markupsafe import Markup, escape

from horde_model_reference.domain.unseen_characters import UNSEEN
from horde_model_reference.service.web.labels import category_title

T = TypeVar("T")

_LONGEST_ITEM: Final = 4_000
"""Characters of a value that a list on a page shows at most."""
_LONGEST_ADDRESS: Final = 2_000
"""Characters; longer ones no host takes."""
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB")

_CHANGE: Final = re.compile(r"\b([Cc]hange) ([1-9][0-9]{0,17})\b")
_OF_ADDRESSES: Final = ":/?#[]@!$&'()*+,;=%~"


def number(value: float) -> str:
    """Write a count with separators: ``12,345``."""
    return f"{value:,.0f}"


def short_number(value: float) -> str:
    """Write a large count shortly: ``12.3k``, ``4.1B``."""
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.1f}".removesuffix(".0") + unit
    return f"{value:g}"


def size(byte_count: float) -> str:
    """Write a number of bytes in the largest unit that fits, 1000 to the next: ``2.13 GB``."""
    value, unit = float(byte_count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}" if unit and value < 999.5 else f"{value:,.0f} {_UNITS[unit]}"


def iso_time(moment: float | datetime | date) -> str:
    """Write a time, Unix seconds or a value of datetime, as machines read it."""
    return _as_date(moment).isoformat().replace("+00:00", "Z")


def day(moment: float | datetime | date) -> str:
    """Write the day of a time in UTC: ``26 Nov 2026``."""
    found = _as_date(moment)
    return f"{found.day} {found:%b %Y}"


def short_day(moment: float | datetime | date) -> str:
    """Write the day of a time in UTC without its year: ``26 Nov``."""
    found = _as_date(moment)
    return f"{found.day} {found:%b}"


def minute(moment: float | datetime) -> str:
    """Write a time in UTC to the minute: ``26 Nov 2026, 14:05 UTC``."""
    found = _as_date(moment)
    return f"{day(found)}, {found:%H:%M} UTC"


def age(seconds: float) -> str:
    """Write how long ago something was in the largest unit that fits: ``12 days``."""
    for length, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def duration(seconds: float) -> str:
    """Write how long something takes: ``35 s``, ``12 min``, ``2 h 29 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60} min"


def in_sentence(title: str) -> str:
    """Write a title within a sentence: ``image generation``, but ``SHA-256`` and ``ControlNet``."""
    first = title.partition(" ")[0]
    return title[:1].lower() + title[1:] if first[1:].islower() else title


def author_name(author: str) -> str:
    """Return what pages call whoever wrote a version: ``user 1001`` where only the number is known."""
    return f"user {author}" if author.isdecimal() else author


def visible(text: str) -> str:
    """Write characters that are unseen or turn the text around them as numbers: ``⟦U+202E⟧``."""
    return UNSEEN.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", text)


def shortened(text: str, most: int) -> str:
    """Write at most so many characters of a text, and how many there are more."""
    return text if len(text) <= most else f"{text[:most]}… (and {len(text) - most:,} characters more)"


def fitting(items: Sequence[T], most: int) -> Sequence[T]:
    """Return as many of the first items as have so many characters, long ones as if they were shortened."""
    room = most
    for count, item in enumerate(items):
        room -= min(len(str(item)), _LONGEST_ITEM)
        if room < 0:
            return items[:count]
    return items


def web_address(text: object) -> str | None:
    """Return a text as an address to link to, None unless it is http(s), with a host, and short enough."""
    stripped = str(text).strip()
    if len(stripped) > _LONGEST_ADDRESS:
        return None
    try:
        parts = urlsplit(stripped)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    return quote(parts.geturl(), safe=_OF_ADDRESSES)


def image_address(text: object) -> str | None:
    """Return a text as the address of an image, None unless it is https."""
    address = web_address(text)
    return address if address is not None and address.startswith("https://") else None


def change_links(text: str, change_ids: Collection[int]) -> Markup:
    """Write a text with links to the changes that it names: ``change 12``."""
    pieces = iter(_CHANGE.split(visible(text)))
    written = escape(next(pieces))
    for word, number, following in zip(pieces, pieces, pieces, strict=True):
        named = f"{word} {number}"
        is_meant = int(number) in change_ids
        written += Markup('<a href="/queue/{}">{}</a>').format(number, named) if is_meant else named
        written += following
    return written


def path_segment(text: str) -> str:
    """Write a text as a part of a path; slashes stay, since names of models may have some."""
    return quote(text, safe="/")


def breakable(path: str) -> Markup:
    """Write the path of a field so that lines break between its words."""
    return escape(path).replace(".", Markup(".<wbr>")).replace("_", Markup("_<wbr>"))


def _as_date(moment: float | datetime | date) -> datetime | date:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if isinstance(moment, date) else datetime.fromtimestamp(int(moment), UTC)


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "number": number,
    "short_number": short_number,
    "size": size,
    "iso_time": iso_time,
    "day": day,
    "short_day": short_day,
    "minute": minute,
    "age": age,
    "duration": duration,
    "author_name": author_name,
    "category_title": category_title,
    "in_sentence": in_sentence,
    "visible": visible,
    "shortened": shortened,
    "fitting": fitting,
    "web_address": web_address,
    "change_links": change_links,
    "path_segment": path_segment,
    "breakable": breakable,
}
