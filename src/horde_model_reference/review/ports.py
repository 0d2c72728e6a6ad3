"""What the review steps need from a store: one transaction over records, side resources, queue and audit."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.audit import AuditEvent, ChainHead, EventDraft
from horde_model_reference.domain.changes import Change, ChangeFilter, Document
from horde_model_reference.domain.resources import CatalogName, ResourceType


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A version of a record, mostly the newest."""

    serial: int
    document: Document
    legacy: Document | None = None
    """The legacy record kept beside the document; None: it follows from the document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceWrite:
    """The next version of a side resource."""

    resource_type: ResourceType
    key: str
    document: Document | None
    """None deletes it. Its ``metadata`` is what the store is told to keep, or is made before that."""
    expected_revision: int | None = None
    """The revision that the writer looked at, 0 for nothing there; None: whichever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """A part of the changes that a filter selects, by rising number."""

    items: Sequence[Change]
    total: int
    """How many the filter selects altogether."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSplit:
    """Approved changes that were left over when others of their batch were applied (spec 22, Batches)."""

    original_batch_id: int
    new_batch_id: int
    reassigned_change_ids: tuple[int, ...]


class FailureKind(StrEnum):
    """Why a change could not be applied."""

    not_found = "not_found"
    permission = "permission"
    conflict = "conflict"
    payload = "payload"
    state = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyFailure:
    """The change at which applying several came to a stop."""

    change_id: int
    kind: FailureKind
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome:
    """What a request with a job id did, kept so that the same request gets the same answer again."""

    applied_ids: tuple[int, ...]
    failure: ApplyFailure | None = None
    split: BatchSplit | None = None


class RecordStore(Protocol):
    """Records by category and name; every version takes the next number of one global serial."""

    def head(self, category: str, name: str) -> Head | None:
        """Return the newest version; None where there is no record, or no longer."""
        ...

    def version(self, serial: int) -> Head | None:
        """Return the version with a serial; None where it is a tombstone, or there is none."""
        ...

    def mentioning(self, text: str) -> Iterable[tuple[str, str, Document]]:
        """Return category, name and document of every record whose document, as compact JSON, holds a text.

        There may be others among them. The text is ASCII.
        """
        ...

    def documents(self, category: str) -> Iterable[tuple[str, Document]]:
        """Return name and document of every record of a category, in storage order; read one by one."""
        ...

    def write(
        self, category: str, name: str, document: Document | None, legacy: Document | None, author: str
    ) -> int:
        """Store a version, or a tombstone where ``document`` is None, and return its serial."""
        ...


class ResourceStore(Protocol):
    """Side resources; every version takes the next number of the same serial that records have."""

    def catalog(self, name: CatalogName) -> ResourceCatalog:
        """Return a catalogue as it stands in this transaction."""
        ...

    def write(self, name: CatalogName, writes: Sequence[ResourceWrite], *, author: str) -> Sequence[int]:
        """Store versions as they are, raise the catalogue's revision by one, and return the serials.

        There is at least one, each is of the catalogue, and none is of the same resource as another.
        """
        ...


class ChangeStore(Protocol):
    """Changes by number. Tombstones are kept, but neither ``get`` nor ``find`` shows them."""

    def next_id(self) -> int:
        """Return the next number, from 1, which no change ever had."""
        ...

    def get(self, change_id: int) -> Change:
        """Return a change, locked until the transaction ends; raise ChangeNotFoundError."""
        ...

    def save(self, change: Change) -> None:
        """Store a change, new or known."""
        ...

    def find(self, wanted: ChangeFilter, *, offset: int = 0, limit: int | None = None) -> ChangePage:
        """Return the changes that a filter selects; a limit of None gives all of them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenProposal:
    """A record that an open change would create or update."""

    change_id: int
    category: str
    name: str


class OpenProposals(Protocol):
    """What is proposed and may still be applied; deletions and change sets are not meant."""

    def open_creations(self) -> Sequence[OpenProposal]:
        """Return the records that would be new, by rising number of the change."""
        ...

    def open_saying(self, texts: Collection[str], *, limit: int) -> Sequence[OpenProposal]:
        """Return records of which a field is one of some texts, by rising number, at most so many."""
        ...


class BatchStore(Protocol):
    """Numbers of batches."""

    def open_id(self) -> int | None:
        """Return the batch of the changes that are approved and not yet applied; None: there are none."""
        ...

    def next_id(self) -> int:
        """Return the next number, from 1, which no batch ever had, also where all its changes were purged."""
        ...


class JobStore(Protocol):
    """Outcomes of requests by job id and request."""

    def find(self, job_id: str, request: str) -> JobOutcome | None:
        """Return what the same request did under the same job id; None: it was not there yet."""
        ...

    def save(self, job_id: str, request: str, outcome: JobOutcome) -> None:
        """Remember an outcome."""
        ...


class AuditTrail(Protocol):
    """The chain of events; it only grows."""

    def head(self) -> ChainHead:
        """Return the recorded end of the chain."""
        ...

    def append(self, draft: EventDraft) -> AuditEvent:
        """Seal an event to the end of the chain and return it."""
        ...

    def events(self) -> Iterable[AuditEvent]:
        """Return all events in order."""
        ...


class UnitOfWork(Protocol):
    """One transaction: entered with ``with``, made to last by ``commit``, otherwise undone at the end.

    Only one unit of work writes at a time, so that serials, numbers and the chain have no gaps. It can be
    entered again after it was left, which begins the next transaction.
    """

    @property
    def records(self) -> RecordStore:
        """The model records."""
        ...

    @property
    def resources(self) -> ResourceStore:
        """The side resources."""
        ...

    @property
    def changes(self) -> ChangeStore:
        """The queue."""
        ...

    @property
    def batches(self) -> BatchStore:
        """The numbers of batches."""
        ...

    @property
    def jobs(self) -> JobStore:
        """Outcomes of earlier requests."""
        ...

    @property
    def audit(self) -> AuditTrail:
        """The audit trail."""
        ...

    @property
    def serial(self) -> int:
        """The last serial given out; 0 where nothing was ever written."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def commit(self) -> None:
        """Make everything since the beginning last, or raise and leave nothing of it."""
        ...
