"""`hmr audit` on a data folder."""

import json
from pathlib import Path

import pytest
from review_desk import Desk
from typer.testing import CliRunner

from horde_model_reference.bootstrap import open_store
from horde_model_reference.cli.console import primary_settings
from horde_model_reference.cli.main import app


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    store = open_store(primary_settings(tmp_path))
    desk = Desk(store.unit_of_work)
    desk.propose("A")
    desk.decide(approve=[1])
    desk.apply(1)
    store.close()
    return tmp_path


def run(data_dir: Path, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["audit", *arguments, "--data-dir", str(data_dir)])
    assert result.exit_code == code, result.output
    return result.stdout


def test_a_good_trail_verifies(data_dir: Path) -> None:
    assert "4 events" in run(data_dir, "verify")
    assert json.loads(run(data_dir, "verify", "--json"))["fault"] is None


def test_a_trail_that_was_tampered_with_ends_with_one(data_dir: Path) -> None:
    store = open_store(primary_settings(data_dir))
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_events_no_update")
        connection.exec_driver_sql("UPDATE audit_events SET logical_user_id = 'x' WHERE event_id = 2")
    store.close()

    told = json.loads(run(data_dir, "verify", "--json", code=1))

    assert told["fault"]["event_id"] == 2


def test_the_log_filters_and_prints(data_dir: Path) -> None:
    lines = run(data_dir, "log").splitlines()
    of_the_record = json.loads(run(data_dir, "log", "--category", "esrgan", "--json"))
    some = run(data_dir, "log", "--limit", "2").splitlines()

    assert len(lines) == 4
    assert "enqueue" in lines[0]
    assert "create" in lines[2]
    assert [event["model_name"] for event in of_the_record] == ["A"]
    assert len(some) == 2
    assert run(data_dir, "log", "--until", "1970-01-01") == ""


def test_a_replay_prints_the_records_of_a_category(data_dir: Path) -> None:
    assert list(json.loads(run(data_dir, "replay", "esrgan"))) == ["A"]
    assert json.loads(run(data_dir, "replay", "esrgan", "--at", "0")) == {}
    assert "1 records" in run(data_dir, "replay", "esrgan", "--check")


def test_a_replay_prints_side_resources(data_dir: Path) -> None:
    assert "flux_1" in json.loads(run(data_dir, "replay", "image_baseline"))
    assert "13 records" in run(data_dir, "replay", "image_baseline", "--check")
    run(data_dir, "replay", "nonsense", code=2)


def test_an_export_has_one_line_for_each_event(data_dir: Path, tmp_path: Path) -> None:
    run(data_dir, "export", str(tmp_path / "events.jsonl"))

    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["event_id"] for line in lines] == [1, 2, 3, 4]
    assert run(data_dir, "export").splitlines() == lines
