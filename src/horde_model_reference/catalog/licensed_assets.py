"""Everything under a licence, models and other things alike, to select from and to count (spec 24)."""

import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import blake2b
from itertools import islice
from typing import Any, Final

import orjson

from horde_model_reference.catalog.asset_views import MODEL_KIND, asset_view, model_view
from horde_model_reference.catalog.body import Body
from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.licensing import UNKNOWN_LICENSING, LicensedAssetKind, PermissionStatus
from horde_model_reference.domain.resources import ResourceType

_LICENSING_KEY: Final = b'"licensing":'
_UNREVIEWED: Final = _LICENSING_KEY + orjson.dumps(dict(UNKNOWN_LICENSING))
_ENCODED_TOGETHER: Final = 128
_NOBODY_KNOWS: Final = PermissionStatus.unknown.value


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFilters:
    """What the assets of an answer have in common; None leaves a filter out."""

    asset_kind: str | None = None
    category: Category | None = None
    license_id: str | None = None
    """Named by the conclusion for the whole asset; the files of a model do not count."""
    commercial_use: str | None = None
    redistribution: str | None = None
    name_contains: str | None = None
    """Part of the name, in whichever case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What is concluded about an asset as a whole."""

    license_ids: tuple[str, ...]
    commercial_use: str
    redistribution: str

    @classmethod
    def of(cls, licensing: Document) -> "Conclusion":
        """Read it from an assignment."""
        return cls(
            license_ids=tuple(licensing.get("license_ids") or ()),
            commercial_use=str(licensing.get("commercial_use", _NOBODY_KNOWS)),
            redistribution=str(licensing.get("redistribution", _NOBODY_KNOWS)),
        )


NO_CONCLUSION: Final = Conclusion.of(UNKNOWN_LICENSING)


class AssetGroup(ABC):
    """The assets of one kind, or the models of one category, sorted by identifier without regard to case."""

    kind: str
    category: Category | None = None
    names: Sequence[str]

    @cached_property
    def conclusions(self) -> Sequence[Conclusion]:
        """The conclusion for each asset as a whole; made when somebody first counts or selects by them."""
        return self._concluded()

    @abstractmethod
    def _concluded(self) -> Sequence[Conclusion]: ...

    def __len__(self) -> int:
        return len(self.names)

    @abstractmethod
    def view(self, row: int) -> dict[str, Any]:
        """Return an asset as lists show it."""

    @cached_property
    def encoded(self) -> tuple[bytes, ...]:
        """All assets as lists show them, as JSON with commas between them, in parts of some hundred."""
        return tuple(self._encoded_parts())

    def _encoded_parts(self) -> Iterator[bytes]:
        for first in range(0, len(self), _ENCODED_TOGETHER):
            time.sleep(0)  # lets other threads run: an export is made while the service answers
            rows = range(first, min(first + _ENCODED_TOGETHER, len(self)))
            yield b",".join(orjson.dumps(self.view(row)) for row in rows)

    def selected(self, filters: AssetFilters) -> Sequence[int]:
        """Return the rows that the filters let through, ascending."""
        if filters.asset_kind not in (None, self.kind) or filters.category not in (None, self.category):
            return ()
        rows: Sequence[int] = range(len(self))
        if filters.name_contains is not None:
            part = filters.name_contains.casefold()
            rows = [row for row in rows if part in self.names[row].casefold()]
        if (wanted := _wanted(filters)) is not None:
            fits = {each: wanted.fits(each) for each in set(self.conclusions)}
            rows = [row for row in rows if fits[self.conclusions[row]]]
        return rows


class ModelGroup(AssetGroup):
    """The models of a category, from what reads show of them."""

    kind = MODEL_KIND

    def __init__(self, snapshot: CategorySnapshot) -> None:
        self.category = snapshot.category
        self.snapshot = snapshot
        self.names = sorted(snapshot, key=_without_case)

    def _concluded(self) -> Sequence[Conclusion]:
        known: dict[Conclusion, Conclusion] = {}
        found = (self._conclusion(name) for name in self.names)
        # Few differ; equal ones share their memory.
        return [known.setdefault(conclusion, conclusion) for conclusion in found]

    def view(self, row: int) -> dict[str, Any]:
        """Return a model as lists of assets show it."""
        name = self.names[row]
        return model_view(self.snapshot.category, name, self._document(name))

    def licensing(self, row: int) -> Document:
        """Return the conclusion for a model, with those for single files."""
        licensing: Document = self._document(self.names[row]).get("licensing") or UNKNOWN_LICENSING
        return licensing

    def _conclusion(self, name: str) -> Conclusion:
        encoded = self._encoded(name)
        # Nearly no record was reviewed, and looking is much quicker than reading.
        if _UNREVIEWED in encoded and encoded.count(_LICENSING_KEY) == 1:
            return NO_CONCLUSION
        return Conclusion.of(self._document(name).get("licensing") or UNKNOWN_LICENSING)

    def _document(self, name: str) -> Document:
        document: Document = orjson.loads(self._encoded(name))
        return document

    def _encoded(self, name: str) -> bytes:
        return self.snapshot.record(name) or b"{}"


class OtherGroup(AssetGroup):
    """The assets of one kind that are no models."""

    def __init__(self, kind: LicensedAssetKind, documents: Iterable[Document]) -> None:
        self.kind = kind.value
        self._documents = sorted(documents, key=lambda document: _without_case(document["asset_identifier"]))
        self.names = [document["display_name"] for document in self._documents]

    def _concluded(self) -> Sequence[Conclusion]:
        return [Conclusion.of(document["licensing"]) for document in self._documents]

    def view(self, row: int) -> dict[str, Any]:
        """Return an asset as lists show it."""
        return asset_view(self._documents[row])


class LicensedAssets:
    """Every asset at one moment, sorted by kind and identifier."""

    def __init__(self, models: Iterable[ModelGroup], licensing: ResourceCatalog) -> None:
        self.licensing = licensing
        self.models = tuple(models)
        others = [resource.document for resource in licensing.all(ResourceType.licensed_asset).values()]
        of_kinds = (
            OtherGroup(kind, (each for each in others if each["asset_kind"] == kind))
            for kind in LicensedAssetKind
        )
        self.groups: tuple[AssetGroup, ...] = tuple(sorted((*self.models, *of_kinds), key=_group_order))

    def page(self, filters: AssetFilters, *, offset: int, limit: int) -> dict[str, Any]:
        """Return a part of what the filters let through, as an answer shows it."""
        selected = [(group, group.selected(filters)) for group in self.groups]
        rows = ((group, row) for group, chosen in selected for row in chosen)
        return {
            "items": [group.view(row) for group, row in islice(rows, offset, offset + limit)],
            "total": sum(len(chosen) for _, chosen in selected),
            "offset": offset,
            "limit": limit,
            "metadata": self.licensing.metadata.document(),
        }

    def summary(self) -> dict[str, Any]:
        """Return how many assets there are, by permission and by licence."""
        counts = Counter[Conclusion]()
        for group in self.groups:
            counts.update(group.conclusions)
        license_ids = Counter[str]()
        for conclusion, number in counts.items():
            license_ids.update(dict.fromkeys(conclusion.license_ids, number))
        return {
            "total_assets": counts.total(),
            "commercial_use": _by_permission((each.commercial_use, counts[each]) for each in counts),
            "redistribution": _by_permission((each.redistribution, counts[each]) for each in counts),
            "licenses": dict(sorted(license_ids.items(), key=lambda item: _without_case(item[0]))),
        }

    @cached_property
    def export(self) -> Body:
        """Everything about licences, as an answer shows it; large, and made of parts that are kept."""
        metadata = self.licensing.metadata.document()
        head = {"schema_version": metadata["schema_version"], "metadata": metadata}
        parts = [orjson.dumps({**head, "licenses": self.licensing.made(sorted_definitions)})[:-1]]
        separator = b',"assets":['
        for part in (part for group in self.groups for part in group.encoded):
            parts += (separator, part)
            separator = b","
        parts.append((separator if separator != b"," else b"") + b'],"summary":')
        parts += (orjson.dumps(self.summary()), b"}")
        return Body.of_parts(parts, make_tag=partial(_tag, parts))


def sorted_definitions(licensing: ResourceCatalog) -> list[Document]:
    """Return all licence definitions, sorted by id without regard to case."""
    found = licensing.all(ResourceType.license_definition)
    return [found[key].document for key in sorted(found, key=_without_case)]


def _tag(parts: Iterable[bytes]) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    license_id: str | None
    commercial_use: str | None
    redistribution: str | None

    def fits(self, conclusion: Conclusion) -> bool:
        return (
            (self.license_id is None or self.license_id in conclusion.license_ids)
            and self.commercial_use in (None, conclusion.commercial_use)
            and self.redistribution in (None, conclusion.redistribution)
        )


def _wanted(filters: AssetFilters) -> _Wanted | None:
    values = (filters.license_id, filters.commercial_use, filters.redistribution)
    if all(value is None for value in values):
        return None
    license_id, commercial_use, redistribution = values
    return _Wanted(license_id=license_id, commercial_use=commercial_use, redistribution=redistribution)


def _by_permission(numbers: Iterable[tuple[str, int]]) -> dict[str, int]:
    counted = dict.fromkeys((status.value for status in PermissionStatus), 0)
    for status, number in numbers:
        counted[status] = counted.get(status, 0) + number
    return counted


def _group_order(group: AssetGroup) -> tuple[str, str]:
    return group.kind, f"{group.category}:"


def _without_case(text: str) -> tuple[str, str]:
    return text.casefold(), text
