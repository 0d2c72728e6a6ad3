"""Where the recorded answers and the real data lie, for the tests that compare with them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_DEFAULT = Path(__file__).resolve().parents[2] / "shared"


def shared_path(*parts: str) -> Path:
    """Return a path below the shared folder; skip where there is none, but fail in CI, which has it."""
    path = Path(os.environ.get("HORDE_SHARED", _DEFAULT)).joinpath(*parts)
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is missing, but CI runs every test")
        pytest.skip(f"{path} is not on this machine: recorded answers are compared only where they are")
    return path


def golden_cases(name: str) -> list[dict[str, Any]]:
    """Return the cases of a file of recorded answers, a line each; none where there is no such file."""
    try:
        text = shared_path("golden", name).read_text()
    except pytest.skip.Exception:  # cases are read while tests are collected, which is not to end there
        return []
    return [json.loads(line) for line in text.splitlines()]
