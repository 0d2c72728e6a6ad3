"""Counts of the values that a set of records has, to narrow a search by."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from horde_model_reference.catalog.live_names import backend_of
from horde_model_reference.catalog.record_table import RecordTable, Rows
from horde_model_reference.catalog.statistics import PARAMETER_BUCKETS
from horde_model_reference.domain.license_expressions import NOASSERTION

MOST_VALUES: Final = 100
"""How many values of a facet are counted out: the most frequent ones."""

_BILLION: Final = 10**9
_SIZE_BUCKETS: Final = (
    ("< 2GB", 0, 2 * _BILLION),
    ("2GB-4GB", 2 * _BILLION, 4 * _BILLION),
    ("4GB-8GB", 4 * _BILLION, 8 * _BILLION),
    ("8GB-16GB", 8 * _BILLION, 16 * _BILLION),
    ("> 16GB", 16 * _BILLION, None),
)
"""Label, lower edge (included) and upper edge (excluded) in bytes, 10^9 to a GB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCount:
    """How many of the records have a value."""

    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facet:
    column: str
    values: Callable[[Any], tuple[str, ...]]
    """The values that a record counts under, from the value in the column."""


def count_facet(name: str, table: RecordTable, rows: Rows) -> list[FacetCount]:
    """Return the values of a facet that the rows have, the most frequent first, equals by their text."""
    counts: Counter[str] = Counter()
    for facet in _FACETS[name]:
        # Equal tuples are counted first, which is quick, and taken apart after that.
        values = table.derived(facet.column, facet.values)
        for several, count in Counter(map(values.__getitem__, rows)).items():
            for value in several:
                counts[value] += count
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [FacetCount(value=value, count=count) for value, count in ordered[:MOST_VALUES]]


def _texts(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _truth(value: bool | None) -> tuple[str, ...]:
    return () if value is None else ("true",) if value else ("false",)


def _tags(value: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value or ()))


def _backend(name: str | None) -> tuple[str, ...]:
    return () if name is None else (backend_of(name),)


def _license_ids(licensing: Any) -> tuple[str, ...]:
    return tuple(licensing.license_ids) or (NOASSERTION,) if licensing is not None else (NOASSERTION,)


def _bucket_of(
    buckets: Iterable[tuple[str, int, int | None]],
) -> Callable[[int | None], tuple[str, ...]]:
    def bucket(size: int | None) -> tuple[str, ...]:
        if size is None:
            return ()
        return tuple(label for label, low, high in buckets if low <= size and (high is None or size < high))

    return bucket


_FACETS: Final[Mapping[str, tuple[_Facet, ...]]] = {
    "baseline": (_Facet(column="baseline", values=_texts),),
    "style": (_Facet(column="style", values=_texts),),
    "nsfw": (_Facet(column="nsfw", values=_truth),),
    "tags": (_Facet(column="tags", values=_tags),),
    "backend": (_Facet(column="name", values=_backend),),
    # Files are measured in bytes and text models in weights; each record has one of the two.
    "size": (
        _Facet(column="size_on_disk_bytes", values=_bucket_of(_SIZE_BUCKETS)),
        _Facet(column="parameters_count", values=_bucket_of(PARAMETER_BUCKETS)),
    ),
    "license": (_Facet(column="licensing", values=_license_ids),),
}

FACET_NAMES: Final = tuple(_FACETS)
