"""The starter set is small, well formed, and says what the real registry says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from shared_data import shared_path

from horde_model_reference.sources.starter import starter_folder

# File name -> category and how many models it holds at least: categories with few real models hold them all.
_FILES = {
    "blip.json": ("blip", 2),
    "clip.json": ("clip", 2),
    "codeformer.json": ("codeformer", 1),
    "controlnet.json": ("controlnet", 3),
    "esrgan.json": ("esrgan", 3),
    "gfpgan.json": ("gfpgan", 1),
    "miscellaneous.json": ("miscellaneous", 2),
    "safety_checker.json": ("safety_checker", 1),
    "stable_diffusion.json": ("image_generation", 3),
    "text_generation.json": ("text_generation", 3),
}
_OWN_WORDS = "description"
_ADDED_BY_THE_SERVICE = {"licensing", "guidance"}
_STAMPS = {"created_at", "updated_at"}

every_file = pytest.mark.parametrize("file_name", sorted(_FILES))


def _text(file_name: str) -> str:
    return (starter_folder() / file_name).read_text(encoding="utf-8")


def _models(file_name: str) -> dict[str, dict[str, Any]]:
    models: dict[str, dict[str, Any]] = json.loads(_text(file_name))
    return models


def _recorded(file_name: str) -> dict[str, dict[str, Any]]:
    path = shared_path("golden", "v2", f"{_FILES[file_name][0]}.json")
    models: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return models


def _facts(record: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield in order what has to agree with the real registry: all but descriptions, stamps and additions."""
    for key, value in record.items():
        if key == "metadata":
            kept = {name: part for name, part in value.items() if name not in _STAMPS}
            if kept:
                yield key, kept
        elif key != _OWN_WORDS and key not in _ADDED_BY_THE_SERVICE:
            yield key, value


def test_the_folder_holds_one_file_for_each_category_with_data() -> None:
    names = {entry.name for entry in starter_folder().iterdir() if entry.name.endswith(".json")}

    assert names == set(_FILES)


@every_file
def test_a_file_holds_a_handful_of_models(file_name: str) -> None:
    assert _FILES[file_name][1] <= len(_models(file_name)) <= 8


@every_file
def test_a_file_is_indented_by_two_spaces_and_ends_with_a_newline(file_name: str) -> None:
    again = json.dumps(_models(file_name), indent=2, ensure_ascii=False) + "\n"

    assert _text(file_name) == again


@every_file
def test_a_model_is_filed_under_its_name_and_has_a_short_description(file_name: str) -> None:
    for key, record in _models(file_name).items():
        assert record["name"] == key
        assert 20 <= len(record["description"]) <= 120


@every_file
def test_every_download_has_an_address_and_a_hash_or_says_that_it_is_unknown(file_name: str) -> None:
    downloads = [each for record in _models(file_name).values() for each in record["config"]["download"]]

    for download in downloads:
        assert download["file_url"].startswith("https://")
        assert download.get("sha256sum") == "FIXME" or re.fullmatch("[0-9a-fA-F]{64}", download["sha256sum"])


@every_file
def test_nothing_that_the_service_adds_on_reads_is_stored(file_name: str) -> None:
    for record in _models(file_name).values():
        assert not _ADDED_BY_THE_SERVICE & set(record)
        assert not _STAMPS & set(record.get("metadata", {}))


def test_the_image_models_cover_several_baselines_and_an_inpainting_model() -> None:
    models = _models("stable_diffusion.json").values()

    baselines = {record["baseline"] for record in models}
    assert baselines >= {"stable_diffusion_1", "stable_diffusion_xl", "stable_cascade", "flux_1"}
    assert any(record.get("inpainting") for record in models)


def test_the_text_models_reach_from_below_one_to_above_a_hundred_billion_parameters() -> None:
    sizes = sorted(record["parameters"] for record in _models("text_generation.json").values())

    assert sizes[0] < 10**9
    assert sizes[-1] > 10**11


@every_file
def test_the_facts_and_their_order_are_those_of_the_real_registry(file_name: str) -> None:
    recorded = _recorded(file_name)

    for name, record in _models(file_name).items():
        assert list(_facts(record)) == list(_facts(recorded[name]))


@every_file
def test_no_description_is_taken_from_the_real_registry(file_name: str) -> None:
    foreign = [record.get(_OWN_WORDS, "") for record in _recorded(file_name).values()]

    for record in _models(file_name).values():
        assert not [text for text in foreign if record[_OWN_WORDS].rstrip(".") in text]
