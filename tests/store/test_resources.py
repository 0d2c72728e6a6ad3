"""Side resources in the database: versions that stay, catalogues to follow, a trail that tells all."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.errors import StoreDamagedError
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review.ports import ResourceWrite
from horde_model_reference.review.resources import ResourceEdit, edit_resources
from horde_model_reference.store.audit import replay_resources, stored_resources, verify_audit
from horde_model_reference.store.backup import restore_backup, write_backup
from horde_model_reference.store.store import Store

EDITOR = Actor(user_id="2002", username="Both#2002", roles=frozenset({Role.license_editor}))
BASELINES = CatalogName.image_baselines


def edit(store: Store, key: str, *, delete: bool = False, **fields: object) -> None:
    """Change an image baseline."""
    write = ResourceWrite(
        resource_type=ResourceType.image_baseline, key=key, document=None if delete else fields
    )
    moment = ResourceEdit(by=EDITOR, now=10)
    edit_resources(store.unit_of_work(), lambda _uow: [write], moment, role=Role.license_editor)


def tampered(store: Store, statement: str) -> None:
    """Change the database behind the triggers' back."""
    with store.engine.begin() as connection:
        if store.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER resource_versions_no_update")
            connection.exec_driver_sql("DROP TRIGGER resource_versions_no_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE resource_versions DISABLE TRIGGER ALL")
        connection.exec_driver_sql(statement)


@pytest.fixture
def worked_on(store: Store) -> Store:
    """A store in which one baseline came and went, and a bundled one was removed and made anew."""
    edit(store, "new", display_name="New")
    edit(store, "new", display_name="Newer")
    edit(store, "infer", delete=True)
    edit(store, "new", delete=True)
    edit(store, "infer", display_name="Again")
    return store


def test_the_newest_versions_make_the_catalogue(worked_on: Store) -> None:
    with worked_on.review_view() as view:
        catalog = view.resources.catalog(BASELINES)

    found = catalog.all(ResourceType.image_baseline)
    assert len(found) == 13
    assert found["infer"].document["display_name"] == "Again"
    assert found["infer"].revision == 1
    assert (catalog.metadata.revision, catalog.serial) == (6, 5)
    assert worked_on.check() == []
    assert verify_audit(worked_on).fault is None


@pytest.mark.parametrize(
    "statement", ["UPDATE resource_versions SET key = 'x'", "DELETE FROM resource_versions"]
)
def test_versions_are_never_altered_or_deleted(worked_on: Store, statement: str) -> None:
    with pytest.raises(DatabaseError, match="never altered"), worked_on.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_the_trail_gives_back_every_state(worked_on: Store) -> None:
    resource_type = ResourceType.image_baseline
    for at in (None, 0, 1, 2, 3, 4, 5):
        replayed = replay_resources(worked_on, resource_type, at=at)
        assert replayed == stored_resources(worked_on, resource_type, at=at)

    assert "infer" not in replay_resources(worked_on, resource_type, at=3)
    assert len(replay_resources(worked_on, resource_type, at=2)) == 14


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE resource_versions SET document = '{}' WHERE serial = 2",
        "UPDATE resource_versions SET key = 'other' WHERE serial = 1",
        "UPDATE resource_versions SET resource_type = 'text_family' WHERE serial = 1",
        "DELETE FROM resource_versions WHERE serial = 4",
    ],
)
def test_a_version_that_is_not_what_the_trail_tells_is_found(worked_on: Store, statement: str) -> None:
    tampered(worked_on, statement)

    assert verify_audit(worked_on).fault is not None


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM resource_versions WHERE serial = 4", "there are 4 versions up to 5"),
        ("UPDATE resource_catalogs SET serial = 3", "image_baselines is at serial 3, its last change is 5"),
        ("UPDATE resource_versions SET document = '{' WHERE serial = 2", "version 2 of a side resource"),
    ],
)
def test_a_check_finds_what_does_not_fit_together(worked_on: Store, statement: str, problem: str) -> None:
    tampered(worked_on, statement)

    assert any(problem in found for found in worked_on.check())


def test_a_resource_that_is_no_json_is_called_damage(worked_on: Store) -> None:
    tampered(worked_on, "UPDATE resource_versions SET document = '{oops' WHERE serial = 5")
    catalog = Catalog(worked_on, at_one_moment=worked_on.at_one_moment)

    with pytest.raises(StoreDamagedError, match="side resource"):
        catalog.refresh()


def test_readers_follow_the_catalogue_and_the_others_stay_the_same_object(store: Store) -> None:
    catalog = Catalog(store, at_one_moment=store.at_one_moment)
    catalog.refresh()
    licensing = catalog.resources(CatalogName.licensing)

    edit(store, "new", display_name="New")
    changed = catalog.refresh(())

    assert changed == (BASELINES,)
    assert catalog.serial == 1
    assert "new" in catalog.resources(BASELINES).all(ResourceType.image_baseline)
    assert catalog.resources(CatalogName.licensing) is licensing


def test_a_backup_holds_side_resources(worked_on: Store, tmp_path: Path, new_url: Callable[[], str]) -> None:
    write_backup(worked_on, tmp_path / "backup")
    url = new_url()

    restore_backup(url, tmp_path / "backup")

    restored = Store.open(url)
    with restored.review_view() as view, worked_on.review_view() as known:
        assert view.resources.catalog(BASELINES) == known.resources.catalog(BASELINES)
    assert restored.check() == []
    restored.close()


def test_operations_on_side_resources_are_not_counted_as_operations_on_records(worked_on: Store) -> None:
    assert all(counters.total_creates == 0 for counters in worked_on.counters("v2").values())
