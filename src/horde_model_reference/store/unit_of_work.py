"""The review's unit of work on the database: one transaction of the only writer."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from hashlib import sha256
from types import TracebackType
from typing import Any, Final, Self

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.errors import (
    InvalidTransitionError,
    NotPermittedError,
    RegistryError,
    RevisionConflictError,
)
from horde_model_reference.review.ports import (
    ApplyFailure,
    BatchSplit,
    FailureKind,
    Head,
    JobOutcome,
)
from horde_model_reference.store.audit_rows import SqlAuditTrail
from horde_model_reference.store.change_rows import SqlChanges
from horde_model_reference.store.moment import read_records
from horde_model_reference.store.resource_rows import SqlResources
from horde_model_reference.store.tables import JobRow, RecordRow, RecordVersionRow, RegistryRow
from horde_model_reference.store.transaction import StoreTransaction, Write

# What the constraints and triggers of the database say, should a caller get past the review steps.
_REFUSALS: Final[Mapping[str, tuple[type[RegistryError], str]]] = {
    "by_another": (NotPermittedError, "nobody may approve or apply their own change"),
    "uq_resource_versions_base": (RevisionConflictError, "the resource moved on"),
    "resource_versions.previous_serial": (RevisionConflictError, "the resource moved on"),
    "uq_record_versions_base": (RevisionConflictError, "the record moved on"),
    "record_versions.previous_serial": (RevisionConflictError, "the record moved on"),
    "ck_changes": (InvalidTransitionError, "the change would contradict itself"),
    "came to an end": (InvalidTransitionError, "the change has come to an end already"),
}


class _UndoneError(Exception):
    """Ends a transaction without a commit."""


class SqlUnitOfWork:
    """A `UnitOfWork` on the store; it can be entered again, but is for one thread at a time.

    ``begin`` gives the transaction to work in, which is committed where its block ends without an error.
    """

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[StoreTransaction]],
        *,
        allow_self_approval: bool = False,
    ) -> None:
        self._begin = begin
        self._allow_self_approval = allow_self_approval
        self._stack = ExitStack()
        self._parts: _Parts | None = None

    @property
    def records(self) -> "SqlRecords":
        """The model records."""
        return self._opened.records

    @property
    def resources(self) -> SqlResources:
        """The side resources."""
        return self._opened.resources

    @property
    def changes(self) -> SqlChanges:
        """The queue."""
        return self._opened.changes

    @property
    def batches(self) -> "SqlBatches":
        """The numbers of batches."""
        return self._opened.batches

    @property
    def jobs(self) -> "SqlJobs":
        """Outcomes of earlier requests."""
        return self._opened.jobs

    @property
    def audit(self) -> SqlAuditTrail:
        """The audit trail."""
        return self._opened.audit

    @property
    def transaction(self) -> StoreTransaction:
        """The transaction itself, for imports."""
        return self._opened.transaction

    @property
    def serial(self) -> int:
        """The last serial given out; 0 where nothing was ever written."""
        return self._opened.transaction.serial

    def __enter__(self) -> Self:
        if self._parts is not None:
            raise RuntimeError("this unit of work has been entered already")
        with ExitStack() as stack:
            transaction = stack.enter_context(self._begin())
            self._parts = _Parts.of(transaction, allow_self_approval=self._allow_self_approval)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._parts = None
        if exception is None:
            # After a commit the stack is empty, and this does nothing.
            undone = _UndoneError()
            self._stack.__exit__(type(undone), undone, None)
            return
        self._stack.__exit__(exception_type, exception, traceback)
        if isinstance(exception, IntegrityError) and (refusal := _refusal(exception)) is not None:
            raise refusal from exception

    def commit(self) -> None:
        """Make everything since the beginning last, or raise and leave nothing of it; it can't go on then.

        Raises:
            StoreUnavailableError: the database did not take it.
        """
        self._opened.audit.save_head()
        self._parts = None
        self._stack.close()

    @property
    def _opened(self) -> "_Parts":
        if self._parts is None:
            raise RuntimeError("a unit of work is used inside its with block only, and until its commit")
        return self._parts


class SqlRecords:
    """Records by category and name."""

    def __init__(self, transaction: StoreTransaction) -> None:
        self._transaction = transaction

    def head(self, category: str, name: str) -> Head | None:
        """Return the newest version; None where there is no record, or no longer."""
        found = self._transaction.head(Category(category), name)
        return None if found is None else _head(found.serial, found.document, found.legacy)

    def version(self, serial: int) -> Head | None:
        """Return the version with a serial; None where it is a tombstone, or there is none."""
        query = sa.select(RecordVersionRow.document, RecordVersionRow.legacy)
        row = self._transaction.connection.execute(query.where(RecordVersionRow.serial == serial)).first()
        return None if row is None or row.document is None else _head(serial, row.document, row.legacy)

    def mentioning(self, text: str) -> Iterator[tuple[str, str, Document]]:
        """Return category, name and document of the records whose document holds a text."""
        query = (
            sa.select(RecordRow.category, RecordRow.name, RecordVersionRow.document)
            .join(RecordVersionRow, RecordVersionRow.serial == RecordRow.serial)
            .where(RecordVersionRow.document.contains(text, autoescape=True))
        )
        for category, name, document in self._transaction.connection.execute(query):
            yield category, name, orjson.loads(document or "{}")

    def documents(self, category: str) -> Iterator[tuple[str, Document]]:
        """Return name and document of every record of a category, in storage order; read one by one."""
        for record in read_records(self._transaction.connection, Category(category)):
            yield record.name, orjson.loads(record.document)

    def write(
        self, category: str, name: str, document: Document | None, legacy: Document | None, author: str
    ) -> int:
        """Store a version, or a tombstone where ``document`` is None, and return its serial.

        Raises:
            RecordNotFoundError: there is nothing to delete.
        """
        write = Write(name=name, document=_text(document), legacy=_text(legacy))
        (serial,) = self._transaction.write(Category(category), [write], author=author)
        return serial


class SqlBatches:
    """Numbers of batches."""

    def __init__(self, connection: sa.Connection, changes: SqlChanges) -> None:
        self._connection = connection
        self._changes = changes

    def open_id(self) -> int | None:
        """Return the batch of the changes that are approved and not yet applied; None: there are none."""
        return self._changes.open_batch_id()

    def next_id(self) -> int:
        """Return the next number, from 1, which no batch ever had."""
        batch_id = self._connection.execute(sa.select(RegistryRow.last_batch_id)).scalar_one() + 1
        self._connection.execute(sa.update(RegistryRow).values(last_batch_id=batch_id))
        return batch_id


class SqlJobs:
    """Outcomes of requests by job id and request."""

    def __init__(self, connection: sa.Connection, *, now: int) -> None:
        self._connection = connection
        self._now = now

    def find(self, job_id: str, request: str) -> JobOutcome | None:
        """Return what the same request did under the same job id; None: it was not there yet."""
        query = sa.select(JobRow.outcome).where(
            JobRow.job_id == job_id, JobRow.request_hash == _hash(request)
        )
        text = self._connection.execute(query).scalar()
        return None if text is None else _outcome(json.loads(text))

    def save(self, job_id: str, request: str, outcome: JobOutcome) -> None:
        """Remember an outcome."""
        row = {
            "job_id": job_id,
            "request_hash": _hash(request),
            "request": request,
            "outcome": orjson.dumps(outcome).decode(),
            "recorded_at": self._now,
        }
        self._connection.execute(sa.insert(JobRow).values(**row))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    transaction: StoreTransaction
    records: SqlRecords
    resources: SqlResources
    changes: SqlChanges
    batches: SqlBatches
    jobs: SqlJobs
    audit: SqlAuditTrail

    @classmethod
    def of(cls, transaction: StoreTransaction, *, allow_self_approval: bool) -> "_Parts":
        connection = transaction.connection
        changes = SqlChanges(connection, allow_self_approval=allow_self_approval)
        return cls(
            transaction=transaction,
            records=SqlRecords(transaction),
            resources=SqlResources(transaction),
            changes=changes,
            batches=SqlBatches(connection, changes),
            jobs=SqlJobs(connection, now=transaction.now),
            audit=SqlAuditTrail(connection),
        )


def _refusal(error: IntegrityError) -> RegistryError | None:
    cause = str(error.orig)
    found = next((refusal for text, refusal in _REFUSALS.items() if text in cause), None)
    return None if found is None else found[0](f"The database refuses this: {found[1]}.")


def _head(serial: int, document: str, legacy: str | None) -> Head:
    side = None if legacy is None else orjson.loads(legacy)
    return Head(serial=serial, document=orjson.loads(document), legacy=side)


def _text(document: Document | None) -> str | None:
    return None if document is None else orjson.dumps(document).decode()


def _hash(request: str) -> str:
    return sha256(request.encode()).hexdigest()


def _outcome(data: Mapping[str, Any]) -> JobOutcome:
    failure: dict[str, Any] | None = data["failure"]
    split: dict[str, Any] | None = data["split"]
    if failure is not None:
        failure["kind"] = FailureKind(failure["kind"])
    if split is not None:
        split["reassigned_change_ids"] = tuple(split["reassigned_change_ids"])
    return JobOutcome(
        applied_ids=tuple(data["applied_ids"]),
        failure=None if failure is None else ApplyFailure(**failure),
        split=None if split is None else BatchSplit(**split),
    )
