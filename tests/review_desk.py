"""People at work on one store, for tests of the review steps."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import pytest
from review_contract import APPROVER, REQUESTOR, UowFactory

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.audit import event_to_json, verify_chain
from horde_model_reference.domain.changes import (
    Change,
    ChangeFilter,
    Document,
    Operation,
    RecordForm,
    ResourceKind,
)
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review import applying, steps
from horde_model_reference.review.applying import Applied, Selection
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork

BOTH = Actor(user_id="2002", username="Both#2002", roles=frozenset({Role.approver, Role.requestor}))
STRANGER = Actor(user_id="9009", username="Stranger#9009")


class Desk:
    """People at work on one store: the steps with defaults for who, when and by which rules."""

    def __init__(self, new_uow: UowFactory, rules: ReviewRules | None = None) -> None:
        self.uow: UnitOfWork = new_uow()
        self.rules = rules or ReviewRules()
        self._ticks = count(1000)
        self._tokens = count(1)

    def _by(self, actor: Actor) -> dict[str, Any]:
        return {"actor": actor, "now": next(self._ticks), "rules": self.rules}

    def seed(self, *names: str) -> None:
        with self.uow:
            for name in names:
                self.uow.records.write("esrgan", name, {"name": name, "description": "seed"}, None, "seed")
            self.uow.commit()

    def propose(
        self,
        name: str = "New",
        operation: Operation = Operation.create,
        *,
        by: Actor = REQUESTOR,
        **record: Any,
    ) -> Change:
        payload = None if operation is Operation.delete else {"name": name, **record}
        proposal = Proposal(category="esrgan", model_name=name, operation=operation, payload=payload)
        return steps.propose(self.uow, proposal, **self._by(by))

    def seed_record(self, name: str, document: Document, legacy: Document) -> None:
        """Bring a record in that has a legacy record beside it."""
        with self.uow:
            self.uow.records.write("esrgan", name, document, legacy, "seed")
            self.uow.commit()

    def propose_legacy(self, name: str, record: Document, by: Actor = REQUESTOR) -> Change:
        """Propose another legacy record."""
        proposal = Proposal(
            category="esrgan",
            model_name=name,
            operation=Operation.update,
            payload=record,
            form=RecordForm.legacy,
        )
        return steps.propose(self.uow, proposal, **self._by(by))

    def deprecate_license(self, license_id: str) -> None:
        kind = ResourceType.license_definition
        with self.uow:
            known = self.uow.resources.catalog(CatalogName.licensing).all(kind)[license_id]
            write = ResourceWrite(
                resource_type=kind, key=license_id, document={**known.document, "deprecated": True}
            )
            self.uow.resources.write(CatalogName.licensing, [write], author="2003")
            self.uow.commit()

    def propose_baselines(self, *changes: Document, by: Actor = REQUESTOR) -> Change:
        """Propose a change set to the image baselines."""
        proposal = Proposal(
            category="image_generation",
            model_name="baseline:1",
            operation=Operation.update,
            resource_kind=ResourceKind.image_baseline,
            payload={"title": "t", "changes": list(changes)},
        )
        return steps.propose(self.uow, proposal, **self._by(by))

    def deletions(self, *names: str, by: Actor = REQUESTOR) -> list[int]:
        return [self.propose(name, Operation.delete, by=by).change_id for name in names]

    def decide(
        self,
        *,
        approve: Sequence[int] = (),
        reject: Sequence[int] = (),
        by: Actor = APPROVER,
        title: str = "batch",
        reason: str | None = "no",
        seen: Mapping[int, str] | None = None,
    ) -> steps.Decided:
        decision = steps.Decision(
            batch_title=title,
            approved_ids=tuple(approve),
            rejected_ids=tuple(reject),
            reject_reason=reason,
            seen=seen or {},
        )
        return steps.decide(self.uow, decision, **self._by(by))

    def approved(self, *names: str) -> list[int]:
        change_ids = self.deletions(*names)
        self.decide(approve=change_ids)
        return change_ids

    def withdraw(self, change_id: int, by: Actor = REQUESTOR) -> Change:
        return steps.withdraw(self.uow, change_id, **self._by(by))

    def unapprove(self, change_id: int, by: Actor = APPROVER) -> Change:
        return steps.unapprove(self.uow, change_id, **self._by(by))

    def rebase(self, change_id: int, by: Actor = REQUESTOR, **options: Any) -> Change:
        return steps.rebase(self.uow, change_id, **self._by(by), **options)

    def comment(self, change_id: int, text: str, by: Actor = REQUESTOR) -> Change:
        return steps.comment(self.uow, change_id, text, **self._by(by))

    def purge(self, wanted: ChangeFilter, by: Actor = APPROVER, **options: Any) -> steps.Purged:
        return steps.purge(self.uow, wanted, **self._by(by), **options)

    def _job(self, job_id: str | None) -> applying.Job:
        return applying.new_job(job_id, token=f"{next(self._tokens):032x}")

    def apply(self, change_id: int, job_id: str | None = None, by: Actor = APPROVER) -> Applied:
        return applying.apply_one(self.uow, change_id, job=self._job(job_id), **self._by(by))

    def decide_and_apply(
        self,
        *,
        approve: Sequence[int],
        reject: Sequence[int] = (),
        by: Actor = APPROVER,
        title: str = "batch",
    ) -> Applied:
        decision = steps.Decision(
            batch_title=title, approved_ids=tuple(approve), rejected_ids=tuple(reject), reject_reason="no"
        )
        return applying.decide_and_apply(self.uow, decision, job=self._job(None), **self._by(by))

    def apply_many(
        self, *change_ids: int, mixed: bool = False, job_id: str | None = None, by: Actor = APPROVER
    ) -> Applied:
        selection = Selection(change_ids=change_ids, allow_mixed_batch=mixed)
        return applying.apply_many(self.uow, selection, job=self._job(job_id), **self._by(by))

    def apply_batch(self, batch_id: int, job_id: str | None = None, by: Actor = APPROVER) -> Applied:
        return applying.apply_batch(self.uow, batch_id, job=self._job(job_id), **self._by(by))

    def change(self, change_id: int) -> Change:
        with self.uow:
            return self.uow.changes.get(change_id)

    def changes(self) -> list[Change]:
        with self.uow:
            return list(self.uow.changes.find(ChangeFilter()).items)

    def record(self, name: str) -> dict[str, Any] | None:
        with self.uow:
            head = self.uow.records.head("esrgan", name)
        return None if head is None else dict(head.document)

    def serial(self) -> int:
        with self.uow:
            return self.uow.serial

    def events(self) -> list[dict[str, Any]]:
        with self.uow:
            events, head = list(self.uow.audit.events()), self.uow.audit.head()
        assert verify_chain(events, head=head) is None
        return [event_to_json(event) for event in events]

    def actions(self) -> list[str]:
        return [event["payload"].get("after", {}).get("action", "record") for event in self.events()]


def ids(changes: Sequence[Change]) -> list[int]:
    return [change.change_id for change in changes]


class WithDesk:
    """Gives the tests of a class a desk on the store that a fixture ``new_uow`` opens."""

    @pytest.fixture
    def desk(self, new_uow: UowFactory) -> Desk:
        desk = Desk(new_uow)
        desk.seed("UpA", "UpB", "UpC")
        return desk
