"""Several people at work on one store at random, with breakdowns, for as long as every rule holds."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from review_contract import UowFactory
from review_desk import Desk

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.audit import (
    AuditEvent,
    ChainHead,
    EventDraft,
    replay,
    verify_chain,
)
from horde_model_reference.domain.bundled_resources import bundled_resources
from horde_model_reference.domain.changes import (
    OPEN_STATUSES,
    Change,
    ChangeFilter,
    ChangeStatus,
    Document,
    Operation,
    ResourceKind,
)
from horde_model_reference.domain.errors import RegistryError
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review.change_set_kinds import CHANGE_SETS
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import (
    BatchStore,
    ChangeStore,
    Head,
    JobStore,
    RecordStore,
    ResourceStore,
    UnitOfWork,
)

_NAMES = st.sampled_from(["A", "B", "C"])
# Small values are drawn more often, so those come first with whom most steps succeed.
_PROPOSERS = st.sampled_from(["1", "2", "3", "4"])
_REVIEWERS = st.sampled_from(["3", "2", "4", "1"])
_APPROVER, _REQUESTOR = frozenset({Role.approver}), frozenset({Role.requestor})
_ROLES = st.sampled_from([_APPROVER, _REQUESTOR, _APPROVER | _REQUESTOR, frozenset({Role.license_editor})])
_WILD = 20
_PICK = st.integers(0, _WILD)
_PICKS = st.lists(_PICK, min_size=1, max_size=4)
_RARELY = st.integers(0, 9).map(lambda number: number == 9)
_JOBS = st.sampled_from([None, "job-1", "job-2"])
_ENDS_FIRST = sorted(ChangeStatus, key=lambda status: status in OPEN_STATUSES)
_BASELINE = ResourceType.image_baseline
_BASELINES = st.lists(st.sampled_from(["new", "infer", "flux_1"]), min_size=1, max_size=2)
_BUNDLED = {name: found.document for name, found in bundled_resources(_BASELINE).items()}
_BASE = {"A": {"name": "A", "description": "seed"}}


class BreakdownError(Exception):
    """Something outside the rules went wrong in the middle of a step."""


class FragileUnitOfWork:
    """A unit of work that breaks down after ``patience`` events and commits; None: never."""

    def __init__(self, inner: UnitOfWork) -> None:
        self._inner = inner
        self.patience: int | None = None

    def use_up(self) -> None:
        if self.patience == 0:
            raise BreakdownError
        if self.patience is not None:
            self.patience -= 1

    @property
    def records(self) -> RecordStore:
        return self._inner.records

    @property
    def resources(self) -> ResourceStore:
        return self._inner.resources

    @property
    def changes(self) -> ChangeStore:
        return self._inner.changes

    @property
    def batches(self) -> BatchStore:
        return self._inner.batches

    @property
    def jobs(self) -> JobStore:
        return self._inner.jobs

    @property
    def audit(self) -> "_FragileTrail":
        return _FragileTrail(self, self._inner)

    @property
    def serial(self) -> int:
        return self._inner.serial

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._inner.__exit__(exception_type, exception, traceback)

    def commit(self) -> None:
        self.use_up()
        self._inner.commit()


class _FragileTrail:
    def __init__(self, fragile: FragileUnitOfWork, inner: UnitOfWork) -> None:
        self._fragile = fragile
        self._trail = inner.audit

    def head(self) -> ChainHead:
        return self._trail.head()

    def events(self) -> Iterable[AuditEvent]:
        return self._trail.events()

    def append(self, draft: EventDraft) -> AuditEvent:
        event = self._trail.append(draft)
        self._fragile.use_up()
        return event


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that a store holds, read in one transaction."""

    events: list[AuditEvent]
    head: ChainHead
    changes: list[Change]
    serial: int
    heads: dict[str, Head | None]
    baselines: dict[str, Document]
    """The image baselines by name."""
    catalog_revision: int

    @property
    def records(self) -> dict[str, Any]:
        return {name: None if head is None else dict(head.document) for name, head in self.heads.items()}


class ReviewMachine(RuleBasedStateMachine):
    """Subclass it with ``new_store``, which gives a factory of units of work on a new, empty store."""

    new_store: Callable[[], UowFactory]

    def __init__(self) -> None:
        super().__init__()
        self.fragile = FragileUnitOfWork(type(self).new_store()())
        self.desk = Desk(lambda: self.fragile, ReviewRules(change_sets=CHANGE_SETS))
        self.roles: dict[str, frozenset[Role]] = {
            "1": _REQUESTOR,
            "2": _APPROVER | _REQUESTOR,
            "3": _APPROVER,
        }
        self.trusted: dict[int, frozenset[Role]] = {}
        self.proposed: list[int] = []
        self._seen: Seen | None = None

    def person(self, user_id: str) -> Actor:
        return Actor(user_id=user_id, username=f"P#{user_id}", roles=self.roles.get(user_id, frozenset()))

    def attempt(self, step: Callable[..., Any], *args: Any, by: str, **options: Any) -> Any:
        """Take a step; return None where the rules or a breakdown stopped it, which must leave no trace."""
        before = self.seen
        try:
            done = step(*args, by=self.person(by), **options)
        except (RegistryError, BreakdownError):
            self.fragile.patience = None
            self.look_again()
            assert self.seen == before
            return None
        self.fragile.patience = None
        self.look_again()
        for event in self.seen.events[len(before.events) :]:
            assert event.logical_user_id == by
            self.trusted[event.event_id] = self.roles.get(by, frozenset())
        return done

    @property
    def seen(self) -> Seen:
        """What the store holds: read anew after each step, and once for all that is asked about it."""
        if self._seen is None:
            with self.fragile as uow:
                catalog = uow.resources.catalog(CatalogName.image_baselines)
                baselines = catalog.all(ResourceType.image_baseline)
                self._seen = Seen(
                    events=list(uow.audit.events()),
                    head=uow.audit.head(),
                    changes=list(uow.changes.find(ChangeFilter()).items),
                    serial=uow.serial,
                    heads={name: uow.records.head("esrgan", name) for name in ("A", "B", "C")},
                    baselines={name: found.document for name, found in baselines.items()},
                    catalog_revision=catalog.metadata.revision,
                )
        return self._seen

    def look_again(self) -> None:
        self._seen = None

    @initialize()
    def seed(self) -> None:
        with self.fragile:
            self.fragile.records.write("esrgan", "A", _BASE["A"], None, "seed")
            self.fragile.commit()
        self.look_again()
        for name, by in (("A", "1"), ("A", "2"), ("B", "1"), ("B", "2"), ("C", "2")):
            self.propose(by, name, deletes=False, is_wrong=False, text="x")
        for pixels in (1, 2):
            self.propose_change_set("1", ["new", "flux_1"], pixels, deletes=False, is_wrong=False)
        self.attempt(self.desk.decide, approve=[1, 2, 3, 6, 7], by="3")

    @rule(patience=st.integers(0, 5))
    def break_down_during_the_next_step(self, patience: int) -> None:
        self.fragile.patience = patience

    @rule(user_id=_PROPOSERS, roles=_ROLES)
    def change_roles(self, user_id: str, roles: frozenset[Role]) -> None:
        self.roles[user_id] = roles

    @rule(by=_PROPOSERS, name=_NAMES, deletes=st.booleans(), is_wrong=_RARELY, text=st.text(max_size=2))
    def propose(self, by: str, name: str, deletes: bool, is_wrong: bool, text: str) -> None:
        there = self.seen.heads[name] is not None
        on_existing = Operation.delete if deletes else Operation.update
        operation = on_existing if there is not is_wrong else Operation.create
        change = self.attempt(self.desk.propose, name, operation, by=by, description=text)
        if change is not None:
            assert all(change.change_id > earlier for earlier in self.proposed)
            self.proposed.append(change.change_id)

    @rule(by=_PROPOSERS, names=_BASELINES, pixels=st.integers(1, 2), deletes=_RARELY, is_wrong=_RARELY)
    def propose_change_set(
        self, by: str, names: list[str], pixels: int, deletes: bool, is_wrong: bool
    ) -> None:
        changes = [
            {
                "operation": "delete" if deletes else "upsert",
                "name": name,
                "record": None if deletes else {"name": name, "native_resolution": pixels},
                "expected_before": None if is_wrong else self.seen.baselines.get(name),
            }
            for name in names
        ]
        change = self.attempt(self.desk.propose_baselines, *changes, by=by)
        if change is not None:
            self.proposed.append(change.change_id)

    def pick(self, pick: int, *statuses: ChangeStatus) -> int:
        """Return a number, mostly that of a change with one of the statuses."""
        fitting = [change.change_id for change in self.seen.changes if change.status in statuses]
        return fitting[pick % len(fitting)] if fitting and pick != _WILD else pick

    @rule(by=_REVIEWERS, approve=_PICKS, reject=_PICKS)
    def decide(self, by: str, approve: list[int], reject: list[int]) -> None:
        to_approve = [self.pick(pick, ChangeStatus.pending) for pick in approve]
        to_reject = [self.pick(pick, ChangeStatus.pending) for pick in reject if pick % 3 == 2]
        self.attempt(self.desk.decide, approve=to_approve, reject=to_reject, by=by)

    @rule(by=_REVIEWERS, approve=_PICKS, reject=_PICKS)
    def decide_and_apply(self, by: str, approve: list[int], reject: list[int]) -> None:
        open_before = {
            change.batch_id for change in self.seen.changes if change.status is ChangeStatus.approved
        }
        to_approve = [self.pick(pick, ChangeStatus.pending) for pick in approve]
        to_reject = [self.pick(pick, ChangeStatus.pending) for pick in reject if pick % 3 == 2]
        done = self.attempt(self.desk.decide_and_apply, approve=to_approve, reject=to_reject, by=by)
        if done is not None:
            assert sorted(change.change_id for change in done.applied) == sorted(set(to_approve))
            assert open_before.isdisjoint(change.batch_id for change in done.applied)

    @rule(by=_REVIEWERS)
    def approve_all_that_others_proposed(self, by: str) -> None:
        pending = [
            change.change_id
            for change in self.seen.changes
            if change.status is ChangeStatus.pending and change.requested_by != by
        ]
        self.attempt(self.desk.decide, approve=pending, by=by)

    @rule(by=_PROPOSERS, pick=_PICK)
    def withdraw(self, by: str, pick: int) -> None:
        self.attempt(self.desk.withdraw, self.pick(pick, *OPEN_STATUSES), by=by)

    @rule(by=_REVIEWERS, pick=_PICK)
    def unapprove(self, by: str, pick: int) -> None:
        self.attempt(self.desk.unapprove, self.pick(pick, ChangeStatus.approved), by=by)

    @rule(by=_PROPOSERS, pick=_PICK)
    def rebase(self, by: str, pick: int) -> None:
        self.attempt(self.desk.rebase, self.pick(pick, *OPEN_STATUSES), by=by)

    @rule(by=_PROPOSERS, pick=_PICK)
    def comment(self, by: str, pick: int) -> None:
        self.attempt(self.desk.comment, self.pick(pick, *ChangeStatus), "hm", by=by)

    @rule(by=_REVIEWERS, pick=_PICK, job_id=_JOBS)
    def apply_one(self, by: str, pick: int, job_id: str | None) -> None:
        change_id = self.pick(pick, ChangeStatus.approved)
        expected = self.fragile.patience is None and self.may_apply(by, change_id)
        done = self.attempt(self.desk.apply, change_id, job_id, by=by)
        assert done is not None or not expected
        if done is not None and job_id is not None:
            assert self.attempt(self.desk.apply, change_id, job_id, by=by) == done

    @rule(by=_REVIEWERS, picks=_PICKS, mixed=st.booleans(), job_id=_JOBS)
    def apply_many(self, by: str, picks: list[int], mixed: bool, job_id: str | None) -> None:
        change_ids = [self.pick(pick, ChangeStatus.approved) for pick in picks]
        self.attempt(self.desk.apply_many, *change_ids, mixed=mixed, job_id=job_id, by=by)

    @rule(by=_REVIEWERS, pick=_PICK, job_id=_JOBS)
    def apply_batch(self, by: str, pick: int, job_id: str | None) -> None:
        batches = sorted({change.batch_id or 1 for change in self.seen.changes}, reverse=True)
        batch_id = batches[0] if batches and pick % 3 else pick
        done = self.attempt(self.desk.apply_batch, batch_id, job_id, by=by)
        if done is not None and job_id is not None and done.applied:
            assert self.attempt(self.desk.apply_batch, batch_id, job_id, by=by) == done

    @rule(by=_REVIEWERS, name=_NAMES, status=st.sampled_from(_ENDS_FIRST), dry_run=st.booleans())
    def purge(self, by: str, name: str, status: ChangeStatus, dry_run: bool) -> None:
        wanted = ChangeFilter(statuses=[status], model_name=name)
        self.attempt(self.desk.purge, wanted, by=by, dry_run=dry_run)

    def may_apply(self, by: str, change_id: int) -> bool:
        change = next((each for each in self.seen.changes if each.change_id == change_id), None)
        if change is None or change.resource_kind is not ResourceKind.model_reference:
            return False
        head = self.seen.heads[change.model_name]
        return (
            change.status is ChangeStatus.approved
            and change.requested_by != by
            and Role.approver in self.roles.get(by, frozenset())
            and change.base_serial == (None if head is None else head.serial)
        )

    @invariant()
    def nobody_approved_or_applied_their_own_change(self) -> None:
        for change in self.seen.changes:
            assert change.requested_by not in (change.approved_by, change.applied_by)

    @invariant()
    def every_step_was_taken_by_somebody_trusted_with_it(self) -> None:
        for event in self.seen.events:
            action = event.payload.get("after", {}).get("action")
            asks_nothing_more = {"enqueue", "withdraw", "rebase", "comment"}
            needed = {Role.approver, Role.requestor} if action in asks_nothing_more else {Role.approver}
            assert needed & self.trusted[event.event_id]

    @invariant()
    def the_audit_trail_verifies(self) -> None:
        assert verify_chain(self.seen.events, head=self.seen.head) is None

    @invariant()
    def serials_have_no_gaps(self) -> None:
        serials = [event.serial for event in self.seen.events if event.serial is not None]
        assert serials == list(range(2, self.seen.serial + 1))

    @invariant()
    def a_replay_gives_the_live_records(self) -> None:
        replayed = replay(self.seen.events, category="esrgan", base=_BASE if self.seen.serial else {})
        assert {name: replayed.get(name) for name in ("A", "B", "C")} == self.seen.records

    @invariant()
    def every_record_is_written_onto_the_version_that_its_change_was_made_from(self) -> None:
        bases = {change.change_id: change.base_serial for change in self.seen.changes}
        serials: dict[str, int | None] = {"A": 1}
        for written, applied in pairwise(self.seen.events):
            if written.category == "esrgan":
                name, change_id = written.model_name, applied.payload["after"]["change_id"]
                assert change_id not in bases or bases[change_id] == serials.get(name)
                serials[name] = None if written.operation is Operation.delete else written.serial

    @invariant()
    def every_record_event_tells_the_state_before_it(self) -> None:
        for category, base in (("esrgan", _BASE), (_BASELINE.value, _BUNDLED)):
            records: dict[str, Any] = dict(base)
            for event in self.seen.events:
                if event.category == category:
                    assert event.payload.get("before") == records.get(event.model_name)
                    records[event.model_name] = event.payload.get("after")

    @invariant()
    def a_replay_gives_the_live_baselines(self) -> None:
        assert replay(self.seen.events, category=_BASELINE.value, base=_BUNDLED) == self.seen.baselines

    @invariant()
    def every_change_set_that_wrote_something_raised_the_revision_by_one(self) -> None:
        told = [event.payload.get("after", {}) for event in self.seen.events]
        assert self.seen.catalog_revision == 1 + sum("first_serial" in about for about in told)

    @invariant()
    def no_change_is_applied_twice(self) -> None:
        told = [event.payload.get("after", {}) for event in self.seen.events]
        applied = Counter(about["change_id"] for about in told if about.get("action") == "apply")
        assert all(times == 1 for times in applied.values())

    @invariant()
    def at_most_one_batch_is_open_and_nothing_in_it_is_applied(self) -> None:
        changes = self.seen.changes
        open_ids = {change.batch_id for change in changes if change.status is ChangeStatus.approved}
        assert len(open_ids) <= 1
        applied = [change for change in changes if change.status is ChangeStatus.applied]
        assert not any(change.batch_id in open_ids for change in applied)
