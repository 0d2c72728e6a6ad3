"""Legacy records after a change in v2: true again, and otherwise as they were."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_model_reference.formats.legacy import legacy_to_v2
from horde_model_reference.formats.legacy_export import dump_legacy_file, v2_to_legacy
from horde_model_reference.formats.legacy_merge import merge_legacy

_OLD: dict[str, Any] = {
    "name": "M",
    "baseline": "stable diffusion 1",
    "type": "ckpt",
    "description": "old",
    "style": " anime ",
    "tags": [" a "],
    "download_all": True,
    "features_not_supported": ["hires_fix"],
    "requirements": {"karras": True},
    "foo": "bar",
    "config": {
        "files": [
            {"path": "m.ckpt", "sha256sum": "a" * 64, "md5sum": "5"},
            {"path": "v1-inference.yaml"},
            {"path": "vae.pt", "file_type": "vae"},
        ],
        "download": [
            {"file_name": "m.ckpt", "file_path": "", "file_url": "https://x/m"},
            {"file_name": "vae.pt", "file_path": "somewhere", "file_url": None, "note": 1},
        ],
    },
    "available": False,
}


def _merged(change: dict[str, Any]) -> dict[str, Any]:
    document = legacy_to_v2("image_generation", "M", _OLD).document
    return merge_legacy("image_generation", _OLD, document, document | change)


def _downloads() -> list[dict[str, Any]]:
    document = legacy_to_v2("image_generation", "M", _OLD).document
    downloads: list[dict[str, Any]] = deepcopy(document["config"]["download"])
    return downloads


def test_a_changed_field_is_told_and_all_others_stay_as_spelled() -> None:
    assert _merged({"description": "new"}) == _OLD | {"description": "new"}


def test_a_truth_value_in_place_of_a_number_is_a_change() -> None:
    old = _OLD | {"requirements": {"clip_skip": 1}}
    document = legacy_to_v2("image_generation", "M", old).document

    merged = merge_legacy("image_generation", old, document, document | {"requirements": {"clip_skip": True}})

    assert merged["requirements"]["clip_skip"] is True


def test_a_field_that_v2_removed_is_gone() -> None:
    expected = {key: value for key, value in _OLD.items() if key != "description"}

    assert _merged({"description": None}) == expected


def test_a_changed_baseline_has_its_legacy_name() -> None:
    assert _merged({"baseline": "stable_diffusion_2_768"})["baseline"] == "stable diffusion 2"


def test_the_old_spelling_of_schedulers_goes_when_the_requirements_change() -> None:
    changed = {"schedulers": ["karras"], "clip_skip": 2}

    assert _merged({"requirements": changed})["requirements"] == changed


def test_writing_out_a_default_changes_nothing() -> None:
    assert _merged({"inpainting": False, "record_type": "image_generation", "finetune_series": None}) == _OLD


def test_a_file_removed_in_v2_leaves_files_and_downloads() -> None:
    merged = _merged({"config": {"download": _downloads()[:1]}})

    assert merged["config"] == {
        "files": _OLD["config"]["files"][:2],
        "download": _OLD["config"]["download"][:1],
    }


def test_a_file_added_in_v2_joins_files_and_downloads() -> None:
    added = {"file_name": "new.pt", "file_url": "https://x/n", "sha256sum": "b" * 64, "file_purpose": "vae"}

    merged = _merged({"config": {"download": [*_downloads(), added]}})

    assert merged["config"]["files"] == [
        *_OLD["config"]["files"],
        {"path": "new.pt", "sha256sum": "b" * 64, "file_type": "vae"},
    ]
    assert merged["config"]["download"] == [
        *_OLD["config"]["download"],
        {"file_name": "new.pt", "file_path": "", "file_url": "https://x/n"},
    ]


def test_a_changed_sum_and_address_leave_the_rest_of_their_entries_alone() -> None:
    downloads = _downloads()
    downloads[0]["sha256sum"] = "c" * 64
    downloads[1]["file_url"] = "https://x/v"

    merged = _merged({"config": {"download": downloads}})

    assert merged["config"]["files"][0] == {"path": "m.ckpt", "sha256sum": "c" * 64, "md5sum": "5"}
    assert merged["config"]["download"][1] == {
        "file_name": "vae.pt",
        "file_path": "somewhere",
        "file_url": "https://x/v",
        "note": 1,
    }


def test_files_follow_the_order_of_v2_around_the_settings_file() -> None:
    merged = _merged({"config": {"download": _downloads()[::-1]}})

    assert [file["path"] for file in merged["config"]["files"]] == ["vae.pt", "v1-inference.yaml", "m.ckpt"]


def test_time_stamps_appear_with_the_version_of_their_schema() -> None:
    merged = _merged({"metadata": {"created_at": 1, "updated_at": 2}})

    assert merged["metadata"] == {"schema_version": "2.1.0", "created_at": 1, "updated_at": 2}


def test_metadata_that_say_nothing_any_more_are_gone() -> None:
    legacy = {"name": "M", "metadata": {"schema_version": "2.1.0", "created_at": 1}}
    old = legacy_to_v2("esrgan", "M", legacy).document

    merged = merge_legacy("esrgan", legacy, old, old | {"metadata": {"schema_version": "2.1.0"}})

    assert merged == {"name": "M"}


def test_a_file_without_an_address_gets_no_download_because_another_changed() -> None:
    config = {**_OLD["config"], "download": _OLD["config"]["download"][:1]}
    legacy = _OLD | {"config": config}
    old = legacy_to_v2("image_generation", "M", legacy).document
    downloads = deepcopy(old["config"]["download"])
    downloads[0]["file_url"] = "https://x/other"

    merged = merge_legacy("image_generation", legacy, old, old | {"config": {"download": downloads}})

    assert [(each["file_name"], each["file_url"]) for each in merged["config"]["download"]] == [
        ("m.ckpt", "https://x/other")
    ]


def test_a_file_that_stood_there_twice_stands_there_once_after_a_change() -> None:
    files = [_OLD["config"]["files"][0], *_OLD["config"]["files"]]
    legacy = _OLD | {"config": {**_OLD["config"], "files": files}}
    old = legacy_to_v2("image_generation", "M", legacy).document
    downloads = deepcopy(old["config"]["download"])
    downloads[1]["sha256sum"] = "c" * 64

    merged = merge_legacy("image_generation", legacy, old, old | {"config": {"download": downloads}})

    paths = [file["path"] for file in merged["config"]["files"]]
    assert paths == ["m.ckpt", "v1-inference.yaml", "vae.pt"]


def test_the_licensing_of_a_document_is_that_of_its_legacy_record() -> None:
    licensing = {
        "license_expression": "MIT",
        "license_ids": ["MIT"],
        "commercial_use": "allowed",
        "redistribution": "allowed",
    }

    legacy = v2_to_legacy("esrgan", {"name": "M", "config": {"download": []}, "licensing": licensing})

    assert licensing.items() <= legacy["licensing"].items()


def test_unknown_keys_of_legacy_metadata_are_kept() -> None:
    legacy = {"name": "M", "metadata": {"created_by": "me", "note": 1}}
    old = legacy_to_v2("esrgan", "M", legacy).document

    merged = merge_legacy("esrgan", legacy, old, old | {"metadata": {**old["metadata"], "updated_at": 2}})

    assert merged["metadata"] == {"created_by": "me", "note": 1, "updated_at": 2}


def test_a_controlnet_style_taken_from_the_style_field_can_be_removed() -> None:
    legacy = {"name": "M", "style": "control_depth"}
    old = legacy_to_v2("controlnet", "M", legacy).document

    assert merge_legacy("controlnet", legacy, old, old | {"controlnet_style": None}) == {"name": "M"}


def test_the_type_that_v2_can_not_hold_stays() -> None:
    legacy = {"name": "M", "type": "coca"}
    old = legacy_to_v2("clip", "M", legacy).document

    assert merge_legacy("clip", legacy, old, old | {"version": "2"}) == legacy | {"version": "2"}


def test_a_merge_leaves_the_old_record_alone() -> None:
    before = deepcopy(_OLD)

    _merged({"description": "new", "config": {"download": []}})

    assert before == _OLD


@pytest.mark.parametrize("category", ["text_generation", "lora"])
def test_a_category_without_legacy_json_is_refused(category: str) -> None:
    with pytest.raises(ValueError, match="no legacy JSON records"):
        v2_to_legacy(category, {"name": "M", "parameters": 1})


def test_a_record_of_v2_alone_has_the_first_type_of_its_category() -> None:
    assert v2_to_legacy("codeformer", {"name": "M", "version": "1"}) == {
        "name": "M",
        "type": "CodeFormers",
        "version": "1",
        "config": {"files": [], "download": []},
    }


def test_a_legacy_file_is_written_with_four_spaces_raw_letters_and_a_final_newline() -> None:
    assert dump_legacy_file({"é": {"a": 1}}) == '{\n    "é": {\n        "a": 1\n    }\n}\n'


_WORDS = st.text(st.characters(codec="utf-8"), max_size=5)
_NUMBERS = st.integers(0, 2**40)
_PATHS = ["a.ckpt", "b.safetensors", "civitai.pt", "c.bin"]

# No hashes and an empty mapping of them are one thing in the legacy form.
_HASHES = st.dictionaries(_WORDS, _WORDS, min_size=1, max_size=2)


def _optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


@st.composite
def _configs(draw: st.DrawFn) -> Any:
    file = st.fixed_dictionaries(
        {"path": st.sampled_from([*_PATHS, "", "v1-inference.yaml"])},
        optional={
            "sha256sum": _optional(_WORDS),
            "md5sum": _WORDS,
            "file_type": _optional(st.sampled_from(["vae", "text_encoders"])),
            "content_hash": _optional(_WORDS),
            "note": _WORDS,
        },
    )
    files = draw(st.lists(file, max_size=5))
    known = sorted({file["path"] for file in files} & set(_PATHS))
    source = st.fixed_dictionaries(
        {"file_name": st.sampled_from(known or _PATHS)},
        optional={
            "file_url": _optional(st.sampled_from(["", "https://x/1", "https://civitai.com/2"])),
            "file_path": _optional(_WORDS),
        },
    )
    return {
        "files": files,
        "download": draw(st.lists(source, max_size=4 if known else 0)),
        "embedded_component_hashes": draw(_optional(_HASHES)),
    }


_COMMON = {
    "description": _optional(_WORDS),
    "version": _optional(_WORDS),
    "nsfw": _optional(st.booleans()),
    "available": _optional(st.booleans()),
    "config": _optional(_configs()),
    "unknown": _WORDS,
    "metadata": _optional(
        st.fixed_dictionaries(
            {},
            optional={
                "schema_version": st.sampled_from(["1.0.0", "2.1.0"]),
                "created_at": _optional(_NUMBERS),
                "updated_by": _optional(_WORDS),
                "note": _WORDS,
            },
        )
    ),
}
_WORD_LISTS = _optional(st.lists(_WORDS, max_size=2))
_IMAGE = _COMMON | {
    "inpainting": st.booleans(),
    "optimization": _optional(_WORDS),
    "tags": _WORD_LISTS,
    "showcases": _WORD_LISTS,
    "trigger": _WORD_LISTS,
    "min_bridge_version": _optional(_NUMBERS),
    "homepage": _optional(_WORDS),
    "style": _optional(st.sampled_from(["anime", " other "])),
    "size_on_disk_bytes": _optional(_NUMBERS),
    "requirements": _optional(
        st.fixed_dictionaries(
            {},
            optional={
                "karras": st.booleans(),
                "clip_skip": st.integers(0, 9),
                "schedulers": st.just(["karras"]),
                "cfg_scale": st.floats(0, 9),
            },
        )
    ),
}
_CONTROL = {"type": _optional(st.sampled_from(["control_canny", "odd"])), "style": _optional(_WORDS)}
_OTHERS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "clip": _COMMON | {"type": st.sampled_from(["clip", "coca"]), "pretrained_name": _optional(_WORDS)},
    "controlnet": _COMMON | _CONTROL,
    "esrgan": _COMMON | {"type": _optional(_WORDS), "style": _optional(_WORDS)},
}
_BASELINES = st.sampled_from(
    ["stable diffusion 1", "stable_diffusion_1", "stable diffusion 2", "SDXL", "flux_1"]
)


def _records_of(category: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    if category == "image_generation":
        record = st.fixed_dictionaries({"name": _WORDS, "baseline": _BASELINES}, optional=_IMAGE)
    else:
        record = st.fixed_dictionaries({"name": _WORDS}, optional=_OTHERS[category])
    return st.tuples(st.just(category), record)


_CATEGORIES = st.sampled_from(["image_generation", *_OTHERS])


@given(_CATEGORIES.flatmap(_records_of))
def test_any_document_survives_the_way_to_legacy_and_back(given_record: tuple[str, dict[str, Any]]) -> None:
    category, legacy = given_record
    document = legacy_to_v2(category, "M", legacy).document

    assert legacy_to_v2(category, "M", v2_to_legacy(category, document)).document == document


@given(_CATEGORIES.flatmap(_records_of))
def test_no_change_in_v2_is_no_change_in_legacy(given_record: tuple[str, dict[str, Any]]) -> None:
    category, legacy = given_record
    document = legacy_to_v2(category, "M", legacy).document

    assert merge_legacy(category, legacy, document, document) == legacy


@given(_CATEGORIES.flatmap(lambda category: st.tuples(_records_of(category), _records_of(category))))
def test_any_change_in_v2_is_what_the_merged_legacy_record_says(
    given_pair: tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]],
) -> None:
    (category, legacy), (_, other) = given_pair
    old = legacy_to_v2(category, "M", legacy).document
    new = legacy_to_v2(category, "M", other).document

    merged = merge_legacy(category, legacy, old, new)

    assert legacy_to_v2(category, "M", merged).document == new
    assert merged.get("unknown") == legacy.get("unknown")
    assert merged.get("available") == legacy.get("available")
