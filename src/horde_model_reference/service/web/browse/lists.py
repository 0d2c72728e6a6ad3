"""Lists of models: what was found, and what to narrow it by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from horde_model_reference.catalog.document_table import SearchTable
from horde_model_reference.catalog.live_join import ModelLiveStatistics
from horde_model_reference.catalog.search import search
from horde_model_reference.catalog.size_buckets import SIZE_FIELDS
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.web.browse.list_query import (
    FILTERS,
    PAGE_LENGTH,
    SORT_LABELS,
    ListQuery,
    Sort,
)
from horde_model_reference.service.web.browse.page_links import PageLink, page_links
from horde_model_reference.service.web.labels import (
    LONGEST_LABEL,
    baseline_label,
    category_title,
    short_baseline_label,
    size_label,
    spaced,
)
from horde_model_reference.service.web.text_filters import image_address, short_number, shortened, size

_MOST_DESCRIBED: Final = 600
"""Characters of a description; a card has room for fewer."""
_FACETS: Final = ("category", "baseline", "style", "inpainting", "size", "nsfw", "license", "tags")
_FACET_TITLES: Final[Mapping[str, str]] = {
    "workers": "Served now",
    "category": "Category",
    "baseline": "Baseline",
    "style": "Style",
    "inpainting": "Inpainting",
    "size": "Size",
    "nsfw": "Safe for work",
    "license": "Licence",
    "tags": "Tags",
}
_VALUE_LABELS: Final[Mapping[tuple[str, str], str]] = {
    ("inpainting", "true"): "yes",
    ("inpainting", "false"): "no",
    ("nsfw", "true"): "no (NSFW)",
    ("nsfw", "false"): "yes",
    ("license", "NOASSERTION"): "not stated",
    ("workers", "some"): "by a worker",
}
_OF_FIGURES: Final = frozenset({"used", "workers"})
"""Orders that need figures."""
_SHOWN_AT_ONCE: Final = 8
_MOST_SHOWN: Final = 40
_SIZES: Final = [bucket[0] for buckets in SIZE_FIELDS.values() for bucket in buckets]
"""In the order in which people expect them."""
_OF_ONE_CATEGORY: Final = frozenset({"baseline", "style", "inpainting"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterLink:
    """A value to narrow the list by; following the link of a chosen one lets it go."""

    label: str
    count: int
    path: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterGroup:
    """The values of one trait."""

    name: str
    title: str
    links: tuple[FilterLink, ...]
    more: tuple[FilterLink, ...]
    """Shown when somebody wants them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model in a list."""

    category: str
    category_title: str
    name: str
    description: str
    baseline: str
    style: str
    size: str
    is_nsfw: bool
    tags: tuple[str, ...]
    picture: str | None
    updated_at: int | None
    workers: int | None
    used_in_month: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A page of a list."""

    entries: tuple[Entry, ...]
    total: int
    first: int
    last: int
    groups: tuple[FilterGroup, ...]
    previous: str | None
    next: str | None
    pages: tuple[PageLink | None, ...]
    """None where numbers are left out."""

    def has(self, trait: str) -> bool:
        """Tell whether any of the entries says something of a trait, so that a column for it is of use."""
        return any(getattr(entry, trait) for entry in self.entries)


def list_page(table: SearchTable, query: ListQuery, figures: Mapping[str, ModelLiveStatistics]) -> ListPage:
    """Return what a list shows; ``figures`` are those of its models, as far as there are any.

    Raises:
        InvalidSearchError: The category has not what the query filters by.
    """

    def used(name: str) -> float:
        found = figures.get(name)
        return found.usage_stats.month if found and found.usage_stats else 0

    def workers(name: str) -> int:
        found = figures.get(name)
        return found.worker_count if found else 0

    def is_served(name: str) -> bool:
        return workers(name) > 0

    request = query.search(facets=_FACETS)
    by_use = query.sort == "used" or (query.is_in_usual_order and bool(figures))
    rank = used if by_use else workers if query.sort == "workers" else None
    only = is_served if query.workers and figures else None
    answer: dict[str, Any] = orjson.loads(search(table, request, rank=rank, only=only))
    served = _total(table, query, only=is_served) if figures else 0
    total, offset = answer["total"], request.offset
    entries = tuple(_entry(document, figures) for document in answer["results"])
    return ListPage(
        entries=entries,
        total=total,
        first=offset + 1 if entries else 0,
        last=offset + len(entries),
        groups=(*_served_group(query, served, total), *_groups(query, answer["facets"], total)),
        previous=query.address(page=query.page - 1) if query.page > 1 else None,
        next=query.address(page=query.page + 1) if offset + PAGE_LENGTH < total else None,
        pages=page_links(query.page, -(-total // PAGE_LENGTH), lambda page: query.address(page=page)),
    )


def _total(table: SearchTable, query: ListQuery, *, only: Callable[[str], bool]) -> int:
    """Return how many of the models that a query finds are among some."""
    request = replace(query.search(facets=()), offset=0, limit=1, fields=("name",), sort_by=None)
    total: int = orjson.loads(search(table, request, only=only))["total"]
    return total


def sort_choices(query: ListQuery, *, has_figures: bool) -> list[tuple[Sort, str]]:
    """Return the orders that a list may be in, the usual one first."""
    labels: dict[Sort, str] = dict(SORT_LABELS)
    if not query.q:
        labels[""] = labels.pop("used") if has_figures else "As registered"
    return [(sort, label) for sort, label in labels.items() if has_figures or sort not in _OF_FIGURES]


def _served_group(query: ListQuery, served: int, total: int) -> Iterator[FilterGroup]:
    if served and (query.workers or served < total):
        link = _link(query, "workers", "some", served)
        yield FilterGroup(name="workers", title=_FACET_TITLES["workers"], links=(link,), more=())


def _groups(
    query: ListQuery, facets: Mapping[str, Sequence[Mapping[str, Any]]], total: int
) -> Iterator[FilterGroup]:
    for name in _FACETS:
        if name in (_OF_ONE_CATEGORY if query.category is None else {"category"}):
            continue
        values = [each for each in facets[name] if len(each["value"]) <= LONGEST_LABEL]
        if name == "size":
            values = sorted(values, key=lambda each: _SIZES.index(each["value"]))
        links = [_link(query, name, each["value"], each["count"]) for each in values]
        links.sort(key=lambda link: not link.is_chosen)
        if any(link.is_chosen or link.count < total for link in links):
            yield FilterGroup(
                name=name,
                title=_facet_title(query, name),
                links=tuple(links[:_SHOWN_AT_ONCE]),
                more=tuple(links[_SHOWN_AT_ONCE:_MOST_SHOWN]),
            )


def _link(query: ListQuery, facet: str, value: str, count: int) -> FilterLink:
    label = _value_label(facet, value)
    if facet == "category":
        is_chosen, path = False, replace(query, category=Category(value)).address()
    elif facet == "tags":
        is_chosen = value in query.tag
        others = tuple(tag for tag in query.tag if tag != value)
        path = query.address(tag=others if is_chosen else (*others, value))
    else:
        is_chosen = getattr(query, facet) == value
        path = query.address(**{facet: "" if is_chosen else value})
    return FilterLink(label=label, count=count, path=path, is_chosen=is_chosen)


def _facet_title(query: ListQuery, facet: str) -> str:
    is_of_weights = facet == "size" and query.category is Category.text_generation
    return "Weights" if is_of_weights else _FACET_TITLES[facet]


def _value_label(facet: str, value: str) -> str:
    if facet == "category":
        return category_title(value)
    if facet == "baseline":
        return baseline_label(value)
    if facet == "size":
        return size_label(value)
    return _VALUE_LABELS.get((facet, value), spaced(value) if facet == "style" else value)


def chosen_filters(query: ListQuery) -> list[tuple[str, str]]:
    """Return what narrows a list, each with the address of the list without it."""
    found = [(f"“{query.q}”", query.address(q=""))] if query.q else []
    for name in FILTERS:
        value = getattr(query, name)
        if value:
            label = _value_label(name, value)
            found.append((f"{_facet_title(query, name)}: {label}", query.address(**{name: ""})))
    for tag in query.tag:
        found.append((f"Tag: {tag}", query.address(tag=tuple(each for each in query.tag if each != tag))))
    return found


def _entry(document: Mapping[str, Any], figures: Mapping[str, ModelLiveStatistics]) -> Entry:
    category, name = document["record_type"], document["name"]
    live = figures.get(name)
    pictures = [safe for each in document.get("showcases") or () if (safe := image_address(each))]
    usage = live.usage_stats if live else None
    return Entry(
        category=category,
        category_title=category_title(category),
        name=name,
        description=(document.get("description") or "")[:_MOST_DESCRIBED],
        baseline=shortened(short_baseline_label(document.get("baseline") or ""), LONGEST_LABEL),
        style=shortened(
            spaced(document.get("style") or document.get("controlnet_style") or ""), LONGEST_LABEL
        ),
        size=_size(document),
        is_nsfw=bool(document.get("nsfw")),
        tags=tuple(document.get("tags") or ())[:4],
        picture=pictures[0] if pictures else None,
        updated_at=document.get("metadata", {}).get("updated_at"),
        workers=live.worker_count if live else None,
        used_in_month=usage.month if usage else (0 if live else None),
    )


def _size(document: Mapping[str, Any]) -> str:
    if document["record_type"] == Category.text_generation:
        parameters = document.get("parameters_count") or document.get("parameters")
        return short_number(parameters) if parameters else ""
    byte_count = document.get("size_on_disk_bytes")
    return size(byte_count) if byte_count else ""
