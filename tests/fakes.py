"""Stand-ins for what lies at the edge; each passes the same test class as the real thing."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from threading import Lock
from types import TracebackType
from typing import Self

from factories import compact

from horde_model_reference.catalog.resources import Catalogs, ResourceCatalog, bundled_catalogs
from horde_model_reference.domain.audit import (
    EMPTY_CHAIN,
    AuditEvent,
    ChainHead,
    EventDraft,
    head_after,
    seal,
)
from horde_model_reference.domain.changes import Change, ChangeFilter, ChangeStatus, Document
from horde_model_reference.domain.errors import ChangeNotFoundError
from horde_model_reference.domain.resources import CatalogMetadata, CatalogName, Resource
from horde_model_reference.review.ports import ChangePage, Head, JobOutcome, ResourceWrite


@dataclass(kw_only=True)
class _State:
    """Everything that a commit makes last; values never change, so copies of the containers are enough."""

    serial: int = 0
    versions: dict[int, Head] = field(default_factory=dict)
    heads: dict[tuple[str, str], int] = field(default_factory=dict)
    catalogs: Catalogs = field(default_factory=bundled_catalogs)
    changes: dict[int, Change] = field(default_factory=dict)
    last_batch_id: int = 0
    jobs: dict[tuple[str, str], JobOutcome] = field(default_factory=dict)
    events: list[AuditEvent] = field(default_factory=list)
    chain: ChainHead = EMPTY_CHAIN

    def copy(self) -> "_State":
        return replace(
            self,
            versions=dict(self.versions),
            heads=dict(self.heads),
            changes=dict(self.changes),
            jobs=dict(self.jobs),
            events=list(self.events),
        )


class MemoryDatabase:
    """What several units of work share."""

    def __init__(self) -> None:
        self.state = _State()
        self.lock = Lock()


class MemoryUnitOfWork:
    """A unit of work on a `MemoryDatabase`: a copy of the state that commit puts in its place."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._state: _State | None = None

    @property
    def state(self) -> _State:
        if self._state is None:
            raise RuntimeError("a unit of work is used inside its with block only")
        return self._state

    @property
    def records(self) -> "_Records":
        return _Records(self)

    @property
    def resources(self) -> "_Resources":
        return _Resources(self)

    @property
    def changes(self) -> "_Changes":
        return _Changes(self)

    @property
    def batches(self) -> "_Batches":
        return _Batches(self)

    @property
    def jobs(self) -> "_Jobs":
        return _Jobs(self)

    @property
    def audit(self) -> "_Audit":
        return _Audit(self)

    @property
    def serial(self) -> int:
        return self.state.serial

    def __enter__(self) -> Self:
        self._database.lock.acquire()
        self._state = self._database.state.copy()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._state = None
        self._database.lock.release()

    def commit(self) -> None:
        self._database.state = self.state.copy()


@dataclass(frozen=True)
class _Part:
    uow: MemoryUnitOfWork

    @property
    def state(self) -> _State:
        return self.uow.state


class _Records(_Part):
    def mentioning(self, text: str) -> list[tuple[str, str, Document]]:
        found = ((place, self.state.versions[serial].document) for place, serial in self.state.heads.items())
        return [(*place, document) for place, document in found if text in compact(document)]

    def head(self, category: str, name: str) -> Head | None:
        serial = self.state.heads.get((category, name))
        return None if serial is None else self.version(serial)

    def version(self, serial: int) -> Head | None:
        return deepcopy(self.state.versions.get(serial))

    def documents(self, category: str) -> Iterable[tuple[str, Document]]:
        for (of_category, name), serial in self.state.heads.items():
            if of_category == category:
                yield name, deepcopy(self.state.versions[serial].document)

    def write(
        self, category: str, name: str, document: Document | None, legacy: Document | None, author: str
    ) -> int:
        self.state.serial = serial = self.state.serial + 1
        if document is None:
            self.state.heads.pop((category, name), None)
        else:
            self.state.versions[serial] = deepcopy(Head(serial=serial, document=document, legacy=legacy))
            self.state.heads[category, name] = serial
        return serial


class _Resources(_Part):
    def catalog(self, name: CatalogName) -> ResourceCatalog:
        return self.state.catalogs[name]

    def write(self, name: CatalogName, writes: Sequence[ResourceWrite], *, author: str) -> list[int]:
        before = self.catalog(name)
        serials = [self.state.serial + number for number, _ in enumerate(writes, 1)]
        self.state.serial = serials[-1]
        resources = {resource_type: dict(found) for resource_type, found in before.resources.items()}
        for write in writes:
            place = resources[write.resource_type]
            place.pop(write.key, None)
            if write.document is not None:
                document = deepcopy(write.document)
                place[write.key] = Resource(
                    resource_type=write.resource_type, key=write.key, document=document
                )
        catalog = ResourceCatalog(
            name=name,
            metadata=CatalogMetadata(revision=before.metadata.revision + 1, updated_at=1000),
            serial=serials[-1],
            resources={key: dict(sorted(found.items())) for key, found in resources.items()},
        )
        self.state.catalogs = {**self.state.catalogs, name: catalog}
        return serials


class _Changes(_Part):
    def next_id(self) -> int:
        return max(self.state.changes, default=0) + 1

    def get(self, change_id: int) -> Change:
        change = self.state.changes.get(change_id)
        if change is None or change.status is ChangeStatus.purged:
            raise ChangeNotFoundError(f"There is no change {change_id}.")
        return change

    def save(self, change: Change) -> None:
        self.state.changes[change.change_id] = change

    def find(self, wanted: ChangeFilter, *, offset: int = 0, limit: int | None = None) -> ChangePage:
        found = [
            change
            for _, change in sorted(self.state.changes.items())
            if change.status is not ChangeStatus.purged and wanted.matches(change)
        ]
        end = None if limit is None else offset + limit
        return ChangePage(items=found[offset:end], total=len(found))


class _Batches(_Part):
    def open_id(self) -> int | None:
        approved = (c for c in self.state.changes.values() if c.status is ChangeStatus.approved)
        return next((change.batch_id for change in approved), None)

    def next_id(self) -> int:
        self.state.last_batch_id += 1
        return self.state.last_batch_id


class _Jobs(_Part):
    def find(self, job_id: str, request: str) -> JobOutcome | None:
        return self.state.jobs.get((job_id, request))

    def save(self, job_id: str, request: str, outcome: JobOutcome) -> None:
        self.state.jobs[job_id, request] = outcome


class _Audit(_Part):
    def head(self) -> ChainHead:
        return self.state.chain

    def append(self, draft: EventDraft) -> AuditEvent:
        event = deepcopy(seal(draft, after=self.state.chain))
        self.state.events.append(event)
        self.state.chain = head_after(event)
        return event

    def events(self) -> Iterable[AuditEvent]:
        return tuple(self.state.events)
