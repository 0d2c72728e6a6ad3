"""Counts of the values that a set of records has, to narrow a search by."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

from horde_model_reference.catalog.live_names import backend_of
from horde_model_reference.catalog.record_table import RecordTable, Rows
from horde_model_reference.catalog.size_buckets import SIZE_FIELDS, Bucket, is_in_bucket
from horde_model_reference.domain.license_expressions import NOASSERTION

_SEPARATOR: Final = "\x1f"
MOST_VALUES: Final = 100
"""How many values of a facet are counted out: the most frequent ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCount:
    """How many of the records have a value."""

    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facet:
    column: str
    values: Callable[[Any], str]
    """The values that a record counts under, from the value in the column, joined: texts count quickly."""


def count_facet(name: str, table: RecordTable, rows: Rows) -> list[FacetCount]:
    """Return the values of a facet that the rows have, the most frequent first, equals by their text."""
    counts: Counter[str] = Counter()
    for facet in _FACETS[name]:
        for joined, count in table.value_counts(facet.column, facet.values, rows).items():
            for value in joined.split(_SEPARATOR) if joined else ():
                counts[value] += count
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [FacetCount(value=value, count=count) for value, count in ordered[:MOST_VALUES]]


def _text(value: str | None) -> str:
    return value or ""


def _truth(value: bool | None) -> str:
    return "" if value is None else "true" if value else "false"


def _tags(value: Iterable[str] | None) -> str:
    return intern(_SEPARATOR.join(dict.fromkeys(tag for tag in value or () if tag)))


def _license_ids(licensing: Any) -> str:
    ids: Iterable[str] = () if licensing is None else licensing.license_ids
    return intern(_SEPARATOR.join(ids) or NOASSERTION)


def _bucket_of(buckets: Iterable[Bucket]) -> Callable[[int | None], str]:
    def bucket(size: int | None) -> str:
        return next((each[0] for each in buckets if is_in_bucket(size, each)), "")

    return bucket


_FACETS: Final[Mapping[str, tuple[_Facet, ...]]] = {
    "baseline": (_Facet(column="baseline", values=_text),),
    "style": (_Facet(column="style", values=_text),),
    "nsfw": (_Facet(column="nsfw", values=_truth),),
    "inpainting": (_Facet(column="inpainting", values=_truth),),
    "category": (_Facet(column="record_type", values=_text),),
    "tags": (_Facet(column="tags", values=_tags),),
    "backend": (_Facet(column="name", values=backend_of),),
    "size": tuple(_Facet(column=field, values=_bucket_of(found)) for field, found in SIZE_FIELDS.items()),
    "license": (_Facet(column="licensing", values=_license_ids),),
}

FACET_NAMES: Final = tuple(_FACETS)
