"""The recorded cases that tests/differences.md names, for the tests that compare with recordings."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

_LINE = re.compile(r"- (?P<case>[^\s#]+)(?:#\S+)?: ")
_LIST = Path(__file__).parent / "differences.md"


def listed_cases(prefix: str) -> list[str]:
    """Return the cases that begin with a prefix, without it; ``*`` in them stands for anything."""
    found = map(_LINE.match, _LIST.read_text(encoding="utf-8").splitlines())
    cases = (match["case"] for match in found if match)
    return [case.removeprefix(prefix) for case in cases if case.startswith(prefix)]


def is_listed(case: str, listed: list[str]) -> bool:
    """Tell whether a case is among those that are listed."""
    return any(fnmatchcase(case, pattern) for pattern in listed)
