"""Checks look for twins of a record among what is proposed, too."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from factories import a_document, a_stored_record

from horde_model_reference.catalog.snapshot import build_snapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Operation
from horde_model_reference.review.check_shapes import Check, Checked, Outcome, Snapshots
from horde_model_reference.review.checks import record_checks
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import OpenProposal

SUM = "a1" * 32


@dataclass(frozen=True)
class Queue:
    """Open changes by number: category, name and payload; all of them would create something."""

    changes: dict[int, tuple[str, str, dict[str, Any]]]

    def open_creations(self) -> Sequence[OpenProposal]:
        return [
            OpenProposal(change_id=number, category=category, name=name)
            for number, (category, name, _) in self.changes.items()
        ]

    def open_saying(self, texts: Collection[str], *, limit: int) -> Sequence[OpenProposal]:
        return [
            proposal
            for proposal, (_, _, payload) in zip(self.open_creations(), self.changes.values(), strict=True)
            if any(json.dumps(text) in json.dumps(payload) for text in texts)
        ][:limit]


def with_file(sha256sum: str = SUM, file_url: str = "https://files.example/m") -> dict[str, Any]:
    file = {"file_name": "m.pth", "file_url": file_url, "sha256sum": sha256sum}
    return {"config": {"download": [file]}}


def twins(
    *proposed: tuple[str, str, dict[str, Any]],
    name: str = "New Model",
    change_id: int | None = None,
    snapshots: Snapshots = lambda _: None,
    **file: str,
) -> list[Check]:
    """Check a new esrgan model beside proposals that have the numbers from 1 on; return what is no good."""
    checked = Checked(
        change_id=change_id,
        category=Category.esrgan,
        name=name,
        operation=Operation.create,
        document=a_document(name, **with_file(**file)),
    )
    queue = Queue(dict(enumerate(proposed, 1)))
    checks = record_checks(checked, ReviewRules(), snapshots, proposals=queue)
    return [
        check
        for check in checks
        if check.subject in {"Name", "Duplicate"} and check.outcome is not Outcome.good
    ]


def test_a_name_that_is_proposed_in_another_spelling_is_worth_a_look() -> None:
    found = twins(("clip", "Other", {}), ("clip", "new_model", {}))

    assert [(check.subject, check.outcome, check.text, check.change_ids) for check in found] == [
        ("Name", Outcome.note, "A name much like it is proposed in change 2 for new_model (clip).", (2,))
    ]


@pytest.mark.parametrize("spelling", [SUM, SUM.upper()])
def test_a_file_that_another_proposal_has_is_worth_a_look(spelling: str) -> None:
    found = twins(("clip", "Other", with_file(spelling, "https://files.example/other")))

    assert [(check.subject, check.about, check.text, check.change_ids) for check in found] == [
        ("Duplicate", "m.pth", "The same file is proposed in change 1 for Other (clip).", (1,))
    ]


def test_an_address_that_another_proposal_has_is_worth_a_look() -> None:
    found = twins(("clip", "Other", with_file("FIXME")), sha256sum="FIXME")

    assert [check.text for check in found] == ["The same address is proposed in change 1 for Other (clip)."]


def test_unknown_sums_are_not_the_same() -> None:
    assert twins(("clip", "Other", with_file("FIXME", "https://x.example/")), sha256sum="FIXME") == []


def test_what_competes_for_the_same_record_is_no_twin() -> None:
    assert twins(("esrgan", "New Model", with_file())) == []


def test_a_change_is_not_its_own_twin() -> None:
    """Not even while its proposer gives it another name."""
    assert twins(("esrgan", "new model", with_file()), change_id=1) == []


def test_a_twin_that_readers_see_is_told_once_though_it_is_being_changed() -> None:
    record = a_stored_record("Old", **with_file())
    snapshot = build_snapshot(Category.clip, [record], revision=1, modified_at=1)

    found = twins(("clip", "Old", with_file()), snapshots={Category.clip: snapshot}.get)

    assert [check.text for check in found] == ["The same file is in Old (clip)."]


def test_of_many_proposals_a_few_are_named() -> None:
    found = twins(*(("clip", f"Twin {number}", with_file()) for number in range(9)))

    assert found[0].change_ids == (1, 2, 3, 4, 5)
    assert found[0].text.endswith("change 5 for Twin 4 (clip) and others.")
