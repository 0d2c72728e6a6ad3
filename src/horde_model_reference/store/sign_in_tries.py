"""How often an address may try to sign in with keys that are nobody's, whichever worker it reaches."""

import secrets
from typing import Final

import sqlalchemy as sa

from horde_model_reference.domain.errors import RegistryError
from horde_model_reference.store.engine import read_transaction, write_transaction
from horde_model_reference.store.store import Clock, unix_time
from horde_model_reference.store.tables import SignInTryRow

_WINDOW_SECONDS: Final = 60


class TooManyTriesError(RegistryError):
    """So many tries of an address failed that it has to wait."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            f"Too many keys that are nobody's came from your address. Try again in {wait_seconds} seconds."
        )
        self.wait_seconds = wait_seconds


class SignInTries:
    """The tries of each address in the last minute, for all workers of a store.

    A try counts from its beginning until it turns out to be a good one: who tries many keys at once gains
    nothing. Addresses are kept no longer than until somebody tries after that minute.
    """

    def __init__(self, engine: sa.Engine, *, most: int, clock: Clock = unix_time) -> None:
        """Let ``most`` tries fail a minute; 0 means that there is no limit."""
        self._engine = engine
        self._most = most
        self._clock = clock

    def begin(self, source: str) -> str:
        """Write down a try of an address and return its id.

        Raises:
            TooManyTriesError: the address has to wait.
            StoreError: the database can't be asked.
        """
        try_id = secrets.token_hex(16)
        if not self._most:
            return try_id
        now = self._clock()
        with read_transaction(self._engine) as connection:  # who is refused keeps no writer waiting
            self._check(connection, source, now)
        with write_transaction(self._engine) as connection:
            self._check(connection, source, now)
            old = SignInTryRow.tried_at <= now - _WINDOW_SECONDS
            connection.execute(sa.delete(SignInTryRow).where(old))
            row = {"id": try_id, "source": source, "tried_at": now}
            connection.execute(sa.insert(SignInTryRow).values(**row))
        return try_id

    def forget(self, try_id: str) -> None:
        """Count a try no more, since the key was somebody's, or nobody could tell."""
        if self._most:
            with write_transaction(self._engine) as connection:
                connection.execute(sa.delete(SignInTryRow).where(SignInTryRow.id == try_id))

    def _check(self, connection: sa.Connection, source: str, now: int) -> None:
        query = (
            sa.select(SignInTryRow.tried_at)
            .where(SignInTryRow.source == source, SignInTryRow.tried_at > now - _WINDOW_SECONDS)
            .order_by(SignInTryRow.tried_at.desc())
            .offset(self._most - 1)
            .limit(1)
        )
        counting_first = connection.execute(query).scalar()
        if counting_first is not None:
            raise TooManyTriesError(counting_first + _WINDOW_SECONDS - now)
