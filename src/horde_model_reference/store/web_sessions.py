"""Who is signed in at the pages: hashes of session ids, never an id, and never a key of the AI-Horde."""

import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from horde_model_reference.store.engine import read_transaction, write_transaction
from horde_model_reference.store.store import Clock, unix_time
from horde_model_reference.store.tables import WebSecretRow, WebSessionRow

_SECRET_BYTES: Final = 32
_SESSION_ID_BYTES: Final = 32
_NOTED_PARTS: Final = 20
"""A look at a session is written down when this part of the idle time has passed since the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTimes:
    """How long people stay signed in; seconds."""

    idle_seconds: int
    """A session ends when nobody used it for so long."""
    absolute_seconds: int
    """And so long after it began in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """Somebody who is signed in; times are Unix seconds."""

    user_id: str
    username: str
    started_at: int
    seen_at: int
    """When it was used last, give or take a twentieth of the idle time."""
    is_here: bool = False
    """Whether it is the one from which somebody asks."""


_COLUMNS: Final = ("user_id", "username", "started_at", "seen_at")


class StoredSessions:
    """The sessions of a store, shared by all its workers; what is over is treated as absent."""

    def __init__(self, engine: sa.Engine, *, times: SessionTimes, clock: Clock = unix_time) -> None:
        self._engine = engine
        self._times = times
        self._clock = clock

    def secret(self) -> str:
        """Return the secret that all workers sign with, made by the first who asks."""
        query = sa.select(WebSecretRow.value).where(WebSecretRow.id == 1)
        with read_transaction(self._engine) as connection:
            known = connection.execute(query).scalar()
        if known is not None:
            return known
        try:
            with write_transaction(self._engine) as connection:
                made = secrets.token_hex(_SECRET_BYTES)
                connection.execute(sa.insert(WebSecretRow).values(id=1, value=made))
                return made
        except IntegrityError:  # another worker was faster
            with read_transaction(self._engine) as connection:
                return connection.execute(query).scalar_one()

    def start(self, user_id: str, username: str) -> str:
        """Begin a session and return its id, which nobody can guess; forget those that are over."""
        session_id = secrets.token_urlsafe(_SESSION_ID_BYTES)
        now = self._clock()
        row = {
            "id_hash": _hash(session_id),
            "user_id": user_id,
            "username": username,
            "started_at": now,
            "seen_at": now,
        }
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(WebSessionRow).where(sa.not_(self._is_current(now))))
            connection.execute(sa.insert(WebSessionRow).values(**row))
        return session_id

    def find(self, session_id: str) -> WebSession | None:
        """Return who is signed in under an id and note that they are here; None where nobody is."""
        now = self._clock()
        this = WebSessionRow.id_hash == _hash(session_id)
        query = sa.select(WebSessionRow.__table__).where(this, self._is_current(now))
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        if now - row["seen_at"] > self._times.idle_seconds // _NOTED_PARTS:
            with write_transaction(self._engine) as connection:
                connection.execute(sa.update(WebSessionRow).where(this).values(seen_at=now))
        return _session(row)

    def of_user(self, user_id: str, *, here: str = "") -> list[WebSession]:
        """Return where somebody is signed in, oldest first; ``here`` is the id of the session that asks."""
        return self._found(WebSessionRow.user_id == user_id, here=_hash(here))

    def current(self) -> list[WebSession]:
        """Return where anybody is signed in, oldest first."""
        return self._found(sa.true())

    def end(self, session_id: str) -> None:
        """End a session; nothing happens where there is none."""
        with write_transaction(self._engine) as connection:
            connection.execute(sa.delete(WebSessionRow).where(WebSessionRow.id_hash == _hash(session_id)))

    def end_all(self, user_id: str) -> int:
        """End every session of somebody, wherever they are signed in, and return how many there were."""
        return self._ended(WebSessionRow.user_id == user_id)

    def end_everybody(self) -> int:
        """End every session of anybody, and return how many there were."""
        return self._ended(sa.true())

    def _found(self, wanted: sa.ColumnElement[bool], *, here: str = "") -> list[WebSession]:
        query = (
            sa.select(WebSessionRow.__table__)
            .where(wanted, self._is_current(self._clock()))
            .order_by(WebSessionRow.started_at, WebSessionRow.id_hash)
        )
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return [replace(_session(row), is_here=row["id_hash"] == here) for row in rows]

    def _ended(self, wanted: sa.ColumnElement[bool]) -> int:
        with write_transaction(self._engine) as connection:
            return connection.execute(sa.delete(WebSessionRow).where(wanted)).rowcount

    def _is_current(self, now: int) -> sa.ColumnElement[bool]:
        return sa.and_(
            WebSessionRow.seen_at > now - self._times.idle_seconds,
            WebSessionRow.started_at > now - self._times.absolute_seconds,
        )


def _hash(session_id: str) -> str:
    return sha256(session_id.encode()).hexdigest()


def _session(row: sa.RowMapping) -> WebSession:
    fields: dict[str, Any] = {name: row[name] for name in _COLUMNS}
    return WebSession(**fields)
