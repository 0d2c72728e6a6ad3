"""Every command, run in this process."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from factories import FIXTURES, a_folder
from hmr import COMMAND, Finished, environment, is_one_line
from hmr import here as hmr

from horde_model_reference.cli.main import app
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review.ports import ResourceWrite
from horde_model_reference.store.store import Store

_COMMANDS = ("serve", "import", "export", "list", "show", "doctor")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the records of the fixture; nobody writes to it."""
    folder = tmp_path_factory.mktemp("filled")
    assert hmr("import", FIXTURES / "legacy", "--data-dir", folder).status == 0
    return folder


@pytest.mark.parametrize("command", _COMMANDS)
def test_the_help_of_a_command_has_an_example_and_the_exit_codes(command: str) -> None:
    shown = hmr(command, "--help")

    assert shown.status == 0
    assert f"hmr {command}" in shown.out
    assert "Example" in shown.out
    assert "3 the database can't be used" in shown.out
    assert shown.err == ""


def _all_commands(group: Any, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield from _all_commands(command, *path, name) if hasattr(command, "commands") else [(*path, name)]


@pytest.mark.parametrize("command", list(_all_commands(typer.main.get_command(app))), ids=" ".join)
def test_the_help_of_every_command_shows_how_it_is_called(command: tuple[str, ...]) -> None:
    shown = hmr(*command, "--help")

    assert f"hmr {' '.join(command)} " in shown.out.partition("Example")[2] + " "
    assert "Exit codes: 0 done" in shown.out


def test_help_names_every_command() -> None:
    shown = hmr("--help")

    assert shown.status == 0
    assert all(command in shown.out for command in _COMMANDS)


def test_without_a_command_it_shows_its_help_and_says_that_one_is_missing() -> None:
    shown = hmr()

    assert shown.status == 2
    assert "Usage" in shown.out


def test_the_version_is_printed() -> None:
    shown = hmr("--version")

    assert (shown.status, shown.out.count(".")) == (0, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["show"],
        ["show", "nonsense"],
        ["list", "--nonsense"],
        ["import", "/no/such/folder"],
        ["import", __file__],
        ["export", "somewhere"],
        ["export", "somewhere", "--format", "xml"],
        ["serve", "--port", "-1"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "none"],
        ["serve", "--workers", "0"],
        ["audit", "log", "--limit", "9" * 30],
        ["audit", "log", "--after", "9" * 30],
        ["audit", "replay", "esrgan", "--at", "9" * 30],
    ],
)
def test_wrong_usage_is_one_line_and_exit_status_2(arguments: list[str]) -> None:
    wrong = hmr(*arguments)

    assert wrong.status == 2
    assert wrong.out == ""
    assert is_one_line(wrong.err)
    assert wrong.error


@pytest.mark.parametrize("command", ["list", "doctor", "serve", "export"])
def test_a_bad_setting_is_one_line_that_names_the_variable(command: str, tmp_path: Path) -> None:
    arguments = [str(tmp_path), "--format", "v2"] if command == "export" else []

    wrong = hmr(command, *arguments, WATCH_INTERVAL_SECONDS="often")

    assert wrong.status == 2
    assert wrong.error.startswith("HORDE_MODEL_REFERENCE_WATCH_INTERVAL_SECONDS: ")
    assert is_one_line(wrong.err)


def test_a_variable_that_is_nearly_a_setting_is_named_with_the_one_it_is_like(filled: Path) -> None:
    checked = hmr(
        "doctor", "--json", "--data-dir", filled, HORDE_URLS="x", SEEED="none", R2__URL="1", ODD="2"
    )

    assert checked.status == 0
    assert [line for line in checked.err.splitlines() if line.startswith("nothing reads")] == [
        "nothing reads HORDE_MODEL_REFERENCE_HORDE_URLS; did you mean HORDE_URL?",
        "nothing reads HORDE_MODEL_REFERENCE_ODD",
        "nothing reads HORDE_MODEL_REFERENCE_R2__URL",
        "nothing reads HORDE_MODEL_REFERENCE_SEEED; did you mean HORDE_MODEL_REFERENCE_SEED?",
    ]


def test_list_shows_all_categories_in_order(filled: Path) -> None:
    listed = hmr("list", "--json", "--data-dir", filled).json

    assert len(listed) == 15
    assert list(listed)[:2] == ["blip", "clip"]
    assert listed["image_generation"]["records"] == 4
    assert "image_generation" in hmr("list", "--data-dir", filled).out


def test_show_prints_the_names_of_a_category(filled: Path) -> None:
    shown = hmr("show", "image_generation", "--data-dir", filled)

    assert shown.out.splitlines() == ["Harbor Light", "Harbor Light Inpainting", "Prairie XL", "Überlicht"]


def test_show_prints_a_category_and_a_model_as_json(filled: Path) -> None:
    category = hmr("show", "image_generation", "--json", "--data-dir", filled).json

    model = hmr("show", "image_generation", "Überlicht", "--json", "--data-dir", filled).json

    assert category["Überlicht"] == model
    assert model["licensing"]["license_expression"] == "NOASSERTION"


def test_show_prints_a_model_for_people(filled: Path) -> None:
    shown = hmr("show", "text_generation", "acme/Comet-8B-Instruct", "--data-dir", filled)

    assert shown.status == 0
    assert "8000000000" in shown.out


def test_a_model_that_is_not_there_is_one_line(filled: Path) -> None:
    missing = hmr("show", "image_generation", "[bold]:smile:", "--data-dir", filled)

    assert missing.status == 1
    assert "[bold]:smile:" in missing.error
    assert is_one_line(missing.err)


def test_doctor_finds_a_sound_registry_sound(filled: Path) -> None:
    checked = hmr("doctor", "--json", "--data-dir", filled)

    assert checked.status == 0
    assert all(finding["is_ok"] for finding in checked.json)
    assert "database" in [finding["check"] for finding in checked.json]


def test_doctor_names_guidance_for_models_that_do_not_exist(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "registry.sqlite3")
    write = ResourceWrite(
        resource_type=ResourceType.guidance_assignment,
        key="Org/Gone",
        document={"primary_profile_id": "a", "supplemental_profile_ids": [], "metadata": {"revision": 1}},
    )
    with store.unit_of_work() as uow:
        uow.resources.write(CatalogName.text_guidance, [write], author="2003")
        uow.commit()
    place = store.location
    store.close()

    checked = hmr("doctor", "--json", "--data-dir", tmp_path, DATABASE_URL=f"sqlite:///{place}")

    assert checked.status == 0
    assert "1 models that don't exist any more: Org/Gone" in checked.out


def test_doctor_says_when_the_ai_horde_is_out_of_reach(filled: Path) -> None:
    checked = hmr(
        "doctor", "--json", "--data-dir", filled, OFFLINE="false", HORDE_URL="http://127.0.0.1:9/api/"
    )

    assert checked.status == 5
    assert [finding["is_ok"] for finding in checked.json] == [True, True, False]


def _truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(5_000)


def _overwrite_pages(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xff" * (path.stat().st_size - 4_096))


def _make_newer(path: Path) -> None:
    _sql(path, "UPDATE alembic_version SET version_num = '9999'")


def _drop_a_table(path: Path) -> None:
    _sql(path, "DROP TABLE records")


def _sql(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()


def _write_text(path: Path) -> None:
    path.write_text("This is no database.\n", encoding="utf-8")


def _make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "spoil", [_truncate, _overwrite_pages, _make_newer, _drop_a_table, _write_text, _make_folder]
)
def test_a_database_that_can_not_be_used_is_one_line_and_exit_status_3(tmp_path: Path, spoil: object) -> None:
    folder = tmp_path / "data"
    assert hmr("import", FIXTURES / "legacy", "--data-dir", folder).status == 0
    assert callable(spoil)
    spoil(folder / "registry.sqlite3")

    listed, checked, served = (hmr(command, "--data-dir", folder) for command in ("list", "doctor", "serve"))

    for failed in (listed, served):
        assert failed.status == 3
        assert str(folder / "registry.sqlite3") in failed.error
        assert is_one_line(failed.err)
    assert checked.status == 3
    assert "problem" in checked.out
    assert "Traceback" not in checked.err


def test_a_replica_has_no_store_to_import_to(tmp_path: Path) -> None:
    refused = hmr("import", FIXTURES / "legacy", "--data-dir", tmp_path / "data", REPLICATE_MODE="REPLICA")

    assert refused.status == 2
    assert "REPLICA" in refused.error
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["with spaces", "what?", "100%", "ümläut 模型", "[bold]:smile:"])
def test_a_data_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name

    _stored(
        hmr("import", a_folder(tmp_path / "in", {"esrgan.json": {"A": {"name": "A"}}}), "--data-dir", folder)
    )

    assert (folder / "registry.sqlite3").is_file()
    assert str(folder) in hmr("doctor", "--data-dir", folder, "--json").out


def test_a_data_folder_may_be_relative_or_below_the_home_folder(tmp_path: Path) -> None:
    files = a_folder(tmp_path / "in", {"esrgan.json": {"A": {"name": "A"}}})

    _stored(hmr("import", files, "--data-dir", "here", cwd=tmp_path))
    _stored(hmr("import", files, DATA_DIR="~/there", HOME=str(tmp_path)))

    assert (tmp_path / "here" / "registry.sqlite3").is_file()
    assert (tmp_path / "there" / "registry.sqlite3").is_file()


def _stored(done: Finished) -> None:
    assert (done.status, done.err) == (0, ""), done.err


def test_what_is_not_json_is_said_in_json_too(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "in", {"image/esrgan.json": "oops", "image/gfpgan.json": '{"\\ud800": 1}'})

    done = hmr("import", folder, "--json", "--data-dir", tmp_path / "data")

    assert done.status == 4
    refused = {entry["category"]: entry["refused"] for entry in json.loads(done.out)}
    assert refused["esrgan"][0]["name"] is None
    assert len(refused["gfpgan"]) == 1


def test_the_baselines_are_listed_with_all_that_is_known_of_them(filled: Path) -> None:
    told = hmr("baselines", "list", "--json", "--data-dir", filled).json
    shown = hmr("baselines", "list", "--data-dir", filled).out

    assert told["metadata"]["revision"] == 1
    assert len(told["baselines"]) == 13
    assert all(name in shown for name in told["baselines"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["show", "clip"],
        ["export", "somewhere", "--format", "v2"],
        ["backup", "somewhere.jsonl.gz"],
        ["audit", "verify"],
        ["audit", "export"],
        ["text", "groups"],
        ["licences", "report"],
        ["baselines", "list"],
    ],
)
def test_who_looks_into_a_registry_that_is_not_there_is_told_so_and_makes_none(
    arguments: list[str], tmp_path: Path
) -> None:
    looked = hmr(*arguments, "--data-dir", tmp_path / "typo", cwd=tmp_path)

    assert looked.status == 3
    assert "typo" in looked.error
    assert "hmr import" in looked.error
    assert list(tmp_path.iterdir()) == []


def test_doctor_makes_no_database_either(tmp_path: Path) -> None:
    checked = hmr("doctor", "--json", "--data-dir", tmp_path / "new")

    assert checked.status == 0
    assert "will be made" in checked.out
    assert list(tmp_path.iterdir()) == []


def test_what_a_record_says_is_no_markup_and_no_command_to_the_terminal(tmp_path: Path) -> None:
    records = {"Plain": {"name": "Plain", "description": "\\[/bold] \x1b[2J gone"}}
    (tmp_path / "blip.json").write_text(json.dumps(records))
    data = tmp_path / "data"
    assert hmr("import", tmp_path, "--data-dir", data).status == 0

    shown = hmr("show", "blip", "Plain", "--data-dir", data)

    assert "\\[/bold] \\x1b[2J gone" in shown.out
    assert "\x1b" not in shown.out


def test_an_export_of_the_trail_that_fails_leaves_the_earlier_one(filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled, tmp_path / "data")
    _sql(tmp_path / "data" / "registry.sqlite3", "DROP TABLE audit_events")
    (tmp_path / "trail.jsonl").write_text("the earlier one", encoding="utf-8")

    failed = hmr("audit", "export", tmp_path / "trail.jsonl", "--data-dir", tmp_path / "data")

    assert failed.status == 3
    assert (tmp_path / "trail.jsonl").read_text(encoding="utf-8") == "the earlier one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "trail.jsonl"]


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A pipe with a path, and the descriptor of its reading end: like a device, it is no file to replace."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, reading
    os.close(reading)


def test_what_is_no_file_is_written_to_and_not_replaced(filled: Path, pipe: tuple[Path, int]) -> None:
    path, reading = pipe

    done = hmr("licences", "report", "--output", path, "--data-dir", filled)

    assert done.status == 0
    assert path.is_fifo()
    assert os.read(reading, 10).startswith(b"# ")


def test_a_backup_replaces_nothing_but_a_file(filled: Path, pipe: tuple[Path, int]) -> None:
    path, _ = pipe

    refused = hmr("backup", path, "--data-dir", filled)

    assert refused.status == 1
    assert refused.error == f"{path} is no file, so no backup is written there"
    assert path.is_fifo()


def test_nothing_that_a_record_says_is_cut_off_at_the_end_of_a_line(tmp_path: Path) -> None:
    records = {"Plain": {"name": "Plain", "description": "§" * 500}}
    (tmp_path / "blip.json").write_text(json.dumps(records))
    data = tmp_path / "data"
    assert hmr("import", tmp_path, "--data-dir", data).status == 0

    shown = hmr("show", "blip", "Plain", "--data-dir", data)

    assert shown.out.count("§") == 500


def test_a_database_address_with_a_port_that_is_none_is_one_line(tmp_path: Path) -> None:
    failed = hmr("list", DATABASE_URL="postgresql+psycopg://u:secret@db.example:port/registry")

    assert failed.status == 3
    assert is_one_line(failed.err)
    assert "secret" not in failed.err


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("arguments", [("list",), ("list", "--json"), ("show", "blip")])
def test_an_output_on_a_full_disk_is_one_line(
    filled: Path, arguments: tuple[str, ...], unbuffered: str
) -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [COMMAND, *arguments, "--data-dir", str(filled)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment() | {"PYTHONUNBUFFERED": unbuffered},
            check=False,
        )

    assert run.returncode == 1
    assert is_one_line(run.stderr)
