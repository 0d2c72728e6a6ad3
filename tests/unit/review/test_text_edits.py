"""Edits of several text records at once, and new names of groups: all or nothing."""

from collections.abc import Callable, Iterable

import pytest
from fakes import MemoryDatabase, MemoryUnitOfWork
from review_contract import APPROVER, REQUESTOR

from horde_model_reference.catalog.text_directory import text_directory
from horde_model_reference.domain.actors import Role
from horde_model_reference.domain.audit import verify_chain
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Change
from horde_model_reference.domain.errors import ConflictError, RecordNotFoundError
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_directory import TextDirectory
from horde_model_reference.domain.text_families import GroupFamilies
from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.review.applying import Job, apply_one
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork
from horde_model_reference.review.resources import ResourceEdit, edit_resources
from horde_model_reference.review.steps import Decision, decide, propose_together
from horde_model_reference.review.text_directory import edited_aliases, edited_families, edited_schemas
from horde_model_reference.review.text_edits import (
    Edit,
    edits_of_text_records,
    rename_metadata,
    with_fields,
    with_group,
    with_name_exception,
)

RULES = ReviewRules()
TEXT = Category.text_generation
MEMBERS = ("Alpha-7B", "Alpha-13B")


@pytest.fixture
def uow() -> MemoryUnitOfWork:
    """Return a store with two models of the group Alpha."""
    uow = MemoryUnitOfWork(MemoryDatabase())
    with uow:
        for name in MEMBERS:
            document = {"name": name, "parameters": 7, "text_model_group": "Alpha", "style": "chat"}
            uow.records.write(TEXT, name, document, None, "seed")
        uow.commit()
    return uow


def propose(uow: UnitOfWork, edit: Edit, names: Iterable[str] = MEMBERS, **metadata: object) -> list[Change]:
    changes = propose_together(
        uow,
        lambda looking: edits_of_text_records(looking, names, edit, metadata),
        actor=REQUESTOR,
        now=5,
        rules=RULES,
    )
    return list(changes)


def apply(uow: UnitOfWork, changes: Iterable[Change]) -> None:
    ids = tuple(change.change_id for change in changes)
    decide(uow, Decision(batch_title="t", approved_ids=ids), actor=APPROVER, now=6, rules=RULES)
    for change_id in ids:
        apply_one(uow, change_id, actor=APPROVER, now=7, job=Job(token="0" * 32), rules=RULES)


def write(uow: UnitOfWork, plan: Callable[[UnitOfWork], Iterable[ResourceWrite]]) -> None:
    edit_resources(uow, plan, ResourceEdit(by=REQUESTOR, now=1), role=Role.requestor)


def directory_of(uow: UnitOfWork) -> TextDirectory:
    with uow:
        return text_directory(uow.resources.catalog)


def test_every_record_is_proposed_with_the_fields_from_what_is_stored(uow: MemoryUnitOfWork) -> None:
    changes = propose(uow, with_fields({"baseline": "llama"}))

    assert [change.model_name for change in changes] == list(MEMBERS)
    for change in changes:
        assert change.payload is not None
        assert (change.payload["baseline"], change.payload["style"]) == ("llama", "chat")


def test_an_exception_is_set_and_taken_away(uow: MemoryUnitOfWork) -> None:
    (made,) = propose(uow, with_name_exception("old"), MEMBERS[:1])
    apply(uow, [made])
    (taken,) = propose(uow, with_name_exception(None), MEMBERS[:1])

    assert made.payload is not None
    assert taken.payload is not None
    assert made.payload["name_schema_exception"] == "old"
    assert "name_schema_exception" not in taken.payload


def test_nothing_is_proposed_where_one_of_the_records_is_gone(uow: MemoryUnitOfWork) -> None:
    with pytest.raises(RecordNotFoundError):
        propose(uow, with_fields({"style": "x"}), (*MEMBERS, "gone"))

    with uow:
        assert uow.changes.next_id() == 1


def test_the_first_change_of_a_rename_that_is_applied_makes_the_alias(uow: MemoryUnitOfWork) -> None:
    write(uow, lambda uow: edited_aliases(uow, lambda known: known.with_alias("Alpha", "Alfa"))[1])
    write(uow, lambda uow: edited_families(uow, lambda known: known.with_family("F", ["Alpha"]))[1])
    write(uow, lambda uow: edited_schemas(uow, lambda _: {"Alpha": TextModelGroupNameSchema()})[1])
    changes = propose(uow, with_group("Omega"), **rename_metadata("Alpha", "Omega"))
    before = directory_of(uow)

    apply(uow, changes[:1])
    after_one = directory_of(uow)

    assert before.aliases == GroupAliases({"Alpha": ("Alfa",)})
    assert after_one.aliases == GroupAliases({"Omega": ("Alfa", "Alpha")})
    assert after_one.families == GroupFamilies({"F": ("Omega",)})
    assert list(after_one.schemas) == ["Omega"]


def test_the_other_changes_of_a_rename_write_nothing_beside_their_records(uow: MemoryUnitOfWork) -> None:
    changes = propose(uow, with_group("Omega"), **rename_metadata("Alpha", "Omega"))

    apply(uow, changes)

    with uow:
        events = list(uow.audit.events())
        assert verify_chain(events, head=uow.audit.head()) is None
    written = [event.category for event in events if event.serial is not None]
    assert written == ["text_alias", TEXT, TEXT]


def test_a_rename_that_would_make_a_chain_is_not_applied_at_all(uow: MemoryUnitOfWork) -> None:
    (change, _) = propose(uow, with_group("Omega"), **rename_metadata("Alpha", "Omega"))
    write(uow, lambda uow: edited_aliases(uow, lambda known: known.with_alias("Beta", "Omega"))[1])

    with pytest.raises(ConflictError):
        apply(uow, [change])

    with uow:
        head = uow.records.head(TEXT, change.model_name)
    assert head is not None
    assert head.document["text_model_group"] == "Alpha"


def test_an_edit_that_changes_nothing_writes_nothing(uow: MemoryUnitOfWork) -> None:
    write(uow, lambda uow: edited_aliases(uow, lambda known: known.with_alias("Alpha", "Alfa"))[1])

    with uow:
        _, writes = edited_aliases(uow, lambda known: known.with_alias("Alpha", "Alfa"))

    assert writes == []
