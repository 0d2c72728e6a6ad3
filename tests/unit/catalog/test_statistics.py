"""Figures of a category from its records (spec 13)."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from shared_data import shared_path

from horde_model_reference.catalog.statistics import (
    PARAMETER_BUCKETS,
    CategoryStatistics,
    category_statistics,
)
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.text_aliases import GroupAliases

TEXT, IMAGE = Category.text_generation, Category.image_generation


def figures(category: Category, records: dict[str, Any], *, grouped: bool = False) -> CategoryStatistics:
    return category_statistics(category, records.items(), grouped=grouped, computed_at=7)


def test_groups_that_are_one_under_several_names_are_counted_as_one() -> None:
    records = {"Alpha-7B": {"baseline": "a"}, "Alfa-7B": {"baseline": "b"}, "Beta-7B": {"baseline": "c"}}
    aliases = GroupAliases({"Alpha": ("Alfa",)})

    found = category_statistics(TEXT, records.items(), grouped=True, computed_at=7, aliases=aliases)

    assert found.total_models == 2
    assert list(found.baseline_distribution) == ["a", "c"]


def downloads(*urls: str) -> dict[str, Any]:
    return {"download": [{"file_name": "f", "file_url": url} for url in urls]}


def test_an_empty_category_has_zeros_everywhere() -> None:
    found = figures(TEXT, {})

    assert (found.total_models, found.returned_models, found.models_without_param_info) == (0, 0, 0)
    assert (found.offset, found.limit, found.computed_at) == (0, None, 7)
    assert found.download_stats.average_size_bytes == 0.0


def test_a_record_that_is_no_object_counts_in_totals_only() -> None:
    found = figures(IMAGE, {"a": {"nsfw": True}, "b": "text", "c": None})

    assert (found.total_models, found.nsfw_count) == (3, 1)


def test_baselines_come_most_frequent_first_and_ties_as_first_seen() -> None:
    baselines = ["x", "y", "z", "z", "", None]

    found = figures(IMAGE, {str(index): {"baseline": each} for index, each in enumerate(baselines)})

    assert list(found.baseline_distribution) == ["z", "x", "y"]
    assert found.baseline_distribution["z"].percentage == 33.33


def test_hosts_keep_their_port_and_addresses_without_one_are_not_counted() -> None:
    records = {
        "a": {"config": downloads("https://one.example:8080/f", "nowhere", "http://[broken")},
        "b": {"config": downloads("https://two.example/f", "https://two.example/g"), "size_on_disk_bytes": 3},
        "c": {"config": {"download": []}, "size_on_disk_bytes": 0},
        "d": {"size_on_disk_bytes": 4},
    }

    found = figures(IMAGE, records).download_stats

    assert list(found.hosts.items()) == [("two.example", 2), ("one.example:8080", 1)]
    assert (found.total_models_with_downloads, found.total_download_entries) == (2, 5)
    assert (found.models_with_size_info, found.total_size_bytes, found.average_size_bytes) == (2, 7, 3.5)


def test_tags_are_counted_by_occurrence_in_their_case_and_twenty_are_listed() -> None:
    records = {
        "a": {"tags": ["x", "x", "X", ""], "style": "s"},
        "b": {"tags": [f"t{number}" for number in range(30)]},
    }

    found = figures(TEXT, records)

    assert [(entry.tag, entry.count) for entry in found.top_tags[:3]] == [("x", 2), ("X", 1), ("t0", 1)]
    assert len(found.top_tags) == 20
    assert [(entry.tag, entry.percentage) for entry in found.top_styles] == [("s", 50.0)]


@pytest.mark.parametrize(
    ("parameters", "label"),
    [
        (1, "< 3B"),
        (2_999_999_999, "< 3B"),
        (3_000_000_000, "3B-6B"),
        (13_000_000_000, "13B-20B"),
        (69_999_999_999, "35B-70B"),
        (70_000_000_000, "> 70B"),
        (10**13, "> 70B"),
    ],
)
def test_the_lower_edge_belongs_to_a_bucket_and_the_upper_does_not(parameters: int, label: str) -> None:
    (found,) = figures(TEXT, {"a": {"parameters": parameters}}).parameter_buckets

    assert (found.bucket_label, found.count, found.percentage) == (label, 1, 100.0)


def test_buckets_touch_each_other() -> None:
    assert [high for _, _, high in PARAMETER_BUCKETS[:-1]] == [low for _, low, _ in PARAMETER_BUCKETS[1:]]


@pytest.mark.parametrize("parameters", [None, 0, -5, "7B", True])
def test_what_is_no_count_of_parameters_is_no_information(parameters: object) -> None:
    found = figures(TEXT, {"a": {"parameters": parameters}})

    assert (found.parameter_buckets, found.models_without_param_info) == ([], 1)


def test_figures_of_image_models_are_zero_for_others() -> None:
    record = {"trigger": ["a"], "inpainting": True, "requirements": {"b": 1}, "showcases": ["c"]}

    of_images, of_texts = figures(IMAGE, {"a": record}), figures(TEXT, {"a": record})

    assert (of_images.models_with_trigger_words, of_images.models_with_inpainting) == (1, 1)
    assert (of_texts.models_with_trigger_words, of_texts.models_with_inpainting) == (0, 0)
    assert (of_images.models_with_requirements, of_texts.models_with_requirements) == (1, 0)
    assert (of_images.models_with_showcases, of_texts.models_with_showcases) == (1, 1)


def test_a_group_counts_once_with_the_downloads_of_all_its_members() -> None:
    records = {
        "a/Comet-8B": {"baseline": "x", "config": downloads("https://h.example/1"), "parameters": 8 * 10**9},
        "b/Other-1B": {"baseline": "x"},
        "a/Comet-70B": {"baseline": "y", "config": downloads("https://h.example/2")},
    }

    found = figures(TEXT, records, grouped=True)

    assert found.total_models == 2
    assert {name: entry.count for name, entry in found.baseline_distribution.items()} == {"x": 2}
    assert found.download_stats.hosts == {"h.example": 2}


def test_grouping_leaves_the_records_as_they_were() -> None:
    records = {"Comet-8B": {"config": downloads("u")}, "Comet-70B": {"config": downloads("v")}}
    before = json.dumps(records)

    figures(TEXT, records, grouped=True)

    assert json.dumps(records) == before


def test_grouping_changes_nothing_for_other_categories() -> None:
    records: dict[str, Any] = {"Comet-8B": {}, "Comet-70B": {}}

    assert figures(IMAGE, records, grouped=True) == figures(IMAGE, records)


def test_the_real_text_models_fill_the_buckets() -> None:
    records = json.loads(shared_path("golden", "v2", "text_generation.json").read_text("utf-8"))

    found = figures(TEXT, records)

    assert [bucket.count for bucket in found.parameter_buckets] == [89, 31, 142, 68, 114, 142, 19, 114]
    assert found.models_without_param_info == 0


def test_the_recorded_figures_of_image_models_hold() -> None:
    records = json.loads(shared_path("golden", "v2", "image_generation.json").read_text("utf-8"))
    recorded = json.loads(shared_path("golden", "statistics", "image_generation.json").read_text("utf-8"))

    found = json.loads(json.dumps(asdict(figures(IMAGE, records))))

    assert found | {"computed_at": 0} == recorded | {"computed_at": 0}
