"""Whatever silences a checker, skips a test or is left out says why, where it stands."""

import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "benchmarks", "docs")
_SUPPRESSION = re.compile(
    r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?"
    r"|(?:type|pyright):\s*ignore(?:\[[^\]]+\])?"
    r"|fmt:\s*(?:skip|off|on))"
)
_LEFT_TO_DO = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
_ELSEWHERE = re.compile(r"\b(?:as|see) (?:above|below)\b")
_FEWEST_WORDS = 3


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments of a file with the numbers of their lines."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def faults(path: Path) -> Iterator[str]:
    """Yield the comments that silence something without a reason of their own."""
    for number, comment in comments(path):
        found = list(_SUPPRESSION.finditer(comment))
        reason = _SUPPRESSION.sub("", comment).strip(" -#")
        has_reason = len(reason.split()) >= _FEWEST_WORDS and not _ELSEWHERE.search(reason)
        if (found and not has_reason) or _LEFT_TO_DO.search(comment):
            yield f"{path}:{number}: {comment}"


def python_files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_nothing_is_silenced_without_a_reason_beside_it() -> None:
    assert [fault for path in python_files() for fault in faults(path)] == []


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("import os  # noqa: F401", True),
        ("import os  # noqa", True),
        ("import os  # noqa: F401 - as above", True),
        ("import os  # noqa: F401 - loaded for its effects", False),
        ("a = b  # type: ignore[assignment]", True),
        ("a = b  # type: ignore[assignment] # the stub is wrong", False),
        ("a = [1]  # fmt: skip", True),
        ("a = 1  # TODO: another number", True),
        ("a = '# noqa'  # a text about comments", False),
        ("a = 1  # no more than that", False),
    ],
)
def test_a_comment_without_a_reason_is_found(tmp_path: Path, line: str, is_fault: bool) -> None:
    file = tmp_path / "file.py"
    file.write_text(f"{line}\n", encoding="utf-8")

    assert bool(list(faults(file))) == is_fault
