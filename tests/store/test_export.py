"""The store as reference files, and there and back."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import FIXTURES, a_folder, a_removal, a_write, an_image_record, files_below
from shared_data import shared_path

from horde_model_reference.domain.categories import Category
from horde_model_reference.formats.reference_files import FileFormat, find_reference_files
from horde_model_reference.store.exporting import export_files
from horde_model_reference.store.importing import import_files
from horde_model_reference.store.store import Store

every_format = pytest.mark.parametrize("file_format", list(FileFormat))


class Stores:
    """Opens new stores with the records of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.opened: list[Store] = []

    def with_files(self, folder: Path, file_format: FileFormat | None = None) -> Store:
        store = Store.open(self._folder / f"{len(self.opened)}.sqlite")
        self.opened.append(store)
        import_files(store, find_reference_files(folder, file_format), author="test")
        return store


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    stores = Stores(tmp_path)
    yield stores
    for store in stores.opened:
        store.close()


def _export(store: Store, folder: Path, file_format: FileFormat) -> dict[str, bytes]:
    list(export_files(store, folder, file_format))
    return files_below(folder)


@every_format
@pytest.mark.parametrize("case", ["legacy", "legacy-with-bad-records"])
def test_an_export_that_is_imported_and_exported_again_has_the_same_bytes(
    stores: Stores, tmp_path: Path, file_format: FileFormat, case: str
) -> None:
    first = _export(stores.with_files(FIXTURES / case), tmp_path / "first", file_format)

    second = _export(stores.with_files(tmp_path / "first"), tmp_path / "second", file_format)

    assert second == first
    assert first


@every_format
def test_the_real_data_goes_there_and_back_without_a_difference(
    stores: Stores, tmp_path: Path, file_format: FileFormat
) -> None:
    real = shared_path("reference-data", "legacy")
    first = _export(stores.with_files(real), tmp_path / "first", file_format)

    second = _export(stores.with_files(tmp_path / "first"), tmp_path / "second", file_format)

    assert second == first


def test_a_legacy_export_says_what_the_imported_files_said(stores: Stores, tmp_path: Path) -> None:
    written = _export(stores.with_files(FIXTURES / "legacy"), tmp_path / "out", FileFormat.legacy)

    for path in (FIXTURES / "legacy" / "image").iterdir():
        assert json.loads(written[f"image/{path.name}"]) == json.loads(path.read_bytes())


def test_records_made_in_v2_are_in_a_legacy_export_and_come_back(stores: Stores, tmp_path: Path) -> None:
    files = {
        "esrgan.json": {"A": {"name": "A", "description": "Upscales."}},
        "text_generation.json": {"b/B-7B": {"name": "b/B-7B", "parameters": 7_100_000_000, "nsfw": True}},
    }
    store = stores.with_files(a_folder(tmp_path / "in", files))

    first = _export(store, tmp_path / "first", FileFormat.legacy)
    second = _export(stores.with_files(tmp_path / "first"), tmp_path / "second", FileFormat.legacy)

    assert json.loads(first["image/esrgan.json"])["A"]["description"] == "Upscales."
    assert b"b/B-7B,7.1," in first["text/models.csv"]
    assert second == first


@every_format
def test_a_file_that_says_the_same_is_left_untouched(
    stores: Stores, tmp_path: Path, file_format: FileFormat
) -> None:
    store = stores.with_files(FIXTURES / "legacy")
    _export(store, tmp_path / "out", file_format)
    paths = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}

    _export(store, tmp_path / "out", file_format)

    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths} == before


def test_only_the_file_of_a_changed_category_is_written(stores: Stores, tmp_path: Path) -> None:
    store = stores.with_files(FIXTURES / "legacy")
    before = _export(store, tmp_path / "out", FileFormat.v2)
    with store.transaction() as transaction:
        transaction.write(Category.esrgan, [a_write("New")], author="test")

    after = _export(store, tmp_path / "out", FileFormat.v2)

    assert {name for name in after if after[name] != before.get(name)} == {"esrgan.json"}


def test_an_export_shows_one_moment_whatever_is_written_meanwhile(stores: Stores, tmp_path: Path) -> None:
    store = stores.with_files(FIXTURES / "legacy")
    before = _export(store, tmp_path / "before", FileFormat.v2)
    files = export_files(store, tmp_path / "meanwhile", FileFormat.v2)

    next(files)
    with store.transaction() as transaction:
        for category in (Category.esrgan, Category.gfpgan):
            transaction.write(category, [a_write("New")], author="test")
    list(files)

    assert files_below(tmp_path / "meanwhile") == before


def test_no_temporary_file_stays_behind(stores: Stores, tmp_path: Path) -> None:
    written = _export(stores.with_files(FIXTURES / "legacy"), tmp_path / "out", FileFormat.v2)

    assert all(name.endswith(".json") and not name.startswith(".") for name in written)
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in (tmp_path / "out").iterdir())


def test_files_come_in_the_order_of_the_categories(stores: Stores, tmp_path: Path) -> None:
    store = stores.with_files(FIXTURES / "legacy")

    written = [category for category, _, _ in export_files(store, tmp_path / "out", FileFormat.v2)]

    assert written == [category for category in Category if category in written]


def test_deleted_records_are_in_no_export(stores: Stores, tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "in", {"image/stable_diffusion.json": {"A": an_image_record("A")}})
    store = stores.with_files(folder)
    with store.transaction() as transaction:
        transaction.write(Category.image_generation, [a_removal("A")], author="test")

    legacy = _export(store, tmp_path / "legacy", FileFormat.legacy)
    v2 = _export(store, tmp_path / "v2", FileFormat.v2)

    assert json.loads(legacy["image/stable_diffusion.json"]) == {}
    assert json.loads(v2["stable_diffusion.json"]) == {}
