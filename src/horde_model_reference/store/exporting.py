"""Writing the store as reference files, the same bytes for the same records."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from horde_model_reference.catalog.exported_catalogs import exported_catalog
from horde_model_reference.catalog.resources import CatalogSource, ResourceCatalog
from horde_model_reference.catalog.snapshot import CategorySnapshot, StoredRecord, legacy_record
from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category, v2_file_name
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.formats.catalog_files import CATALOG_PATHS
from horde_model_reference.formats.json_text import dump_json
from horde_model_reference.formats.legacy_export import dump_legacy_file
from horde_model_reference.formats.reference_files import DB_JSON, FileFormat, legacy_path
from horde_model_reference.formats.text_csv import cells_from_v2, write_models_csv
from horde_model_reference.formats.text_legacy import v1_text_document
from horde_model_reference.formats.v2 import dump_v2_file
from horde_model_reference.store.engine import read_transaction
from horde_model_reference.store.moment import StoreMoment, read_records
from horde_model_reference.store.store import Store
from horde_model_reference.store.tables import CategoryRow


def export_files(
    store: Store, folder: Path, file_format: FileFormat
) -> Iterator[tuple[Category | CatalogName, Path, int]]:
    """Write the files of all categories that the store knows; yield each with its number of records.

    All show the store at one moment, whatever is written meanwhile. A file that says the same already is left
    untouched. Legacy text comes as `models.csv`, the source, and `db.json`, which follows from it. In v2 the
    catalogues of side resources that were ever changed follow, with the number of their resources.

    Raises:
        StoreError: The database can't be read.
        OSError: A file can't be written.
    """
    with read_transaction(store.engine) as connection:
        known = set(connection.execute(sa.select(CategoryRow.name)).scalars())
        categories = [each for each in Category if each in known]
        for category in categories:
            records = list(read_records(connection, category))
            for path, text in _files(category, records, file_format):
                _replace(folder / path, text)
                yield category, folder / path, len(records)
        if file_format is FileFormat.v2:
            moment = StoreMoment(connection, store.location)
            for catalog in _changed_catalogs(moment):
                path = folder / CATALOG_PATHS[catalog.name]
                _replace(path, dump_json(exported_catalog(catalog, _models(moment, categories)), indent=2))
                yield catalog.name, path, sum(map(len, catalog.resources.values()))


def catalogs_left_out(store: Store) -> list[CatalogName]:
    """Return the catalogues of side resources that legacy files say nothing of, though they were changed."""
    with store.at_one_moment() as moment:
        return [catalog.name for catalog in _changed_catalogs(moment)]


def _changed_catalogs(moment: CatalogSource) -> list[ResourceCatalog]:
    return [catalog for catalog in moment.fetch_resources({}) if catalog.serial]


def _models(moment: CatalogSource, categories: list[Category]) -> Iterator[CategorySnapshot]:
    found = (moment.fetch(category) for category in categories)
    return (snapshot for snapshot in found if snapshot is not None)


def _files(
    category: Category, records: list[StoredRecord], file_format: FileFormat
) -> Iterator[tuple[Path, str]]:
    if file_format is FileFormat.v2:
        documents = {record.name: orjson.loads(record.document) for record in records}
        yield Path(v2_file_name(category)), dump_v2_file(documents)
    elif not BUILT_IN_CATEGORIES[category].has_legacy_format:
        return
    elif category is Category.text_generation:
        csv = legacy_path(category)
        yield csv, write_models_csv([_cells(record) for record in records])
        entries = v1_text_document(orjson.loads(record.document) for record in records)
        yield csv.with_name(DB_JSON), dump_json(entries, indent=4)
    else:
        yield (
            legacy_path(category),
            dump_legacy_file({record.name: legacy_record(category, record) for record in records}),
        )


def _cells(record: StoredRecord) -> dict[str, str]:
    cells: Any = orjson.loads(record.document if record.legacy is None else record.legacy)
    return cells if record.legacy is not None else cells_from_v2(cells)


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    content = text.encode()
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
