"""Writing records: serials, versions, deletions, and one transaction for one decision."""

import json
from typing import Any

import pytest
from factories import a_clock, a_removal, a_write
from postgres_server import NewStore

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.store.store import Store
from horde_model_reference.store.transaction import Write

_CATEGORY = Category.esrgan


def _write(store: Store, *writes: Write, category: Category = _CATEGORY) -> list[int]:
    with store.transaction() as transaction:
        return transaction.write(category, writes, author="test")


def _names(store: Store, category: Category = _CATEGORY) -> list[str]:
    return [record.name for record in store.records(category)]


def _document(store: Store, name: str) -> dict[str, Any]:
    found = {record.name: record.document for record in store.records(_CATEGORY)}
    document: dict[str, Any] = json.loads(found[name])
    return document


def test_serials_go_on_without_gaps_over_all_categories(store: Store) -> None:
    first = _write(store, a_write("a"), a_write("b"))
    second = _write(store, a_write("c"), category=Category.gfpgan)
    third = _write(store, a_write("a"), a_removal("b"))

    assert [*first, *second, *third] == [1, 2, 3, 4, 5]
    assert store.serial() == 5


def test_the_revision_of_a_category_is_the_serial_of_its_last_change(store: Store) -> None:
    _write(store, a_write("a"), a_write("b"))
    _write(store, a_write("c"), category=Category.gfpgan)
    _write(store, a_removal("a"))

    snapshots = [store.fetch(category) for category in (Category.esrgan, Category.gfpgan)]

    assert [snapshot and snapshot.revision for snapshot in snapshots] == [4, 3]


def test_the_history_keeps_every_version_with_author_and_time(new_store: NewStore) -> None:
    store = new_store(clock=a_clock(100))
    _write(store, a_write("a", description="one"))
    _write(store, a_write("a", description="two"))
    _write(store, a_removal("a"))

    history = store.history(_CATEGORY, "a")

    assert [(version.serial, version.operation, version.author) for version in history] == [
        (1, "create", "test"),
        (2, "update", "test"),
        (3, "delete", "test"),
    ]
    descriptions = [version.document and json.loads(version.document)["description"] for version in history]
    assert descriptions == ["one", "two", None]
    times = [version.recorded_at for version in history]
    assert times == sorted(times)
    assert 100 < times[0] < times[2] < 110


def test_a_deleted_record_is_gone_from_reads_and_kept_in_the_history(store: Store) -> None:
    _write(store, a_write("a"), a_write("b"))

    _write(store, a_removal("a"))

    assert _names(store) == ["b"]
    assert store.record_count() == 1
    assert len(store.history(_CATEGORY, "a")) == 2


def test_a_record_that_comes_back_is_created_anew_at_the_end(store: Store) -> None:
    _write(store, a_write("a"), a_write("b"))
    _write(store, a_removal("a"))

    _write(store, a_write("a", description="again"))

    assert _names(store) == ["b", "a"]
    assert [version.operation for version in store.history(_CATEGORY, "a")] == ["create", "delete", "create"]


def test_an_update_keeps_the_place_of_a_record(store: Store) -> None:
    _write(store, a_write("a"), a_write("b"))

    _write(store, a_write("a", description="changed"))

    assert _names(store) == ["a", "b"]
    assert _document(store, "a")["description"] == "changed"


def test_several_versions_of_a_record_in_one_transaction_are_all_kept(store: Store) -> None:
    _write(store, a_write("a"), a_write("b"))

    serials = _write(store, a_removal("a"), a_write("a", description="new"), a_write("c"), a_removal("c"))

    assert serials == [3, 4, 5, 6]
    assert _names(store) == ["b", "a"]
    assert _document(store, "a")["description"] == "new"
    assert store.check() == []


def test_what_does_not_exist_can_not_be_deleted(store: Store) -> None:
    with pytest.raises(RecordNotFoundError, match="nobody"):
        _write(store, a_write("a"), a_removal("nobody"))

    assert store.serial() == 0
    assert _names(store) == []


def test_a_refused_deletion_that_is_caught_leaves_no_gap(store: Store) -> None:
    with store.transaction() as transaction:
        with pytest.raises(RecordNotFoundError):
            transaction.write(_CATEGORY, [a_write("a"), a_removal("nobody")], author="test")
        transaction.write(_CATEGORY, [a_write("b")], author="test")

    assert store.serial() == 1
    assert store.check() == []


def test_an_error_takes_back_everything_in_its_transaction(store: Store) -> None:
    _write(store, a_write("a"))

    def change_and_fail() -> None:
        with store.transaction() as transaction:
            transaction.write(_CATEGORY, [a_write("a", description="lost"), a_write("b")], author="test")
            transaction.write(Category.gfpgan, [a_write("c")], author="test")
            raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        change_and_fail()

    assert store.serial() == 1
    assert _names(store) == ["a"]
    assert "description" not in _document(store, "a")
    assert store.check() == []


def test_names_in_other_spellings_are_other_records(store: Store) -> None:
    names = ["Model", "model", "Modèle", "author/model", 'it\'s "quoted"; DROP TABLE records', "模型 🦙"]

    _write(store, *(a_write(name) for name in names))

    assert _names(store) == names


def test_more_records_than_a_statement_takes_are_stored_in_order(store: Store) -> None:
    names = [f"model {number}" for number in range(2_500)]
    _write(store, *(a_write(name) for name in names))

    _write(store, *(a_write(name, description="changed") for name in reversed(names)))

    assert _names(store) == names
    assert store.serial() == 5_000
    assert store.check() == []


def test_categories_without_a_legacy_form_are_known_from_the_start(store: Store) -> None:
    assert {category for category in Category if store.fetch(category) is not None} == {
        Category.controlnet_annotator,
        Category.video_generation,
        Category.audio_generation,
        Category.lora,
        Category.ti,
    }


def test_a_snapshot_is_fetched_again_only_when_its_category_changed(store: Store) -> None:
    _write(store, a_write("a"))
    snapshot = store.fetch(_CATEGORY)
    _write(store, a_write("b"), category=Category.gfpgan)

    assert store.fetch(_CATEGORY, newer_than=snapshot) is None
    _write(store, a_write("b"))
    newer = store.fetch(_CATEGORY, newer_than=snapshot)

    assert newer is not None
    assert list(newer) == ["a", "b"]


def test_readers_see_all_of_a_transaction_or_nothing(store: Store) -> None:
    _write(store, a_write("first"))
    _write(store, a_write("first"), category=Category.gfpgan)
    catalog = Catalog(store, at_one_moment=store.at_one_moment)

    with store.at_one_moment() as moment:
        before = moment.fetch(Category.esrgan)
        with store.transaction() as transaction:
            transaction.write(Category.esrgan, [a_write("second")], author="test")
            transaction.write(Category.gfpgan, [a_write("second")], author="test")
        after = moment.fetch(Category.gfpgan)
    catalog.refresh()

    assert before is not None
    assert after is not None
    assert len(before) == len(after) == 1
    assert catalog.record_count() == 4


def test_the_bookkeeping_begins_with_the_first_start(new_store: NewStore) -> None:
    store = new_store()
    _write(store, a_write("a"), a_write("b"))

    counters = store.counters("v2")

    assert set(counters) == set(Category)
    assert counters[_CATEGORY].total_models == 2
    assert counters[Category.ti].total_models == 0
    assert counters[_CATEGORY].last_operation_type is None
    assert counters[_CATEGORY].last_updated == counters[_CATEGORY].initialization_time


def test_the_last_changes_come_newest_first(store: Store) -> None:
    _write(store, a_write("a"), a_write("b"))
    _write(store, a_write("x"), category=Category.gfpgan)
    _write(store, a_removal("a"))

    everything, of_one = store.last_changes(limit=3), store.last_changes(limit=9, category=_CATEGORY)

    assert [(each.name, each.operation) for each in everything] == [
        ("a", "delete"),
        ("x", "create"),
        ("b", "create"),
    ]
    assert [each.name for each in of_one] == ["a", "b", "a"]
    assert everything[0].serial == store.serial()


def test_what_was_changed_at_once_is_one_group(new_store: NewStore) -> None:
    store = new_store(clock=a_clock(100))
    _write(store, *(a_write(f"name {number}") for number in range(30)))
    _write(store, a_write("x"), category=Category.gfpgan)
    _write(
        store, a_write("name 0", description="new"), a_write("name 1", description="new"), a_removal("name 2")
    )

    groups = store.change_groups(limit=9)

    assert [(each.operation, each.category, each.count) for each in groups] == [
        ("delete", "esrgan", 1),
        ("update", "esrgan", 2),
        ("create", "gfpgan", 1),
        ("create", "esrgan", 30),
    ]
    assert [each.name for each in groups[1].records] == ["name 1", "name 0"]
    assert groups[1].records[0].previous_serial == 2
    assert len(groups[3].records) == 20
    assert groups[3].first_serial == 1


def test_groups_of_changes_can_be_read_page_by_page(new_store: NewStore) -> None:
    store = new_store(clock=a_clock(100))
    for number in range(6):
        _write(store, a_write(f"a{number}"), a_write(f"b{number}"))
        _write(store, a_write(f"x{number}"), category=Category.gfpgan)

    whole = store.change_groups(limit=99)
    first = store.change_groups(limit=5)
    rest = store.change_groups(limit=99, before=first[-1].first_serial)
    of_one = store.change_groups(limit=99, category=Category.gfpgan)

    assert [*first, *rest] == whole
    assert sum(each.count for each in whole) == 18
    assert [each.records[0].name for each in of_one] == [f"x{number}" for number in range(5, -1, -1)]
    assert store.change_groups(limit=9, before=1) == []


def test_documents_of_versions_are_found_by_their_serials(store: Store) -> None:
    first, second = _write(store, a_write("a", description="one"), a_write("b"))
    _write(store, a_removal("b"))

    found = store.documents([first, second, 3, 99])

    assert set(found) == {first, second}
    assert "one" in found[first]
