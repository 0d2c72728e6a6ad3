"""Text models show the guidance that is assigned to them: a change of it is a change of what they show."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from factories import a_removal, a_write

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.resources import ResourceType
from horde_model_reference.review.ports import ResourceWrite
from horde_model_reference.review.resources import ResourceEdit, edit_resources
from horde_model_reference.store.store import Store

TEXT = Category.text_generation
EDITOR = Actor(user_id="2002", username="Both#2002", roles=frozenset({Role.approver}))


def a_text_write(name: str, **fields: Any) -> Any:
    return a_write(name, record_type="text_generation", parameters=7, **fields)


def assign(store: Store, **profiles: str | None) -> None:
    """Assign profiles to models; None takes an assignment away."""
    writes = [
        ResourceWrite(
            resource_type=ResourceType.guidance_assignment,
            key=name,
            document=None
            if profile is None
            else {"model_name": name, "primary_profile_id": profile, "supplemental_profile_ids": []},
        )
        for name, profile in profiles.items()
    ]
    edit = ResourceEdit(by=EDITOR, now=10)
    edit_resources(store.unit_of_work(), lambda _uow: writes, edit, role=Role.approver)


@pytest.fixture
def models(store: Store) -> Store:
    """A store with three text models."""
    with store.transaction() as transaction:
        writes = [a_text_write(name, instruct_format="ChatML") for name in "abc"]
        transaction.write(TEXT, writes, author="test")
    return store


def shown(snapshot: CategorySnapshot | None) -> dict[str, str]:
    assert snapshot is not None
    records: dict[str, Any] = json.loads(snapshot.v2.content)
    assert {name: json.loads(snapshot.record(name) or b"") for name in snapshot} == records
    return {
        name: record["guidance"]["primary_profile_id"] or record["guidance"]["status"]
        for name, record in records.items()
    }


def same(one: CategorySnapshot | None, other: CategorySnapshot | None) -> bool:
    assert one is not None
    assert other is not None
    v1 = (one.v1 and one.v1.tag) == (other.v1 and other.v1.tag)
    return v1 and (one.v2.tag, one.revision, one.modified_at) == (
        other.v2.tag,
        other.revision,
        other.modified_at,
    )


def test_an_assignment_is_a_new_revision_of_the_records_that_show_it(models: Store) -> None:
    catalog = Catalog(models, at_one_moment=models.at_one_moment)
    catalog.refresh()
    before = catalog.snapshot(TEXT)

    assign(models, b="chatml")
    changed = catalog.refresh()

    after = catalog.snapshot(TEXT)
    assert before is not None
    assert after is not None
    assert changed == (TEXT, "text_guidance")
    assert (before.revision, after.revision, catalog.serial) == (3, 4, 4)
    assert before.v2.tag != after.v2.tag
    assert before.v1 is after.v1
    assert shown(before)["b"] == "legacy_label"
    assert shown(after) == {"a": "legacy_label", "b": "chatml", "c": "legacy_label"}
    assert models.check() == []


def test_step_by_step_and_afresh_give_the_same(models: Store) -> None:
    following = Catalog(models, at_one_moment=models.at_one_moment)
    following.refresh()

    def write(*writes: Any) -> None:
        with models.transaction() as transaction:
            transaction.write(TEXT, writes, author="test")

    steps: tuple[Callable[[], None], ...] = (
        lambda: assign(models, a="chatml", nobody="chatml"),
        lambda: assign(models, a="alpaca", c="chatml"),
        lambda: assign(models, nobody="alpaca"),
        lambda: write(a_text_write("b", description="new")),
        lambda: write(a_removal("c")),
        lambda: assign(models, c="alpaca"),
        lambda: write(a_text_write("nobody"), a_text_write("c")),
        lambda: assign(models, a=None, nobody=None),
    )
    for step in steps:
        step()
        following.refresh()
        afresh = Catalog(models, at_one_moment=models.at_one_moment)
        afresh.refresh()
        assert same(following.snapshot(TEXT), afresh.snapshot(TEXT))
        assert shown(following.snapshot(TEXT)) == shown(afresh.snapshot(TEXT))
        assert models.check() == []

    assert shown(following.snapshot(TEXT)) == {
        "a": "legacy_label",
        "b": "undocumented",
        "nobody": "undocumented",
        "c": "alpaca",
    }
