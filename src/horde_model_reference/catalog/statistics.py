"""Figures of a category, from its records alone (spec 13)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from horde_model_reference.catalog.reference_models import download_entries, host_of, list_in, positive_whole
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.domain.text_aliases import NO_ALIASES, GroupAliases
from horde_model_reference.formats.text_names import suggested_group

_TOP = 20
_FIELDS = (
    "baseline",
    "config",
    "inpainting",
    "nsfw",
    "parameters",
    "parameters_count",
    "requirements",
    "showcases",
    "size_on_disk_bytes",
    "style",
    "tags",
    "trigger",
)
_BILLION = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineStats:
    """How many records share a baseline."""

    baseline: str
    count: int
    percentage: float
    """Of all records, as everywhere here; two decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadStats:
    """What is known about the files of a category; sizes in bytes."""

    total_models_with_downloads: int
    total_download_entries: int
    total_size_bytes: int
    models_with_size_info: int
    average_size_bytes: float
    hosts: dict[str, int]
    """Number of files by host, most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagStats:
    """How often a tag or a style occurs."""

    tag: str
    count: int
    percentage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterBucketStats:
    """How many text models are as large as ``min_params``, and smaller than ``max_params`` (None: no end)."""

    bucket_label: str
    min_params: int | None
    max_params: int | None
    count: int
    percentage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryStatistics:
    """The figures of one category; those that don't concern it are zero."""

    category: Category
    total_models: int
    returned_models: int
    offset: int = 0
    limit: int | None = None
    nsfw_count: int
    baseline_distribution: dict[str, BaselineStats]
    download_stats: DownloadStats
    top_tags: list[TagStats]
    top_styles: list[TagStats]
    parameter_buckets: list[ParameterBucketStats]
    models_without_param_info: int
    models_with_trigger_words: int
    models_with_inpainting: int
    models_with_requirements: int
    models_with_showcases: int
    computed_at: int
    """Unix seconds."""


def category_statistics(
    category: Category,
    records: Iterable[tuple[str, Any]],
    *,
    grouped: bool,
    computed_at: int,
    aliases: GroupAliases = NO_ALIASES,
) -> CategoryStatistics:
    """Return the figures of records in storage order; ``grouped`` makes one of the text models of a group.

    ``aliases`` say which groups are one under several names.
    """
    slim = ((name, _slim(document)) for name, document in records)
    named = _grouped(slim, aliases) if grouped and category is Category.text_generation else slim
    documents = [document for _, document in named]
    objects = [document for document in documents if is_document(document)]
    is_image = category is Category.image_generation
    buckets, without_parameters = _parameter_buckets(category, objects, len(documents))
    return CategoryStatistics(
        category=category,
        total_models=len(documents),
        returned_models=len(documents),
        nsfw_count=_count(objects, "nsfw"),
        baseline_distribution=_baselines(objects, len(documents)),
        download_stats=_download_stats(objects),
        top_tags=_top((tag for document in objects for tag in list_in(document, "tags")), len(documents)),
        top_styles=_top((document.get("style") for document in objects), len(documents)),
        parameter_buckets=buckets,
        models_without_param_info=without_parameters,
        models_with_trigger_words=sum(bool(list_in(each, "trigger")) for each in objects) if is_image else 0,
        models_with_inpainting=_count(objects, "inpainting") if is_image else 0,
        models_with_requirements=_count(objects, "requirements") if is_image else 0,
        models_with_showcases=sum(bool(list_in(each, "showcases")) for each in objects),
        computed_at=computed_at,
    )


def _slim(document: Any) -> Any:
    """Return only what is counted, since of a large category all documents are held at once."""
    if not is_document(document):
        return document
    return {field: document[field] for field in _FIELDS if field in document}


def _grouped(records: Iterable[tuple[str, Any]], aliases: GroupAliases) -> list[tuple[str, Any]]:
    """Return one document a group: that of its first member, with the download lists of all."""
    groups: dict[str, Any] = {}
    downloads: dict[str, list[Any]] = {}
    for name, document in records:
        group = aliases.resolve(suggested_group(name))
        groups.setdefault(group, document)
        if is_document(document):
            downloads.setdefault(group, []).extend(download_entries(document))
    return [
        (group, {**first, "config": {"download": downloads[group]}} if is_document(first) else first)
        for group, first in groups.items()
    ]


def _baselines(documents: Iterable[Mapping[str, Any]], total: int) -> dict[str, BaselineStats]:
    counts = Counter(_texts(document.get("baseline") for document in documents))
    return {
        baseline: BaselineStats(baseline=baseline, count=count, percentage=_percentage(count, total))
        for baseline, count in counts.most_common()
    }


def _top(values: Iterable[object], total: int) -> list[TagStats]:
    return [
        TagStats(tag=tag, count=count, percentage=_percentage(count, total))
        for tag, count in Counter(_texts(values)).most_common(_TOP)
    ]


def _texts(values: Iterable[object]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str) and value)


def _download_stats(documents: Iterable[Mapping[str, Any]]) -> DownloadStats:
    entries_of_each = [(document, download_entries(document)) for document in documents]
    sizes = [size for each, _ in entries_of_each if (size := positive_whole(each.get("size_on_disk_bytes")))]
    hosts = Counter(host for _, entries in entries_of_each for host in _hosts(entries))
    return DownloadStats(
        total_models_with_downloads=sum(bool(entries) for _, entries in entries_of_each),
        total_download_entries=sum(len(entries) for _, entries in entries_of_each),
        total_size_bytes=sum(sizes),
        models_with_size_info=len(sizes),
        average_size_bytes=round(sum(sizes) / len(sizes), 2) if sizes else 0.0,
        hosts=dict(hosts.most_common()),
    )


def _hosts(entries: Iterable[Any]) -> Iterable[str]:
    for entry in entries:
        try:
            host = host_of(entry)
        except ValueError:
            continue
        if host is not None:
            yield host


def _bucket_edges() -> tuple[tuple[str, int, int | None], ...]:
    edges = (0, 3, 6, 9, 13, 20, 35, 70)
    inner = [(f"{low}B-{high}B", low, high) for low, high in pairwise(edges[1:])]
    return (
        ("< 3B", 0, 3 * _BILLION),
        *((label, low * _BILLION, high * _BILLION) for label, low, high in inner),
        ("> 70B", 70 * _BILLION, None),
    )


PARAMETER_BUCKETS = _bucket_edges()
"""Label, lower edge (included) and upper edge (excluded, None for none), smallest first (spec 13)."""


def _parameter_buckets(
    category: Category, documents: Iterable[Mapping[str, Any]], total: int
) -> tuple[list[ParameterBucketStats], int]:
    if category is not Category.text_generation:
        return [], 0
    sizes = [size for document in documents if (size := _parameters(document))]
    buckets = [
        ParameterBucketStats(
            bucket_label=label,
            min_params=low,
            max_params=high,
            count=count,
            percentage=_percentage(count, total),
        )
        for label, low, high in PARAMETER_BUCKETS
        if (count := sum(low <= size and (high is None or size < high) for size in sizes))
    ]
    return buckets, total - len(sizes)


def _parameters(document: Mapping[str, Any]) -> int | None:
    return positive_whole(document.get("parameters", document.get("parameters_count")))


def _count(documents: Iterable[Mapping[str, Any]], field: str) -> int:
    return sum(bool(document.get(field)) for document in documents)


def _percentage(count: int, total: int) -> float:
    return round(count / total * 100, 2) if total else 0.0
