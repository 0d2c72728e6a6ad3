"""Filters of a search that pages have beside those of the API."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from search_catalog import image_document, stored

from horde_model_reference.catalog.search import SearchRequest, search
from horde_model_reference.catalog.search_errors import InvalidSearchError
from horde_model_reference.catalog.search_filters import SearchFilters
from horde_model_reference.catalog.size_buckets import SIZE_FIELDS, is_in_bucket
from horde_model_reference.catalog.snapshot import build_snapshot
from horde_model_reference.domain.categories import Category

IMAGES = build_snapshot(
    Category.image_generation,
    stored(
        {
            "small": image_document(style="anime", size_on_disk_bytes=1_999_999_999),
            "middle": image_document(style="anime", size_on_disk_bytes=2_000_000_000),
            "large": image_document(style="realistic", size_on_disk_bytes=90_000_000_000),
            "unknown": image_document(),
        }
    ),
    revision=1,
    modified_at=1,
)


def found(**filters: Any) -> list[str]:
    request = SearchRequest(category=Category.image_generation, filters=SearchFilters(**filters))
    results = orjson.loads(search(IMAGES.table(), request))["results"]
    return [record["name"] for record in results]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"style": "anime"}, ["small", "middle"]),
        ({"size": "< 2GB"}, ["small"]),
        ({"size": "2GB-4GB"}, ["middle"]),
        ({"size": "> 16GB"}, ["large"]),
        ({"size": "2GB-4GB", "style": "realistic"}, []),
    ],
)
def test_a_filter_keeps_what_fits(filters: dict[str, str], names: list[str]) -> None:
    assert found(**filters) == names


def test_a_size_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidSearchError):
        found(size="huge")


def test_a_rank_goes_before_any_order() -> None:
    request = SearchRequest(category=Category.image_generation, sort_by="name", offset=1, limit=2)
    ranks = {"unknown": 3.0, "large": 2.0, "small": 1.0}

    answer = orjson.loads(search(IMAGES.table(), request, rank=lambda name: ranks.get(name, 0)))

    assert [record["name"] for record in answer["results"]] == ["large", "small"]


@given(st.integers(0, 10**12), st.sampled_from(sorted(SIZE_FIELDS)))
def test_every_size_is_in_exactly_one_bucket(size: int, field: str) -> None:
    assert sum(is_in_bucket(size, bucket) for bucket in SIZE_FIELDS[field]) == 1
