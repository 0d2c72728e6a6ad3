"""The current snapshots of all categories."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from factories import a_stored_record

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.catalog.snapshot import CategorySnapshot, build_snapshot
from horde_model_reference.catalog.source import Source
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import SourceUnavailableError


class FakeSource:
    """Has a revision and as many records for some categories."""

    def __init__(self, **revisions: int) -> None:
        self.revisions = revisions
        self.asked: list[Category] = []
        self.is_there = True

    def fetch(
        self, category: Category, *, newer_than: CategorySnapshot | None = None
    ) -> CategorySnapshot | None:
        self.asked.append(category)
        if not self.is_there:
            raise SourceUnavailableError("away")
        revision = self.revisions.get(category)
        if revision is None or (newer_than is not None and newer_than.revision == revision):
            return None
        records = [a_stored_record(f"model {number}") for number in range(revision)]
        return build_snapshot(category, records, revision=revision, modified_at=revision)


def test_nothing_is_known_before_the_first_refresh() -> None:
    catalog = Catalog(FakeSource(esrgan=1))

    assert catalog.snapshot(Category.esrgan) is None
    assert catalog.serial == 0
    assert catalog.record_count() == 0


def test_a_refresh_takes_what_is_newer_and_says_what_changed() -> None:
    source = FakeSource(esrgan=1, gfpgan=2)
    catalog = Catalog(source)
    catalog.refresh()
    source.revisions["esrgan"] = 3

    changed = catalog.refresh()

    assert changed == (Category.esrgan,)
    assert catalog.serial == 3
    assert catalog.record_count() == 5


def test_a_snapshot_that_did_not_change_stays_the_same_object() -> None:
    source = FakeSource(esrgan=1, gfpgan=2)
    catalog = Catalog(source)
    catalog.refresh()
    before = catalog.snapshot(Category.gfpgan)
    source.revisions["esrgan"] = 3

    catalog.refresh()

    assert catalog.snapshot(Category.gfpgan) is before


def test_listeners_hear_of_each_snapshot_when_all_are_in_place() -> None:
    catalog = Catalog(FakeSource(esrgan=1, gfpgan=2))
    heard: list[tuple[Category, int]] = []
    catalog.on_swap(lambda snapshot: heard.append((snapshot.category, catalog.serial)))

    catalog.refresh()
    catalog.refresh()

    assert heard == [(Category.esrgan, 2), (Category.gfpgan, 2)]


def test_what_was_known_stays_when_the_source_is_away() -> None:
    source = FakeSource(esrgan=1)
    catalog = Catalog(source)
    catalog.refresh()
    source.is_there = False

    with pytest.raises(SourceUnavailableError):
        catalog.refresh()

    assert catalog.record_count() == 1


def test_only_the_categories_that_were_named_are_asked_for() -> None:
    source = FakeSource(esrgan=1, gfpgan=2)
    catalog = Catalog(source)

    catalog.refresh([Category.gfpgan])

    assert source.asked == [Category.gfpgan]
    assert catalog.snapshot(Category.esrgan) is None


def test_afresh_takes_everything_again() -> None:
    source = FakeSource(esrgan=1)
    catalog = Catalog(source)
    catalog.refresh()
    before = catalog.snapshot(Category.esrgan)

    assert catalog.refresh(afresh=True) == (Category.esrgan,)

    assert catalog.snapshot(Category.esrgan) is not before


def test_one_refresh_asks_for_one_moment_of_the_source() -> None:
    source = FakeSource(esrgan=1, gfpgan=2)
    moments: list[FakeSource] = []

    @contextmanager
    def at_one_moment() -> Iterator[Source]:
        moments.append(FakeSource(**source.revisions))
        yield moments[-1]

    catalog = Catalog(source, at_one_moment=at_one_moment)

    catalog.refresh()

    assert source.asked == []
    assert moments[0].asked == list(Category)
    assert catalog.record_count() == 3
