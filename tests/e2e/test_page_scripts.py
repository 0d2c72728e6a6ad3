"""The installed commands that make pages, against a registry that runs."""

import subprocess
import sys
from pathlib import Path

from factories import FIXTURES
from hmr import hmr, serving


def run(command: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).with_name(command)
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_pages_are_made_of_what_a_registry_tells(tmp_path: Path) -> None:
    data, pages = tmp_path / "data", tmp_path / "pages"
    assert hmr("import", FIXTURES / "legacy", "--data-dir", data).status == 0
    with serving(data) as server:
        found = server.json("/model_references/v2/licensing/export")
        source = ("--primary-api-url", server.base)
        licences = run("generate-license-reference", *source, "--output-directory", pages)
        guidance = run("generate-guidance-reference", *source, "--output", tmp_path / "guidance.md")
    report = hmr("licences", "report", "--data-dir", data).out

    assert (licences.returncode, guidance.returncode) == (0, 0), licences.stderr + guidance.stderr
    assert len(list(pages.glob("license-*.md"))) == len(found["licenses"])
    summary = report.partition("\n## Licences by use")[0].removeprefix("# Licences\n")
    assert summary in (pages / "index.md").read_text("utf-8")
    assert "# Prompting guidance" in (tmp_path / "guidance.md").read_text("utf-8")
