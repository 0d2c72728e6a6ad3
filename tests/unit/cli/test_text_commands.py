"""The commands about names and groups of text models."""

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


@pytest.mark.parametrize("command", ["parse", "groups", "health"])
def test_the_help_has_an_example_and_the_exit_codes(command: str) -> None:
    shown = hmr("text", command, "--help")

    assert shown.status == 0
    assert f"hmr text {command}" in shown.out
    assert "3 the database can't be used" in shown.out


def test_names_are_taken_apart_without_any_data() -> None:
    shown = hmr("text", "parse", "Qwen/Qwen3-30B-A3B-Instruct-2507", "plain", "--json")

    first, second = shown.json
    assert (first["author"], first["base_name"], first["suggested_group"]) == ("Qwen", "Qwen3", "Qwen3")
    assert [extra["inferred_type"] for extra in first["extras"]] == ["DATE", "DESCRIPTOR"]
    assert (second["author"], second["size"]) == (None, None)


def test_parts_are_shown_as_a_table() -> None:
    shown = hmr("text", "parse", "A/X-7B-Q4[red]\x1b[31m")

    assert shown.status == 0
    assert "7B" in shown.out
    assert "\x1b[31m" not in shown.out


def test_a_name_is_needed() -> None:
    assert hmr("text", "parse").status == 2


def test_groups_are_listed(filled: Path) -> None:
    shown = hmr("text", "groups", "--data-dir", filled)

    assert shown.status == 0
    assert "Comet" in shown.out
    assert "4 groups of 5 models" in shown.err


def test_groups_are_told_to_programs(filled: Path) -> None:
    told = hmr("text", "groups", "--data-dir", filled, "--json").json

    assert [group["group_name"] for group in told["groups"]] == ["Comet", "Hydra", "Pebble", "lantern"]


def test_health_is_shown_and_ends_well(filled: Path) -> None:
    shown = hmr("text", "health", "--data-dir", filled)

    assert shown.status == 0
    assert "different baselines" in shown.out


def test_strict_health_ends_with_1_where_there_are_warnings(filled: Path) -> None:
    strict = hmr("text", "health", "--strict", "--json", "--data-dir", filled)

    assert strict.status == 1
    assert strict.json["issue_counts_by_type"]["inconsistent_baseline"] == 1
    assert "warnings" in strict.err


def test_strict_health_ends_well_where_nothing_is_odd(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "esrgan.json").write_text("{}", encoding="utf-8")
    assert hmr("import", tmp_path / "files", "--data-dir", folder).status == 0

    strict = hmr("text", "health", "--strict", "--data-dir", folder)

    assert (strict.status, "Nothing is odd" in strict.out) == (0, True)
