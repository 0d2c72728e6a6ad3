"""The current snapshots of all categories."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
from factories import a_stored_record

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.catalog.resources import Catalogs, CatalogSource, ResourceCatalog, make_catalog
from horde_model_reference.catalog.snapshot import CategorySnapshot, build_snapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import SourceUnavailableError
from horde_model_reference.domain.resources import CatalogMetadata, CatalogName, Resource, ResourceType


class FakeSource:
    """Has a revision and as many records for some categories."""

    def __init__(self, **revisions: int) -> None:
        self.revisions = revisions
        self.asked: list[Category] = []
        self.is_there = True
        self.families_serial = 0

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

    def fetch_resources(self, known: Catalogs) -> list[ResourceCatalog]:
        name = CatalogName.text_families
        if name in known and known[name].serial == self.families_serial:
            return []
        families = {(ResourceType.text_family, "Llama"): a_resource("Llama")}
        metadata = CatalogMetadata(revision=2, updated_at=5)
        return [make_catalog(name, metadata, serial=self.families_serial, changed=families)]


def a_resource(key: str) -> Resource:
    document = {"members": [key], "metadata": {"revision": 1}}
    return Resource(resource_type=ResourceType.text_family, key=key, document=document)


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

    assert Category.esrgan in catalog.refresh(afresh=True)

    assert catalog.snapshot(Category.esrgan) is not before


def test_afresh_forgets_a_category_that_the_source_does_not_have_any_more() -> None:
    source = FakeSource(esrgan=1, gfpgan=1)
    catalog = Catalog(source)
    catalog.refresh()
    del source.revisions["esrgan"]

    catalog.refresh(afresh=True)

    assert catalog.snapshot(Category.esrgan) is None
    assert catalog.snapshot(Category.gfpgan) is not None


def test_one_refresh_asks_for_one_moment_of_the_source() -> None:
    source = FakeSource(esrgan=1, gfpgan=2)
    moments: list[FakeSource] = []

    @contextmanager
    def at_one_moment() -> Iterator[CatalogSource]:
        moments.append(FakeSource(**source.revisions))
        yield moments[-1]

    catalog = Catalog(source, at_one_moment=at_one_moment)

    catalog.refresh()

    assert source.asked == []
    assert moments[0].asked == list(Category)
    assert catalog.record_count() == 3


def following(source: FakeSource) -> Catalog:
    return Catalog(source, at_one_moment=lambda: nullcontext(source))


def test_side_resources_are_the_bundled_ones_before_the_first_refresh() -> None:
    catalog = Catalog(FakeSource())

    assert len(catalog.resources(CatalogName.image_baselines).all(ResourceType.image_baseline)) == 13
    assert catalog.resources(CatalogName.text_families).all(ResourceType.text_family) == {}
    assert catalog.refresh() == ()


def test_a_changed_catalogue_is_taken_over_and_told_of() -> None:
    source = FakeSource(esrgan=1)
    catalog = following(source)
    heard: list[tuple[str, int]] = []
    catalog.on_resources(lambda resources: heard.append((resources.name, catalog.serial)))
    catalog.refresh()
    source.families_serial = 7

    changed = catalog.refresh(())

    assert changed == (CatalogName.text_families,)
    assert heard == [(CatalogName.text_families, 7)]
    assert list(catalog.resources(CatalogName.text_families).all(ResourceType.text_family)) == ["Llama"]
    assert catalog.refresh() == ()


def test_changed_catalogues_are_told_of_before_the_records_that_may_name_their_content_are_read() -> None:
    source = FakeSource(esrgan=1)
    source.families_serial = 7
    catalog = following(source)
    heard: list[tuple[str, list[Category]]] = []
    catalog.before_records(lambda resources: heard.append((resources.name, list(source.asked))))

    catalog.refresh()
    catalog.refresh()

    assert heard == [(CatalogName.text_families, [])]


def test_a_moment_lasts_until_something_changes() -> None:
    source = FakeSource()
    catalog = following(source)
    catalog.refresh()
    before = catalog.moment

    catalog.refresh()
    unchanged = catalog.moment
    source.families_serial = 7
    catalog.refresh()

    assert unchanged is before
    assert catalog.moment is not before
    assert catalog.moment.serial == catalog.serial


def test_what_is_made_of_a_catalogue_is_made_once_a_revision() -> None:
    source = FakeSource()
    source.families_serial = 1
    catalog = following(source)
    made: list[int] = []

    def count_families(resources: ResourceCatalog) -> int:
        made.append(resources.serial)
        return len(resources.all(ResourceType.text_family))

    catalog.refresh()
    assert [catalog.resources(CatalogName.text_families).made(count_families) for _ in range(3)] == [1] * 3
    source.families_serial = 2
    catalog.refresh()
    catalog.resources(CatalogName.text_families).made(count_families)

    assert made == [1, 2]
