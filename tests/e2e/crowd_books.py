"""What the people of a crowd say was acknowledged, held against what the store holds."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from horde_model_reference.domain.audit import QUEUE_CATEGORY, AuditEvent
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Change, ChangeFilter
from horde_model_reference.store.audit import audit_events, replay_category, stored_category, verify_audit
from horde_model_reference.store.audit_rows import EventFilter
from horde_model_reference.store.store import Store

Note = dict[str, Any]


def read_notes(folder: Path) -> list[Note]:
    """Return what all persons wrote down; a line may be cut off where its writer was."""
    return [
        json.loads(line)
        for file in sorted(folder.glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines(keepends=True)
        if line.endswith("\n")
    ]


@dataclass
class Books:
    """A store after a crowd has worked on it, and the notes of the crowd."""

    store: Store
    notes: list[Note]

    @cached_property
    def events(self) -> list[AuditEvent]:
        return list(audit_events(self.store, EventFilter()))

    @cached_property
    def changes(self) -> dict[int, Change]:
        with self.store.review_view() as view:
            return {change.change_id: change for change in view.changes.find(ChangeFilter()).items}

    @cached_property
    def steps(self) -> Counter[tuple[str, int, str]]:
        """How often each action was taken on each change by each person, as the audit trail tells."""
        queue = [event for event in self.events if event.category == QUEUE_CATEGORY]
        told = [(event.payload["after"], event.logical_user_id) for event in queue]
        return Counter(
            (about["action"], about["change_id"], by) for about, by in told if "change_id" in about
        )

    @cached_property
    def serials(self) -> dict[int, int]:
        """The serial that each applied change was given."""
        return {
            applied.payload["after"]["change_id"]: written.serial
            for written, applied in pairwise(self.events)
            if written.serial is not None
        }

    def noted(self, did: str) -> list[Note]:
        return [note for note in self.notes if note["did"] == did]

    def forgotten(self) -> list[Note]:
        """Return the acknowledged steps that the audit trail or the queue does not know."""
        actions = {"propose": "enqueue"} | {
            action: action for action in ("approve", "reject", "apply", "withdraw", "unapprove")
        }
        asked = Counter(
            (actions[note["did"]], note["change_id"], note["by"])
            for note in self.notes
            if note["did"] in actions
        )
        untold = [{"step": step, "times": times} for step, times in asked.items() if self.steps[step] < times]
        return untold + [note for note in self.notes if not self._is_kept(note)]

    def _is_kept(self, note: Note) -> bool:
        if note["did"] not in {"propose", "apply", "withdraw", "reject", "comment"}:
            return True
        change = self.changes.get(note["change_id"])
        if change is None:
            return False
        match note["did"]:
            case "propose":
                is_same = change.operation.value == "delete" or change.payload is not None
                is_told = change.operation.value == "delete" or _token(change) == note["token"]
                return is_same and is_told and change.requested_by == note["by"]
            case "comment":
                return note["token"] in [comment.text for comment in change.comments]
            case "apply":
                return change.applied_job_id == note["job_id"] and note["change_id"] in self.serials
            case ended:
                return change.status.value == {"withdraw": "withdrawn", "reject": "rejected"}[ended]

    def given_twice(self) -> list[int]:
        """Return the numbers that two proposals were given."""
        given = Counter(note["change_id"] for note in self.noted("propose"))
        return [change_id for change_id, times in given.items() if times > 1]

    def made_twice(self) -> list[str | None]:
        """Return the proposals that are in the queue more than once, though each was sent once."""
        tokens = Counter(_token(c) for c in self.changes.values() if c.operation.value != "delete")
        return [token for token, times in tokens.items() if times > 1]

    def applied_twice(self) -> list[int]:
        applied = Counter[int]()
        for (action, change_id, _by), times in self.steps.items():
            applied[change_id] += times if action == "apply" else 0
        return [change_id for change_id, times in applied.items() if times > 1]

    def stale_looks(self) -> list[Note]:
        """Return the looks that showed a state older than the change that the same worker had applied."""
        documents = {token: serial for serial, token in self._tokens.items() if token is not None}
        stale = []
        for look in self.noted("look"):
            applied_at = self.serials[look["change_id"]]
            change = self.changes[look["change_id"]]
            if look["sees"] is None:
                is_fresh = self._was_deleted_since(change, applied_at)
            else:
                is_fresh = documents[look["sees"]] >= applied_at
            if not is_fresh:
                stale.append(look)
        return stale

    @cached_property
    def _tokens(self) -> dict[int, str | None]:
        """What each version says it is; None for a tombstone."""
        versions = [event for event in self.events if event.serial is not None]
        return {
            event.serial: (event.payload.get("after") or {}).get("description")
            for event in versions
            if event.serial is not None
        }

    def _was_deleted_since(self, change: Change, serial: int) -> bool:
        place = (change.category, change.model_name)
        return any(
            event.serial >= serial and event.operation.value == "delete"
            for event in self.events
            if event.serial is not None and (event.category, event.model_name) == place
        )

    def faults(self) -> list[str]:
        """Return what is wrong with the store itself: chain, serials, heads, replay, numbers."""
        found = self.store.check()
        fault = verify_audit(self.store).fault
        found += [] if fault is None else [f"audit event {fault.event_id}: {fault.reason}"]
        serials = [event.serial for event in self.events if event.serial is not None]
        if serials != list(range(1, self.store.serial() + 1)):
            found.append("the serials of the audit trail are not all numbers in their order")
        if sorted(self.changes) != list(range(1, len(self.changes) + 1)):
            found.append("numbers of changes are missing")
        return found + [
            f"the replay of {category} is not what is stored"
            for category in Category
            if replay_category(self.store, category) != stored_category(self.store, category)
        ]

    def summary(self) -> str:
        """Return what happened, in one line of figures."""
        counts = Counter[str]()
        for note in self.noted("end"):
            counts.update(note["counts"])
        acknowledged = Counter(note["did"] for note in self.notes if note["did"] != "end")
        return f"noted {dict(acknowledged)}, answers {dict(counts)}, events {len(self.events)}"


def _token(change: Change) -> str | None:
    token: str | None = (change.payload or {}).get("description")
    return token
