"""Taking reference files into the store: a folder in one transaction, each bad record refused alone."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.actors import Actor
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.domain.validation import validate_document
from horde_model_reference.formats.catalog_files import CatalogFile, read_catalog_file
from horde_model_reference.formats.conversion import ConvertedRecord, FileConversion, Refusal
from horde_model_reference.formats.legacy_merge import merge_legacy
from horde_model_reference.formats.reference_files import ReferenceFile, read_reference_file
from horde_model_reference.formats.text_csv import merge_cells
from horde_model_reference.review.catalog_imports import TakenCatalog, take_catalog
from horde_model_reference.review.ports import UnitOfWork
from horde_model_reference.review.resources import MAX_KEY_BYTES, ResourceEdit
from horde_model_reference.store.overlay import as_text, legacy_text, overlaid
from horde_model_reference.store.store import Store
from horde_model_reference.store.transaction import Head, StoreTransaction, Write

_STAMPS = ("created_at", "updated_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryImport:
    """What became of one file."""

    file: ReferenceFile
    read: int
    """Records in the file, refused ones included."""
    stored: int
    """Records that are new."""
    changed: int
    unchanged: int
    refusals: tuple[Refusal, ...]
    issues: tuple[tuple[str, str], ...]
    """Name and what an editor should look at, for records that were taken nevertheless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogImport:
    """What became of a file with a catalogue of side resources."""

    file: CatalogFile
    taken: TakenCatalog


Progress = Callable[[ReferenceFile], None]


def import_files(
    store: Store,
    files: list[ReferenceFile],
    *,
    author: str,
    must_be_whole: bool = False,
    progress: Progress = lambda _file: None,
) -> list[CategoryImport]:
    """Store the records of some files; nothing is stored where the program ends before all were.

    Records that a file doesn't name stay as they are.

    Raises:
        StoreError: The database can't be written.
        InvalidRecordError: With ``must_be_whole``: a file is refused as a whole; nothing is stored.
    """
    with store.transaction() as transaction:
        results: list[CategoryImport] = []
        for file in files:
            progress(file)
            result = _import_file(transaction, file, author)
            broken = next((refusal for refusal in result.refusals if refusal.key is None), None)
            if must_be_whole and broken is not None:
                raise InvalidRecordError(f"{file.path.name}: {broken.reason}")
            results.append(result)
        return results


def import_folder(
    store: Store,
    files: list[ReferenceFile],
    catalogs: list[CatalogFile],
    *,
    author: str,
    on_baselines: Callable[[ResourceCatalog], None],
    progress: Callable[[ReferenceFile | CatalogFile], None] = lambda _file: None,
) -> tuple[list[CategoryImport], list[CatalogImport]]:
    """Store the records of some files, and the side resources of others, in one transaction.

    What a file doesn't name stays as it is. ``on_baselines`` is told of the image baselines that there are
    then, before records that may name them are read.

    Raises:
        StoreError: The database can't be written.
    """
    uow = store.unit_of_work()
    with uow:
        edit = ResourceEdit(by=Actor(user_id=author, username=author), now=uow.transaction.now)

        def take(wanted: Collection[CatalogName]) -> Iterator[CatalogImport]:
            for file in (file for file in catalogs if file.catalog in wanted):
                progress(file)
                yield _import_catalog(uow, file, edit)

        first = list(take({CatalogName.image_baselines}))
        on_baselines(uow.resources.catalog(CatalogName.image_baselines))
        results: list[CategoryImport] = []
        for file in files:
            progress(file)
            results.append(_import_file(uow.transaction, file, author))
        # Guidance is for models, which must be there.
        others = list(take(set(CatalogName) - {CatalogName.image_baselines}))
        uow.commit()
    return results, [*first, *others]


def _import_catalog(uow: UnitOfWork, file: CatalogFile, edit: ResourceEdit) -> CatalogImport:
    try:
        taken = take_catalog(uow, file.catalog, read_catalog_file(file), edit)
    except InvalidRecordError as error:
        refusal = Refusal.of(None, error)
        taken = TakenCatalog(read=0, stored=0, changed=0, unchanged=0, refusals=(refusal,))
    return CatalogImport(file=file, taken=taken)


def _import_file(transaction: StoreTransaction, file: ReferenceFile, author: str) -> CategoryImport:
    conversion = _without_unusable_names(read_reference_file(file))
    if any(refusal.key is None for refusal in conversion.refusals):
        return _result(file, conversion, [], {})
    transaction.ensure_category(file.category)
    heads = transaction.heads(file.category)
    writes: list[Write] = []
    taken: list[ConvertedRecord] = []
    refusals = list(conversion.refusals)
    for record in conversion.records:
        try:
            write = _write(file.category, record, heads.get(record.key), transaction.now)
        except InvalidRecordError as error:
            refusals.append(Refusal.of(record.key, error))
            continue
        taken.append(record)
        if write is not None:
            writes.append(write)
    transaction.write(file.category, writes, author=author)
    return _result(file, FileConversion(records=tuple(taken), refusals=tuple(refusals)), writes, heads)


def _without_unusable_names(conversion: FileConversion) -> FileConversion:
    """Refuse the records that no address could name, or no index hold."""
    refused = {
        record.key: reason for record in conversion.records if (reason := _why_unusable_name(record.key))
    }
    return FileConversion(
        records=tuple(record for record in conversion.records if record.key not in refused),
        refusals=(
            *conversion.refusals,
            *(Refusal(key=key, reason=reason) for key, reason in refused.items()),
        ),
    )


def _why_unusable_name(name: str) -> str | None:
    if not name.strip() or not name.isprintable():
        return "the name is blank or holds characters that can't be seen"
    if len(name.encode()) > MAX_KEY_BYTES:
        return f"the name has more than {MAX_KEY_BYTES} bytes"
    return None


def _result(
    file: ReferenceFile, conversion: FileConversion, writes: list[Write], heads: Mapping[str, Head]
) -> CategoryImport:
    changed = sum(write.name in heads for write in writes)
    refused = sum(refusal.key is not None for refusal in conversion.refusals)
    return CategoryImport(
        file=file,
        read=len(conversion.records) + refused,
        stored=len(writes) - changed,
        changed=changed,
        unchanged=len(conversion.records) - len(writes),
        refusals=conversion.refusals,
        issues=tuple((record.key, issue) for record in conversion.records for issue in record.issues),
    )


def _write(category: Category, record: ConvertedRecord, head: Head | None, now: int) -> Write | None:
    """Return the next version of a record, None where the file says what is stored.

    Raises:
        InvalidRecordError: What is stored and what the file says make no record together.
    """
    legacy = legacy_text(record, head)
    if head is None:
        document = _stamped(record.document, {}, created_at=now, updated_at=now)
        return Write(name=record.key, document=as_text(document), legacy=legacy)
    current: dict[str, Any] = orjson.loads(head.document)
    document = record.document
    if record.legacy is not None:
        if legacy == head.legacy:
            return None
        document = overlaid(category, record, head, current)
        validate_document(category, document)
    stamps: dict[str, Any] = current.get("metadata") or {}
    if as_text(_stamped(document, stamps, created_at=now, updated_at=now)) == head.document:
        # Only what v2 can't hold may differ.
        if legacy is None:
            return None
        return Write(name=record.key, document=head.document, legacy=legacy)
    if record.legacy is not None and document["metadata"].get("updated_at") == stamps.get("updated_at"):
        document = {**document, "metadata": {**document["metadata"], "updated_at": now}}
    document = _stamped(document, {"created_at": stamps.get("created_at")}, created_at=now, updated_at=now)
    if legacy is None and head.legacy is not None:
        legacy = as_text(_merged_legacy(category, orjson.loads(head.legacy), current, document))
    return Write(name=record.key, document=as_text(document), legacy=legacy)


def _merged_legacy(
    category: Category, legacy: dict[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Mapping[str, Any]:
    if category is Category.text_generation:
        return merge_cells(legacy, old, new)
    return merge_legacy(category, legacy, old, new)


def _stamped(document: Mapping[str, Any], known: Mapping[str, Any], **default: int) -> dict[str, Any]:
    """Return the document with both time stamps: its own, else the known, else the default (Unix seconds)."""
    metadata = dict(document.get("metadata") or {})
    for stamp in _STAMPS:
        if metadata.get(stamp) is None:
            stamped = known.get(stamp)
            metadata[stamp] = default[stamp] if stamped is None else stamped
    return {**document, "metadata": metadata}
