"""The code in the guide of the library, and in the README, runs."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hmr import here
from reference_servers import refusing

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "library.md"
README = ROOT / "README.md"
STARTER = ROOT / "src" / "horde_model_reference" / "starter"


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), flags=re.M | re.S)


def commands() -> list[str]:
    lines = "".join(blocks(GUIDE, "sh")).splitlines()
    return [line for line in lines if line.startswith("hmr ")]


@pytest.mark.parametrize("page", [GUIDE, README], ids=["guide", "readme"])
def test_the_python_of_a_page_runs_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    program = "\n".join(blocks(page, "python"))
    assert program

    with refusing() as address:
        run = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=os.environ
            | {
                "HORDE_MODEL_REFERENCE_PRIMARY_API_URL": f"{address}/api",
                "HORDE_MODEL_REFERENCE_DATA_DIR": str(tmp_path / "data"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("Deliberate stable_diffusion_1")


@pytest.mark.parametrize("command", commands())
def test_the_commands_of_the_guide_run(command: str, tmp_path: Path) -> None:
    """Offline, on the starter set and without weights; a download gets as far as that allows."""
    data = tmp_path / "data"
    shutil.copytree(STARTER, data)

    finished = here(*shlex.split(command)[1:], cwd=tmp_path, DATA_DIR=str(data))

    is_download = " download " in command
    assert finished.status == (2 if is_download else 0), finished.err
    if is_download:
        assert "OFFLINE is set, so nothing is fetched" in finished.error
