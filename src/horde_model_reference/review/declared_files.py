"""The files and pages that a record names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from horde_model_reference.catalog.reference_models import download_entries
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.checksums import UNKNOWN_SHA256
from horde_model_reference.domain.record_parts import is_document

PAGE_FIELDS: Final = ("homepage", "url")
"""Fields that hold the address of a page for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredFile:
    """One file, as the record declares it; texts are empty where it says nothing."""

    name: str
    url: str
    sha256: str
    """``FIXME`` where the record says nothing."""
    size_bytes: int | None


def declared_files(document: Document) -> Iterator[DeclaredFile]:
    """Yield the files of a v2 document, also of one that is no valid record."""
    for entry in download_entries(document):
        if is_document(entry):
            size = entry.get("size_bytes")
            yield DeclaredFile(
                name=_text(entry, "file_name"),
                url=_text(entry, "file_url"),
                sha256=_text(entry, "sha256sum") or UNKNOWN_SHA256,
                size_bytes=size if isinstance(size, int) else None,
            )


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def addresses(document: Document) -> tuple[str, ...]:
    """Return the addresses of files and pages that a record names, each once."""
    found = [file.url for file in declared_files(document)]
    found += [document[key] for key in PAGE_FIELDS if isinstance(document.get(key), str)]
    return tuple(dict.fromkeys(url for url in found if url))
