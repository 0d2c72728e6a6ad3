"""Where the recorded answers and the real data lie, for the tests that compare with them."""

import os
from pathlib import Path

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
