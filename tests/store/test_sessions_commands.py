"""`hmr sessions` on a data folder."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from horde_model_reference.bootstrap import open_store
from horde_model_reference.cli.console import primary_settings
from horde_model_reference.cli.main import app
from horde_model_reference.store.web_sessions import SessionTimes, StoredSessions

PEOPLE = [("1001", "Req#1001"), ("1001", "Req#1001"), ("2003", "Appr\x1b#2003")]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    store = open_store(primary_settings(tmp_path))
    sessions = StoredSessions(store.engine, times=SessionTimes(idle_seconds=3600, absolute_seconds=7200))
    for user_id, username in PEOPLE:
        sessions.start(user_id, username)
    store.close()
    return tmp_path


def run(data_dir: Path, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["sessions", *arguments, "--data-dir", str(data_dir)])
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.output


def signed_in(data_dir: Path) -> list[str]:
    return [session["user_id"] for session in json.loads(run(data_dir, "list", "--json"))]


def test_everybody_who_is_signed_in_is_listed(data_dir: Path) -> None:
    lines = sorted(run(data_dir, "list").splitlines())

    assert len(lines) == 3
    assert lines[1].startswith("Req#1001  since 20")
    assert "\x1b" not in "".join(lines)
    assert sorted(signed_in(data_dir)) == ["1001", "1001", "2003"]


@pytest.mark.parametrize("user", ["1001", "Req#1001", "Renamed#1001"])
def test_the_sessions_of_one_person_are_ended(data_dir: Path, user: str) -> None:
    assert run(data_dir, "end", user) == "2 sessions ended.\n"

    assert signed_in(data_dir) == ["2003"]
    assert run(data_dir, "end", user) == "0 sessions ended.\n"


def test_all_sessions_are_ended(data_dir: Path) -> None:
    assert json.loads(run(data_dir, "end", "--all", "--json")) == {"ended": 3}

    assert signed_in(data_dir) == []


@pytest.mark.parametrize("arguments", [(), ("1001", "--all"), ("  ",), ("Req#",)])
def test_who_is_meant_has_to_be_said(data_dir: Path, arguments: tuple[str, ...]) -> None:
    assert "or --all" in run(data_dir, "end", *arguments, code=2)

    assert len(signed_in(data_dir)) == 3


def test_where_there_is_no_database_none_is_made(tmp_path: Path) -> None:
    run(tmp_path / "nowhere", "list", code=3)

    assert not (tmp_path / "nowhere").exists()
