"""Sessions of the pages: found by whoever has the id, over in time, and gone when they are ended."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from factories import SettableClock
from postgres_server import NewStore

from horde_model_reference.store.backup import restore_backup, write_backup
from horde_model_reference.store.store import Store
from horde_model_reference.store.web_sessions import SessionTimes, StoredSessions

_TIMES = SessionTimes(idle_seconds=1000, absolute_seconds=5000)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def sessions(store: Store, clock: SettableClock) -> StoredSessions:
    return StoredSessions(store.engine, times=_TIMES, clock=clock)


def test_a_session_is_found_by_its_id(sessions: StoredSessions, clock: SettableClock) -> None:
    session_id = sessions.start("1001", "Req#1001")

    found = sessions.find(session_id)

    assert found is not None
    assert (found.user_id, found.username, found.started_at) == ("1001", "Req#1001", clock.now)


@pytest.mark.parametrize("session_id", ["", "x", "x" * 10_000, "ü", "\0"])
def test_an_id_that_was_never_given_out_is_nobodys(sessions: StoredSessions, session_id: str) -> None:
    sessions.start("1001", "Req#1001")

    assert sessions.find(session_id) is None


def test_every_session_has_an_id_of_its_own(sessions: StoredSessions) -> None:
    ids = {sessions.start("1001", "Req#1001") for _ in range(20)}

    assert len(ids) == 20
    assert all(len(session_id) >= 43 for session_id in ids)  # 256 bits


def test_the_database_holds_no_id(sessions: StoredSessions, store: Store) -> None:
    session_id = sessions.start("1001", "Req#1001")

    with store.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM web_sessions")).all()

    assert len(rows) == 1
    assert session_id not in str(rows)


def test_a_session_that_nobody_uses_ends(sessions: StoredSessions, clock: SettableClock) -> None:
    session_id = sessions.start("1001", "Req#1001")

    clock.now += 999
    assert sessions.find(session_id) is not None
    clock.now += 1001
    assert sessions.find(session_id) is None


def test_a_session_ends_however_much_it_is_used(sessions: StoredSessions, clock: SettableClock) -> None:
    session_id = sessions.start("1001", "Req#1001")

    for _ in range(9):
        clock.now += 500
        assert sessions.find(session_id) is not None
    clock.now += 500

    assert sessions.find(session_id) is None


def test_the_use_of_a_session_prolongs_no_other(sessions: StoredSessions, clock: SettableClock) -> None:
    used, unused = sessions.start("1001", "Req#1001"), sessions.start("1001", "Req#1001")

    for _ in range(2):
        clock.now += 600
        assert sessions.find(used) is not None

    assert sessions.find(unused) is None


def test_what_is_over_is_forgotten_when_somebody_signs_in(
    sessions: StoredSessions, store: Store, clock: SettableClock
) -> None:
    sessions.start("1001", "Req#1001")
    clock.now += 1000

    sessions.start("2002", "Both#2002")

    with store.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT user_id FROM web_sessions")).scalars().all() == ["2002"]


def test_an_ended_session_is_nobodys_and_others_go_on(sessions: StoredSessions) -> None:
    ended, other = sessions.start("1001", "Req#1001"), sessions.start("1001", "Req#1001")

    sessions.end(ended)
    sessions.end(ended)

    assert sessions.find(ended) is None
    assert sessions.find(other) is not None


def test_all_sessions_of_somebody_can_be_ended(sessions: StoredSessions) -> None:
    mine = [sessions.start("1001", "Req#1001") for _ in range(2)]
    others = sessions.start("2002", "Both#2002")

    assert sessions.end_all("1001") == 2

    assert [sessions.find(session_id) for session_id in mine] == [None, None]
    assert sessions.find(others) is not None


def test_an_operator_sees_everybody_and_ends_all_sessions(sessions: StoredSessions) -> None:
    ids = [sessions.start(user_id, f"Somebody#{user_id}") for user_id in ("1", "2", "2")]

    assert sorted(session.user_id for session in sessions.current()) == ["1", "2", "2"]
    assert sessions.end_everybody() == 3
    assert sessions.current() == []
    assert [sessions.find(session_id) for session_id in ids] == [None] * 3


def test_people_see_where_they_are_signed_in(sessions: StoredSessions, clock: SettableClock) -> None:
    sessions.start("1001", "Req#1001")
    clock.now += 10
    here = sessions.start("1001", "Req#1001")
    sessions.start("2002", "Both#2002")

    found = sessions.of_user("1001", here=here)

    assert [(session.started_at, session.is_here) for session in found] == [
        (clock.now - 10, False),
        (clock.now, True),
    ]


def test_all_workers_and_the_next_start_have_the_same_secret(new_store: NewStore) -> None:
    first = new_store()
    url = first.engine.url.render_as_string(hide_password=False)
    secret = StoredSessions(first.engine, times=_TIMES).secret()
    first.close()

    assert StoredSessions(new_store(url).engine, times=_TIMES).secret() == secret
    assert len(secret) == 64


def test_a_session_outlives_a_restart(new_store: NewStore, clock: SettableClock) -> None:
    first = new_store()
    url = first.engine.url.render_as_string(hide_password=False)
    session_id = StoredSessions(first.engine, times=_TIMES, clock=clock).start("1001", "Req#1001")
    first.close()

    again = StoredSessions(new_store(url).engine, times=_TIMES, clock=clock)

    assert again.find(session_id) is not None


def test_a_backup_holds_neither_sessions_nor_the_secret(
    sessions: StoredSessions, store: Store, tmp_path: Path
) -> None:
    sessions.secret()
    session_id = sessions.start("1001", "Req#1001")

    summary = write_backup(store, tmp_path / "backup.gz")
    restore_backup(tmp_path / "restored.sqlite", tmp_path / "backup.gz")

    assert not {"web_sessions", "web_secrets"} & set(summary.rows)
    restored = Store.open(tmp_path / "restored.sqlite")
    assert StoredSessions(restored.engine, times=_TIMES).find(session_id) is None
    restored.close()
