"""Where routes meet the review: what this deployment lets in, a transaction a step, fresh reads after it."""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends
from starlette.concurrency import run_in_threadpool

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.categories import (
    BUILT_IN_CATEGORIES,
    Category,
    lookup_order,
    normalise_model_name,
)
from horde_model_reference.domain.changes import Change
from horde_model_reference.domain.errors import RegistryError
from horde_model_reference.review.applying import Job, new_job
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import UnitOfWork
from horde_model_reference.review.resources import Plan, ResourceEdit, WrittenResource, edit_resources
from horde_model_reference.review.steps import check_proposal, propose
from horde_model_reference.service.dependencies import CurrentRegistry
from horde_model_reference.service.errors import UnavailableError
from horde_model_reference.store.store import Store
from horde_model_reference.store.unit_of_work import SqlUnitOfWork

_log = logging.getLogger(__name__)

T = TypeVar("T")

Step = Callable[[UnitOfWork, ReviewRules, int], T]
"""Takes a unit of work, the rules and the time in Unix seconds."""


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """The review of one registry, for the routes of one request."""

    registry: Registry

    @property
    def store(self) -> Store:
        """Return the database for a change; raise UnavailableError on a REPLICA, which has none."""
        return self.store_of_primary("takes no changes")

    def store_of_primary(self, lack: str) -> Store:
        """Return the database; raise UnavailableError on a REPLICA, saying what it ``lack``s."""
        if self.registry.store is None:
            raise UnavailableError(f"A REPLICA {lack}; ask the PRIMARY.")
        return self.registry.store

    def require_queue(self) -> None:
        """Raise UnavailableError where there is no queue."""
        _ = self.store_of_primary("has no queue of changes")
        if not self.registry.settings.pending_queue.enabled:
            raise UnavailableError("The pending queue is switched off here.")

    def stored_key(self, category: Category, name: str) -> str:
        """Return the key under which a model is stored, also where a former name of it is asked for."""
        keys = lookup_order(category, name)
        snapshot = self.registry.catalog.snapshot(category)
        found = (key for key in keys if snapshot is not None and snapshot.record(key) is not None)
        return next(found, keys[0])

    async def key_of_record(self, category: Category, name: str) -> str | None:
        """Return the key of the legacy record that goes by a name, None where there is none.

        A key that is the name comes first, then the only record that calls itself so (spec 21, v1 writes).
        """
        snapshot = self.registry.catalog.snapshot(category)
        if snapshot is None or not BUILT_IN_CATEGORIES[category].has_legacy_format:
            return None
        key = self.stored_key(category, name)
        if snapshot.record(key) is not None:
            return key
        return await run_in_threadpool(_only_key_of, snapshot, normalise_model_name(category, name))

    async def look(self, work: Callable[[SqlUnitOfWork], T]) -> T:
        """Read the queue, the records and the audit trail as they are at one moment."""
        store = self.store

        def looking() -> T:
            with store.review_view() as view:
                return work(view)

        return await run_in_threadpool(looking)

    async def take(self, step: Step[T]) -> T:
        """Take one step of the review."""
        store = self.store
        rules = self.registry.review_rules()

        def stepping() -> T:
            uow = store.unit_of_work(allow_self_approval=rules.allow_self_approval)
            return step(uow, rules, int(time.time()))

        return await run_in_threadpool(stepping)

    async def write(self, step: Step[T], categories: Callable[[T], Iterable[str]]) -> T:
        """Take one step that writes records or side resources; the next read of this process shows them."""
        done = await self.take(step)
        changed = {Category(category) for category in categories(done)}
        await run_in_threadpool(self._refresh, changed)
        return done

    async def edit(self, plan: Plan, actor: Actor, *, role: Role) -> tuple[WrittenResource, ...]:
        """Change side resources at once; the next read of this process shows them."""

        def editing(uow: UnitOfWork, rules: ReviewRules, now: int) -> tuple[WrittenResource, ...]:
            edit = ResourceEdit(by=actor, now=now, max_bytes=rules.max_record_bytes)
            return edit_resources(uow, plan, edit, role=role)

        return await self.write(editing, lambda _written: ())

    async def propose(self, proposal: Proposal, actor: Actor) -> Change:
        """Put a change into the queue; its faults are told first where there is no queue (spec 21)."""
        if not self.registry.settings.pending_queue.enabled:
            await self.take(lambda uow, rules, _now: check_proposal(uow, proposal, actor=actor, rules=rules))
        self.require_queue()
        return await self.take(
            lambda uow, rules, now: propose(uow, proposal, actor=actor, now=now, rules=rules)
        )

    def job(self, job_id: str | None) -> Job:
        """Return the job of a request; raise InvalidRequestError for an id that can't be stored."""
        return new_job(job_id, token=secrets.token_hex(16))

    def _refresh(self, categories: set[Category]) -> None:
        try:
            self.registry.catalog.refresh(categories)
        except RegistryError as error:
            # What was asked for is done; the watcher will see it once the database answers again.
            _log.warning("a change was stored, but not read back yet: %s", str(error))


def _only_key_of(snapshot: CategorySnapshot, name: str) -> str | None:
    documents: dict[str, dict[str, Any]] = orjson.loads(snapshot.v2.content)
    keys = [key for key, document in documents.items() if document.get("name") == name]
    return keys[0] if len(keys) == 1 else None


def current_desk(registry: CurrentRegistry) -> ReviewDesk:
    """Return the review of the registry that serves the request."""
    return ReviewDesk(registry)


CurrentDesk = Annotated[ReviewDesk, Depends(current_desk)]
