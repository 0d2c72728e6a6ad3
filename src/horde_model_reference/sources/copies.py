"""One category as a source gave it: its text, checked enough to be kept (spec 30 §7)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final, Self, cast

import orjson

from horde_model_reference.domain.errors import InvalidRecordError, SourceUnavailableError
from horde_model_reference.domain.validation import validate_document
from horde_model_reference.sources.bulk import CollectionPause
from horde_model_reference.sources.packed_texts import pack_documents

_LEAST_USABLE_SHARE = 0.5
_CHECKED = "_checked"

LARGE_BYTES: Final = 2_000_000
"""From this size on, the search for garbage is put off while the records of a category are made."""


class Origin(StrEnum):
    """Where a copy of a category came from."""

    primary_v2 = "primary_v2"
    """The PRIMARY, as it is."""
    primary_v1 = "primary_v1"
    """The PRIMARY's version 1, converted."""
    github = "github"
    """The legacy repositories, converted."""
    legacy_file = "legacy_file"
    """A legacy file in the folder, converted."""
    disk = "disk"
    """A v2 file in the folder."""
    starter = "starter"
    """The set inside the package."""
    given = "given"
    """A backend that was handed to the manager."""


@dataclass(frozen=True, kw_only=True)
class CategoryCopy:
    """The records of a category as one JSON object from key to v2 document; it never changes."""

    category: str
    content: bytes
    """UTF-8 JSON."""
    origin: Origin
    checked_at: float
    """Unix seconds at which the content was last known to be current."""
    etag: str | None = None
    """The PRIMARY's entity tag of just this content, None where there is none."""

    @cached_property
    def tag(self) -> str:
        """The hash of the content, which is the revision of the copy."""
        return blake2b(self.content, digest_size=16).hexdigest()

    @cached_property
    def documents(self) -> Mapping[str, Mapping[str, Any]]:
        """The documents by key, parsed once; not to be handed out, since they can be changed."""
        return _parsed(self.content)

    @cached_property
    def texts(self) -> Mapping[str, bytes]:
        """The documents by key as JSON, for those who want few of many: less memory than parsed ones."""
        return pack_documents(self.parsed())

    def has(self, key: str) -> bool:
        """Tell whether there is a document under a key."""
        return key in (self.texts if self._is_large else self.documents)

    def document(self, key: str) -> dict[str, Any]:
        """Return a document, which belongs to the caller; raise KeyError where there is none."""
        text = self.texts[key] if self._is_large else orjson.dumps(self.documents[key])
        document: dict[str, Any] = orjson.loads(text)
        return document

    @property
    def _is_large(self) -> bool:
        return len(self.content) >= LARGE_BYTES

    def parsed(self) -> dict[str, dict[str, Any]]:
        """Return the documents by key, which belong to the caller: the first one gets those of the check."""
        checked = self.__dict__.pop(_CHECKED, None)
        return _parsed(self.content) if checked is None else checked

    def with_checked(self, documents: dict[str, dict[str, Any]]) -> Self:
        """Hand over what checking the content has parsed already, for the first who asks; return the copy."""
        self.__dict__[_CHECKED] = documents
        return self

    def confirmed(self, *, at: float, origin: Origin | None = None) -> Self:
        """Return the same copy, known to be current at a later time."""
        other = replace(self, checked_at=at, origin=origin or self.origin)
        if "tag" in self.__dict__:
            other.__dict__["tag"] = self.tag
        return other


def copy_of_documents(
    category: str, documents: Mapping[str, Mapping[str, Any]], *, origin: Origin, checked_at: float
) -> CategoryCopy:
    """Return documents as a copy."""
    try:
        content = orjson.dumps(documents)
    except TypeError:  # what a given backend holds need not be plain JSON
        content = json.dumps(documents, default=str, ensure_ascii=False).encode()
    return CategoryCopy(category=category, content=content, origin=origin, checked_at=checked_at)


def require_documents(content: bytes) -> dict[str, dict[str, Any]]:
    """Return the documents of a text that is a JSON object; a member that is no object is left out.

    Raises:
        SourceUnavailableError: It is something else, or has members and no document among them.
    """
    try:
        value: object = _loaded(content)
    except orjson.JSONDecodeError as error:
        raise SourceUnavailableError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise SourceUnavailableError("not a JSON object")
    members = cast("dict[str, object]", value)
    first = next(iter(members), None)
    documents = _documents_in(members)
    if first is not None and not documents:
        raise SourceUnavailableError(f"{first!r} is not a JSON object")
    return documents


def _loaded(content: bytes) -> Any:
    with CollectionPause.during(is_worthwhile=len(content) >= LARGE_BYTES):
        return orjson.loads(content)


def _parsed(content: bytes) -> dict[str, dict[str, Any]]:
    return _documents_in(_loaded(content))


def _documents_in(members: dict[str, Any]) -> dict[str, dict[str, Any]]:
    strangers = [key for key, document in members.items() if not isinstance(document, dict)]
    for key in strangers:
        del members[key]
    return members


def require_records(category: str, documents: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse what would make readers lose most of a category (one bad record is left out by itself).

    Raises:
        SourceUnavailableError: Fewer than half of the documents are records of the category.
    """
    usable = sum(_is_usable(category, key, document) for key, document in documents.items())
    if usable < len(documents) * _LEAST_USABLE_SHARE:
        raise SourceUnavailableError(f"only {usable} of {len(documents)} documents are {category} records")


def _is_usable(category: str, key: str, document: Mapping[str, Any]) -> bool:
    try:
        validate_document(category, {"name": key, **document})
    except InvalidRecordError:
        return False
    return True
