"""`hmr licences`, run in this process."""

import json
from pathlib import Path

import pytest
from factories import FIXTURES
from hmr import here as hmr


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the records of the fixture; nobody writes to it."""
    folder = tmp_path_factory.mktemp("filled")
    assert hmr("import", FIXTURES / "legacy", "--data-dir", folder).status == 0
    return folder


def test_the_help_has_an_example_and_the_exit_codes() -> None:
    shown = hmr("licences", "report", "--help")

    assert shown.status == 0
    assert "hmr licences report --json --output licences.json" in shown.out
    assert "3 the database can't be used" in shown.out


def test_the_report_is_markdown_for_people(filled: Path) -> None:
    shown = hmr("licences", "report", "--data-dir", filled)

    assert (shown.status, shown.err) == (0, "")
    assert shown.out.startswith("# Licences\n\n")
    assert "| MIT | MIT License | 0 | 0 | 1 |" in shown.out
    assert "### image\\_generation" in shown.out


def test_the_report_is_json_for_programs(filled: Path) -> None:
    told = hmr("licences", "report", "--json", "--data-dir", filled).json

    assert told["revision"] == 1
    assert told["summary"]["total_assets"] == 6 + sum(told["models"].values())
    assert {each["license_id"] for each in told["licenses"]} >= {"MIT", "WTFPL"}
    without = {category: len(names) for category, names in told["models_without_conclusion"].items()}
    assert without == told["models"]


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_the_report_can_go_to_a_file(filled: Path, tmp_path: Path, option: tuple[str, ...]) -> None:
    file = tmp_path / "new" / "report"

    shown = hmr("licences", "report", *option, "--output", file, "--data-dir", filled)

    printed = hmr("licences", "report", *option, "--data-dir", filled).out
    written = file.read_text("utf-8")
    assert (shown.status, shown.out) == (0, "")
    assert "written to" in shown.err
    assert json.loads(written) == json.loads(printed) if option else written == printed


def test_a_file_that_cannot_be_written_is_one_line(filled: Path) -> None:
    shown = hmr("licences", "report", "--output", "/dev/null/report", "--data-dir", filled)

    assert shown.status == 1
    assert shown.error
