"""Edits of side resources: checked, stamped, told of in the audit trail, all or nothing."""

from collections.abc import Iterable

import pytest
from fakes import MemoryDatabase, MemoryUnitOfWork

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.audit import verify_chain
from horde_model_reference.domain.changes import Document, InvalidNameError, RecordTooLargeError
from horde_model_reference.domain.errors import (
    InvalidRecordError,
    NotPermittedError,
    RegistryError,
    RevisionConflictError,
)
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review.ports import ResourceWrite
from horde_model_reference.review.resources import ResourceEdit, WrittenResource, edit_resources

EDITOR = Actor(user_id="2002", username="Both#2002", roles=frozenset({Role.license_editor}))
OTHER = Actor(user_id="1", username="Other#1", roles=frozenset({Role.license_editor}))


@pytest.fixture
def uow() -> MemoryUnitOfWork:
    return MemoryUnitOfWork(MemoryDatabase())


def a_family(key: str, document: Document | None, *, expected: int | None = None) -> ResourceWrite:
    return ResourceWrite(
        resource_type=ResourceType.text_family, key=key, document=document, expected_revision=expected
    )


def edit(
    uow: MemoryUnitOfWork, *writes: ResourceWrite, by: Actor = EDITOR, now: int = 10, max_bytes: int = 1000
) -> tuple[WrittenResource, ...]:
    def plan(_uow: object) -> Iterable[ResourceWrite]:
        return writes

    moment = ResourceEdit(by=by, now=now, request_id="request", max_bytes=max_bytes)
    return edit_resources(uow, plan, moment, role=Role.license_editor)


def test_metadata_is_kept_by_the_registry_whatever_the_editor_sends(uow: MemoryUnitOfWork) -> None:
    edit(uow, a_family("Llama", {"members": ["a"], "metadata": {"revision": 99}}), now=10)
    (written,) = edit(uow, a_family("Llama", {"members": ["b"]}), by=OTHER, now=20)

    assert written.after is not None
    assert written.after.document == {
        "members": ["b"],
        "metadata": {
            "revision": 2,
            "created_at": 10,
            "created_by": "2002",
            "updated_at": 20,
            "updated_by": "1",
        },
    }


def test_an_edit_of_a_bundled_resource_goes_on_from_it(uow: MemoryUnitOfWork) -> None:
    license_id = ResourceWrite(
        resource_type=ResourceType.license_definition, key="MIT", document={"license_id": "MIT"}
    )

    (written,) = edit(uow, license_id)

    assert written.before is not None
    assert written.after is not None
    assert written.after.document["metadata"] == {
        "revision": 2,
        "created_at": None,
        "created_by": None,
        "updated_at": 10,
        "updated_by": "2002",
    }


def test_several_writes_raise_each_revision_once_and_leave_one_event_each(uow: MemoryUnitOfWork) -> None:
    alias = ResourceWrite(resource_type=ResourceType.text_alias, key="A", document={"aliases": []})
    edit(uow, a_family("Llama", {"members": ["a"]}), alias, a_family("Qwen", {"members": ["b"]}))
    edit(uow, a_family("Llama", None))

    with uow:
        families = uow.resources.catalog(CatalogName.text_families)
        assert (families.metadata.revision, families.serial) == (3, 4)
        assert list(families.all(ResourceType.text_family)) == ["Qwen"]
        assert uow.resources.catalog(CatalogName.text_aliases).metadata.revision == 2
        events = list(uow.audit.events())
        assert verify_chain(events, head=uow.audit.head()) is None
    assert [(event.serial, event.category, event.model_name, event.operation) for event in events] == [
        (1, "text_alias", "A", "create"),
        (2, "text_family", "Llama", "create"),
        (3, "text_family", "Qwen", "create"),
        (4, "text_family", "Llama", "delete"),
    ]
    assert events[3].payload["before"]["members"] == ["a"]
    assert "after" not in events[3].payload
    assert {event.request_id for event in events} == {"request"}


def test_a_plan_that_writes_nothing_changes_nothing(uow: MemoryUnitOfWork) -> None:
    assert edit(uow) == ()

    with uow:
        assert uow.serial == 0
        assert uow.audit.head().count == 0


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_whoever_looked_at_another_revision_is_refused(uow: MemoryUnitOfWork, expected: int) -> None:
    edit(uow, a_family("Llama", {"members": ["a"]}))
    edit(uow, a_family("Llama", {"members": ["b"]}, expected=1))

    with pytest.raises(RevisionConflictError, match="revision 2"):
        edit(uow, a_family("Llama", {"members": ["c"]}, expected=expected))


def test_the_role_is_needed(uow: MemoryUnitOfWork) -> None:
    nobody = Actor(user_id="1", username="N#1", roles=frozenset({Role.approver}))

    with pytest.raises(NotPermittedError):
        edit(uow, a_family("Llama", {"members": []}), by=nobody)


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (a_family("", {}), InvalidNameError),
        (a_family("a\0b", {}), InvalidNameError),
        (a_family("a\ud800", {}), InvalidNameError),
        (a_family("\u00fc" * 501, {}), InvalidNameError),
        (a_family("a", {"text": "a\0b"}), InvalidRecordError),
        (a_family("a", {"text": "a\ud800"}), InvalidRecordError),
        (a_family("a", {"number": float("nan")}), InvalidRecordError),
        (a_family("a", {"text": "x" * 1000}), RecordTooLargeError),
        (a_family("Llama", {}), InvalidRecordError),
        (a_family("not there", None), RevisionConflictError),
    ],
)
def test_what_can_not_be_stored_is_refused_and_nothing_else_is_stored(
    uow: MemoryUnitOfWork, write: ResourceWrite, error: type[RegistryError]
) -> None:
    with pytest.raises(error):
        edit(uow, a_family("Llama", {"members": []}), write)

    with uow:
        assert uow.serial == 0
