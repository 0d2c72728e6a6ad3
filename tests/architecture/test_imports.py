"""What importing costs and does: nothing but definitions."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "fastapi",
    "starlette",
    "sqlalchemy",
    "alembic",
    "uvicorn",
    "httpx",
    "pydantic_settings",
    "typer",
    "rich",
)
LIGHT_MODULES = ["horde_model_reference", "horde_model_reference.domain.categories"]


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True, env={"PATH": ""}
    )


@pytest.mark.parametrize("module", LIGHT_MODULES)
def test_importing_loads_no_framework_and_leaves_no_trace(module: str, tmp_path: Path) -> None:
    answer = run(
        f"import sys, {module}; print(*(n for n in {HEAVY!r} if n in sys.modules), end='')", tmp_path
    )

    assert answer.stdout == ""
    assert answer.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_the_core_loads_no_framework(tmp_path: Path) -> None:
    code = f"""
import sys
import horde_model_reference.catalog.catalog, horde_model_reference.review.steps
print(*(name for name in {HEAVY!r} if name in sys.modules), end='')
"""
    assert run(code, tmp_path).stdout == ""


def test_the_types_are_announced() -> None:
    marker = Path(__file__).parents[2] / "src" / "horde_model_reference" / "py.typed"

    assert marker.is_file()
