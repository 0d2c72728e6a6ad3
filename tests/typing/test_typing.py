"""Code that uses the public names passes the strict type checkers."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "mypy", "--strict"],
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", str(HERE)],
    ],
    ids=["mypy", "pyright"],
)
def test_programs_that_use_the_public_names_are_well_typed(command: list[str]) -> None:
    arguments = [] if "pyright" in command else [str(HERE / "consumer_program.py")]

    answer = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stdout
