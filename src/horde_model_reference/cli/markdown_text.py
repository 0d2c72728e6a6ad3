"""Markdown out of values that somebody else wrote: nothing in them is markup."""

import json
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>|#~&])")
_BLOCK_START: Final = re.compile(r"^(\d{0,9})([-+=.)])(?=\s|$|[-=])")
# Control characters, line ends of all kinds, and what turns the direction of text around.
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
_BACKTICKS: Final = re.compile(r"`+")
_WEB: Final = re.compile(r"https?://", re.IGNORECASE)
_SAFE_IN_ADDRESS: Final = "%/:=?#&+!$,;'@*-._~[]"


def plain(text: str) -> str:
    """Return a text as Markdown shows it: nothing in it is markup, and it stays on its line."""
    on_one_line = _UNSEEN.sub(" ", text).strip()
    return _BLOCK_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", on_one_line))


def paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of a text whose paragraphs are kept, with an empty line before each."""
    for part in re.split(r"(?:\r\n?|\n)[ \t]*(?:\r\n?|\n)", text):
        if shown := plain(part):
            yield from ("", shown)


def row(*cells: object) -> str:
    """Return a line of a table, from cells that are Markdown."""
    return f"| {' | '.join(map(str, cells))} |"


def web_link(url: str, label: str | None = None) -> str:
    """Return a link to a page; the mere text where the address is not one of a page."""
    shown = plain(label or url)
    if not _WEB.match(url):
        return shown
    return f"[{shown}]({quote(url, safe=_SAFE_IN_ADDRESS).replace('&', '&amp;')})"


def json_code(value: object) -> str:
    """Return a value as JSON, on one line, as code."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    ticks = "`" * (_longest_run(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def code_block(text: str, language: str = "text") -> Iterator[str]:
    """Yield the lines of a text that is shown as it is, with an empty line before them."""
    fence = "`" * max(3, _longest_run(text) + 1)
    yield from ("", f"{fence}{re.sub('[^a-z0-9]', '', language.lower())}", text.removesuffix("\n"), fence)


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
