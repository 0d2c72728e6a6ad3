"""The command line as real processes; what it says is tested in unit/cli."""

import subprocess
from pathlib import Path

import pytest
from factories import FIXTURES
from hmr import COMMAND, environment, hmr, is_one_line


@pytest.mark.parametrize("command", ["hmr", "horde-model-reference"])
def test_both_names_of_the_program_print_the_version(command: str) -> None:
    run = subprocess.run(
        [Path(COMMAND).with_name(command), "--version"], capture_output=True, text=True, check=True
    )

    assert run.stdout.startswith("8.7.")


def test_what_is_imported_is_there_for_the_next_process(tmp_path: Path) -> None:
    imported = hmr("import", FIXTURES / "legacy", "--data-dir", "some data", cwd=tmp_path)
    shown = hmr("show", "image_generation", "Überlicht", "--json", "--data-dir", "some data", cwd=tmp_path)

    assert imported.status == 0
    assert "notes" in imported.err
    assert shown.json["name"] == "Überlicht"


def test_wrong_usage_ends_with_2(tmp_path: Path) -> None:
    wrong = hmr("export", tmp_path)

    assert wrong.status == 2
    assert is_one_line(wrong.err)


def test_a_broken_database_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "registry.sqlite3").write_text("This is no database.", encoding="utf-8")

    broken = hmr("list", "--data-dir", tmp_path)

    assert broken.status == 3
    assert is_one_line(broken.err)


@pytest.mark.parametrize("arguments", [["show", "text_generation", "--json"], ["show", "text_generation"]])
def test_a_reader_that_goes_away_early_sees_no_trace(tmp_path: Path, arguments: list[str]) -> None:
    assert hmr("import", FIXTURES / "legacy", "--data-dir", tmp_path).status == 0
    process = subprocess.Popen(
        [COMMAND, *arguments, "--data-dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout is not None
    process.stdout.close()

    assert process.stderr is not None
    with process, process.stderr:
        assert b"Traceback" not in process.stderr.read()
