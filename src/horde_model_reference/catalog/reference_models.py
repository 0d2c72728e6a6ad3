"""What live data, statistics and deletion risk need of a record, taken out once per revision."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import SplitResult, urlsplit

import orjson

from horde_model_reference.catalog.live_names import UsageKey, backend_of, usage_key
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.formats.text_names import name_variants


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A name under which the AI-Horde may know a model."""

    backend: str
    """``canonical``, ``aphrodite`` or ``koboldcpp``."""
    name: str
    lowered: str
    usage_key: UsageKey


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadFacts:
    """Where the files of a model lie."""

    entries: int = 0
    hosts: tuple[str, ...] = ()
    """Distinct hosts with their ports, in order."""
    has_valid_url: bool = False
    """Whether any address has a scheme and a host."""
    has_broken_url: bool = False
    """Whether any address can't be taken apart at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """One record, as far as live data go."""

    name: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceModel(NamedModel):
    """One record, as far as live data and deletion risk go."""

    baseline: str | None = None
    nsfw: bool | None = None
    has_description: bool = False
    size_bytes: int | None = None
    """None where it isn't known to be above zero."""
    downloads: DownloadFacts = DownloadFacts()


def read_documents(snapshot: CategorySnapshot) -> Iterator[tuple[str, Any]]:
    """Yield key and document of every record, in storage order."""
    for key in snapshot:
        content = snapshot.record(key)
        if content is not None:
            yield key, orjson.loads(content)


def read_names(snapshot: CategorySnapshot) -> tuple[NamedModel, ...]:
    """Return the names of a category's models, in storage order: all that live data are joined by."""
    return tuple(NamedModel(name=name, variants=_variants(snapshot.category, name)) for name in snapshot)


def read_models(snapshot: CategorySnapshot) -> tuple[ReferenceModel, ...]:
    """Return the models of a category with live data, in storage order."""
    return tuple(
        reference_model(snapshot.category, name, document if is_document(document) else {})
        for name, document in read_documents(snapshot)
    )


def reference_model(category: Category, name: str, document: Mapping[str, Any]) -> ReferenceModel:
    """Return the facts of one record."""
    description, baseline, nsfw = (document.get(key) for key in ("description", "baseline", "nsfw"))
    return ReferenceModel(
        name=name,
        variants=_variants(category, name),
        baseline=baseline if isinstance(baseline, str) else None,
        nsfw=nsfw if isinstance(nsfw, bool) else None,
        has_description=isinstance(description, str) and bool(description.strip()),
        size_bytes=positive_whole(document.get("size_on_disk_bytes")),
        downloads=_download_facts(download_entries(document)),
    )


def download_entries(document: Mapping[str, Any]) -> list[Any]:
    """Return the entries of ``config.download``; none where it isn't a list."""
    config = document.get("config")
    return list_in(config, "download") if is_document(config) else []


def list_in(document: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list in a document; an empty one where there is something else, or nothing."""
    value = document.get(key)
    return value if is_list(value) else []


def host_of(entry: Any) -> str | None:
    """Return the host, with its port, of a download entry; None without one.

    Raises:
        ValueError: The address can't be taken apart.
    """
    return _address(entry).netloc or None


def positive_whole(value: object) -> int | None:
    """Return a whole number above zero, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Return whether a value is a list, as JSON arrays are."""
    return isinstance(value, list)


def _address(entry: Any) -> SplitResult:
    url: object = entry.get("file_url") if is_document(entry) else None
    return urlsplit(url if isinstance(url, str) else "")


def _variants(category: Category, name: str) -> tuple[Variant, ...]:
    if category is Category.text_generation:
        names = name_variants(name)
        return tuple(
            Variant(backend=backend_of(each), name=each, lowered=each.lower(), usage_key=usage_key(each))
            for each in names
        )
    lowered = name.lower()
    return (Variant(backend="canonical", name=name, lowered=lowered, usage_key=(None, lowered)),)


def _download_facts(entries: list[Any]) -> DownloadFacts:
    hosts: dict[str, None] = {}
    has_valid_url = has_broken_url = False
    for entry in entries:
        try:
            address = _address(entry)
        except ValueError:
            has_broken_url = True
            continue
        if address.netloc:
            hosts[address.netloc] = None
            has_valid_url = has_valid_url or bool(address.scheme)
    return DownloadFacts(
        entries=len(entries),
        hosts=tuple(hosts),
        has_valid_url=has_valid_url,
        has_broken_url=has_broken_url,
    )
