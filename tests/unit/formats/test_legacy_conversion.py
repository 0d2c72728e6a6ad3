"""Legacy JSON records to v2 documents, record by record."""

import json
from typing import Any

import pytest

from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.formats.legacy import convert_legacy_file, legacy_to_v2

_SUM = "a" * 64


def _image(**fields: Any) -> dict[str, Any]:
    return {"name": "M", "baseline": "stable diffusion 1", **fields}


def _config(path: str, url: str) -> dict[str, Any]:
    return {"files": [{"path": path, "sha256sum": _SUM}], "download": [{"file_name": path, "file_url": url}]}


def _document(category: str, legacy: dict[str, Any]) -> dict[str, Any]:
    return legacy_to_v2(category, legacy["name"], legacy).document


@pytest.mark.parametrize(
    ("path", "url", "is_slow"),
    [
        ("m.safetensors", "https://civitai.com/api/download/models/1", True),
        ("m.safetensors", "https://CIVITAI.com/api", True),
        ("m.safetensors", "https://cdn.civitai.red/x", True),
        ("civitai_m.safetensors", "https://example.org/m", True),
        ("m.safetensors", "https://example.org/civitai.com/m", False),
        ("m.safetensors", "https://notcivitai.com/m", False),
        ("m.safetensors", "http://[broken", False),
    ],
)
def test_a_download_from_civitai_is_known_to_be_slow(path: str, url: str, is_slow: bool) -> None:
    document = _document("image_generation", _image(config=_config(path, url)))

    assert document["config"]["download"][0]["known_slow_download"] is is_slow


@pytest.mark.parametrize(
    ("legacy", "v2"),
    [
        ("stable diffusion 1", "stable_diffusion_1"),
        ("stable diffusion 2", "stable_diffusion_2_768"),
        ("stable diffusion 2 512", "stable_diffusion_2_512"),
        ("SDXL", "SDXL"),
    ],
)
def test_only_three_baselines_are_renamed(legacy: str, v2: str) -> None:
    assert _document("image_generation", _image(baseline=legacy))["baseline"] == v2


def test_a_file_listed_twice_has_its_last_sum_and_its_first_place() -> None:
    files = [{"path": "a", "sha256sum": "1"}, {"path": "b"}, {"path": "a", "sha256sum": _SUM}]

    document = _document("esrgan", {"name": "M", "config": {"files": files}})

    downloads = document["config"]["download"]
    assert [(download["file_name"], download["sha256sum"]) for download in downloads] == [
        ("a", _SUM),
        ("b", "FIXME"),
    ]


@pytest.mark.parametrize("config", [None, {}, {"files": None, "download": None}])
def test_a_record_may_have_no_files(config: Any) -> None:
    assert _document("esrgan", {"name": "M", "config": config})["config"] == {"download": []}


@pytest.mark.parametrize(
    ("category", "fields", "reason"),
    [
        ("image_generation", {"style": ""}, "style"),
        ("image_generation", {"type": None}, "type"),
        ("image_generation", {"size_on_disk_bytes": 1.5}, "size_on_disk_bytes"),
        ("image_generation", {"requirements": {"a": {"b": 1}}}, "requirements"),
        ("clip", {"type": "blip"}, "type"),
        ("esrgan", {"config": {"files": [{}]}}, "config.files.0.path"),
        ("esrgan", {"config": {"download": [{"file_name": None}]}}, "config.download"),
        ("esrgan", {"licensing": {"license_expression": "MIT"}}, "licensing"),
    ],
)
def test_a_bad_field_is_named_in_the_reason(category: str, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidRecordError, match=reason) as caught:
        legacy_to_v2(category, "M", _image(**fields))

    assert "\n" not in str(caught.value)


def test_the_type_is_free_where_files_never_kept_to_it() -> None:
    assert _document("gfpgan", {"name": "M", "type": "anything"})["record_type"] == "gfpgan"


def test_a_bad_record_is_refused_alone_and_the_others_keep_their_order() -> None:
    records = {"B": _image(name="B"), "Bad": {"name": "Bad"}, "List": [], "A": _image(name="A")}

    result = convert_legacy_file("image_generation", json.dumps(records))

    assert list(result.documents) == ["B", "A"]
    assert [(refusal.key, refusal.reason) for refusal in result.refusals] == [
        ("Bad", "baseline: Field required"),
        ("List", "it is a list, not an object"),
    ]


def test_a_record_with_an_unusable_value_is_refused_alone() -> None:
    text = '{"A": {"name": "A", "note": NaN}, "B": {"name": "B", "note": "\\ud800"}, "C": {"name": "C"}}'

    result = convert_legacy_file("esrgan", text)

    assert list(result.documents) == ["C"]
    assert [refusal.reason for refusal in result.refusals] == [
        "note: not a finite number",
        "note: the text holds half of a surrogate pair",
    ]


def test_the_legacy_record_is_kept_as_read() -> None:
    legacy = _image(available=True, foo={"bar": None}, config={"files": [], "x": 1})

    result = convert_legacy_file("image_generation", json.dumps({"M": legacy}))

    assert result.records[0].legacy == legacy


def test_windows_line_ends_and_tabs_are_read() -> None:
    result = convert_legacy_file("controlnet", b'{\r\n\t"a": {\r\n\t\t"name": "b"\r\n\t}\r\n}\r\n')

    assert result.documents["a"]["name"] == "b"
    assert "the name is 'b', not the key" in result.records[0].issues


def test_a_file_that_is_no_json_is_refused_once_with_its_place() -> None:
    result = convert_legacy_file("clip", "{\n'a'")

    assert result.records == ()
    assert [refusal.key for refusal in result.refusals] == [None]
    assert "line 2, column 1" in result.refusals[0].reason


def test_an_empty_file_has_no_records() -> None:
    result = convert_legacy_file("clip", "")

    assert (result.records, result.refusals) == ((), ())


def test_what_an_editor_should_look_at_is_told_but_changes_nothing() -> None:
    legacy = _image(
        baseline="mine",
        available=True,
        config={
            "files": [{"path": "m.ckpt"}, {"path": "odd.yaml"}],
            "download": [{"file_name": "m.ckpt", "file_url": "https://x/m", "file_path": "p"}],
            "other": 1,
        },
    )

    issues = legacy_to_v2("image_generation", "M", legacy).issues

    assert issues == (
        "it is marked as available",
        "no description",
        "config has unknown keys",
        "no showcases",
        "the baseline 'mine' is not known",
        "m.ckpt has no SHA-256 sum",
        "'odd.yaml' is not one of the standard settings files",
        "m.ckpt has a file_path",
    )


@pytest.mark.parametrize(
    "known", ["stable diffusion 2", "stable diffusion 2 512", "stable_diffusion_xl", "SDXL"]
)
def test_a_baseline_in_any_spelling_is_nothing_to_look_at(known: str) -> None:
    issues = legacy_to_v2("image_generation", "M", _image(baseline=known)).issues

    assert not any("baseline" in issue for issue in issues)


@pytest.mark.parametrize(
    ("sum_", "is_told"), [("a" * 64, False), ("A" * 64, False), ("a" * 63, True), ("FIXME", True)]
)
def test_a_sum_that_is_none_is_to_be_looked_at(sum_: str, is_told: bool) -> None:
    config = {"files": [{"path": "m.ckpt", "sha256sum": sum_}], "download": []}

    issues = legacy_to_v2("image_generation", "M", _image(config=config)).issues

    assert ("m.ckpt has no SHA-256 sum" in issues) is is_told
