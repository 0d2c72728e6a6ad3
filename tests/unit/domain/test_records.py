import logging
from typing import Any

import pytest
from log_records import records_of
from pydantic import ValidationError

from horde_model_reference.domain import registries
from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
from horde_model_reference.domain.record_parts import (
    FORBID_EXTRA,
    REGISTRIES,
    DownloadRecord,
    GenericModelRecordConfig,
    ModelClassification,
)
from horde_model_reference.domain.record_types import (
    MODEL_RECORD_TYPE_LOOKUP,
    get_default_config,
    get_record_type_for_category,
    register_record_type,
)
from horde_model_reference.domain.records import (
    BlipModelRecord,
    ControlNetModelRecord,
    EsrganModelRecord,
    GenericModelRecord,
    ImageGenerationModelRecord,
    LoraModelRecord,
    TextGenerationModelRecord,
    normalize_scheduler_requirements,
)
from horde_model_reference.domain.registries import Registries

COMMON_FIELDS = [
    "record_type",
    "name",
    "description",
    "version",
    "finetune_series",
    "metadata",
    "config",
    "model_classification",
    "size_on_disk_bytes",
    "licensing",
]


def an_image_model(**changes: Any) -> ImageGenerationModelRecord:
    document: dict[str, Any] = {"name": "Deliberate", "baseline": "stable_diffusion_1", "nsfw": True}
    return ImageGenerationModelRecord.model_validate(document | changes)


def a_text_model(**changes: Any) -> TextGenerationModelRecord:
    document: dict[str, Any] = {"name": "acme/Model-7B", "parameters": 7_000_000_000}
    return TextGenerationModelRecord.model_validate(document | changes)


def a_download(**changes: Any) -> dict[str, Any]:
    return {"file_name": "model.safetensors", "file_url": "https://example.org/model.safetensors"} | changes


@pytest.mark.parametrize("category", list(Category))
def test_a_category_has_its_type_and_classification(category: Category) -> None:
    required = {"baseline": "infer", "nsfw": False, "parameters": 1}

    record = get_record_type_for_category(category).model_validate({"name": "x", **required})

    assert record.record_type == category
    assert record.category is category
    assert record.model_classification.domain is BUILT_IN_CATEGORIES[category].domain
    assert record.model_classification.purpose is BUILT_IN_CATEGORIES[category].purpose


@pytest.mark.parametrize("category", list(Category))
def test_the_common_fields_come_first(category: Category) -> None:
    assert list(get_record_type_for_category(category).model_fields)[:10] == COMMON_FIELDS


def test_every_category_has_a_record_class() -> None:
    assert list(MODEL_RECORD_TYPE_LOOKUP)[: len(Category)] == list(Category)


@pytest.mark.parametrize("missing", ["name", "baseline", "nsfw"])
def test_an_image_model_needs_three_fields(missing: str) -> None:
    document: dict[str, Any] = {"name": "x", "baseline": "infer", "nsfw": False}
    del document[missing]

    with pytest.raises(ValidationError, match=missing):
        ImageGenerationModelRecord.model_validate(document)


def test_a_text_model_needs_its_parameters() -> None:
    with pytest.raises(ValidationError, match="parameters"):
        TextGenerationModelRecord.model_validate({"name": "x"})


@pytest.mark.parametrize("key", ["parameters", "parameters_count"])
def test_the_number_of_parameters_goes_by_two_names(key: str) -> None:
    assert TextGenerationModelRecord.model_validate({"name": "x", key: 3}).parameters_count == 3


@pytest.mark.parametrize("key", ["tags", "showcases", "trigger"])
def test_lists_of_an_image_model_are_never_null(key: str) -> None:
    assert getattr(an_image_model(), key) == []
    assert getattr(an_image_model(**{key: None}), key) == []


def test_lists_of_other_models_stay_null() -> None:
    assert LoraModelRecord(name="x").tags is None


def test_tags_are_trimmed_and_nothing_else() -> None:
    assert an_image_model(tags=[" Anime ", "anime", " "]).tags == ["Anime", "anime", ""]
    assert a_text_model(tags=["\tchat "]).tags == ["chat"]


def test_the_style_of_an_image_model_is_trimmed() -> None:
    assert an_image_model(style=" anime ").style == "anime"


def test_an_unknown_style_of_an_image_model_is_refused() -> None:
    with pytest.raises(ValidationError, match="'cubist' is not a style"):
        an_image_model(style="cubist")


def test_a_registered_style_is_accepted() -> None:
    registries = Registries()
    registries.model_styles.add("cubist")

    record = ImageGenerationModelRecord.model_validate(
        {"name": "x", "baseline": "infer", "nsfw": False, "style": "cubist"}, context={REGISTRIES: registries}
    )

    assert record.style == "cubist"


def test_the_style_of_a_text_model_is_free() -> None:
    assert a_text_model(style=" cubist ").style == " cubist "


def test_an_unknown_baseline_is_kept_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    document = {"name": "x", "baseline": "lumen", "nsfw": False}
    context = {REGISTRIES: Registries()}

    with caplog.at_level(logging.WARNING):
        records = [ImageGenerationModelRecord.model_validate(document, context=context) for _ in range(2)]

    assert [record.baseline for record in records] == ["lumen", "lumen"]
    assert len(records_of(caplog, registries)) == 1


def test_an_alternative_name_of_a_baseline_stays_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    assert an_image_model(baseline="SDXL").baseline == "SDXL"
    assert records_of(caplog, registries) == []


def test_an_unknown_scheduler_is_kept_and_told(caplog: pytest.LogCaptureFixture) -> None:
    requirements = {"schedulers": ["karras", "sundial"]}

    record = ImageGenerationModelRecord.model_validate(
        {"name": "x", "baseline": "infer", "nsfw": False, "requirements": requirements},
        context={REGISTRIES: Registries()},
    )

    assert record.requirements == requirements
    assert "sundial" in caplog.text
    assert "karras" not in caplog.text


def test_an_unknown_controlnet_style_is_kept_and_told(caplog: pytest.LogCaptureFixture) -> None:
    record = ControlNetModelRecord.model_validate(
        {"name": "x", "controlnet_style": "control_smell"}, context={REGISTRIES: Registries()}
    )

    assert record.controlnet_style == "control_smell"
    assert "control_smell" in caplog.text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"karras": True, "min_steps": 8}, {"min_steps": 8, "schedulers": ["karras"]}),
        ({"karras": False}, {"schedulers": ["normal"]}),
        ({"karras": True, "schedulers": ["beta"]}, {"schedulers": ["beta"]}),
        ({"karras": "yes"}, {}),
        ({"karras": 1}, {}),
        ({"karras": None, "clip_skip": 2}, {"clip_skip": 2}),
    ],
)
def test_karras_becomes_a_scheduler(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert an_image_model(requirements=given).requirements == expected
    assert list(normalize_scheduler_requirements(given)) == list(expected)


def test_requirements_keep_the_type_of_their_values() -> None:
    requirements = {"a": True, "b": 1, "c": 1.5, "d": "1", "e": [1, 2], "f": [1.5], "g": ["k"]}

    assert repr(an_image_model(requirements=requirements).requirements) == repr(requirements)


@pytest.mark.parametrize("value", [{"deep": 1}, None, [None], ["a", 1.5]])
def test_requirements_do_not_nest(value: object) -> None:
    with pytest.raises(ValidationError):
        an_image_model(requirements={"key": value})


@pytest.mark.parametrize(("given", "meant"), [("yes", True), ("0", False), (1, True)])
def test_booleans_may_be_spelt_out(given: object, meant: bool) -> None:
    assert an_image_model(nsfw=given).nsfw is meant


@pytest.mark.parametrize(("given", "meant"), [("12", 12), (12.0, 12)])
def test_whole_numbers_may_be_spelt_otherwise(given: object, meant: int) -> None:
    assert an_image_model(min_bridge_version=given).min_bridge_version == meant


@pytest.mark.parametrize("changes", [{"min_bridge_version": 1.5}, {"version": 2}])
def test_values_that_would_change_their_meaning_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        an_image_model(**changes)


def test_unknown_fields_are_lost() -> None:
    record = an_image_model(colour="red", metadata={"author": "me"}, config={"files": []})

    assert "red" not in record.model_dump_json()


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"metadata": {"author": "me"}},
        {"config": {"files": []}},
        {"config": {"download": [a_download(mirror="x")]}},
        {"finetune_series": {"name": "Pony", "colour": "pink"}},
    ],
)
def test_unknown_fields_are_refused_on_request(changes: dict[str, Any]) -> None:
    document = {"name": "x", "baseline": "infer", "nsfw": False} | changes

    with pytest.raises(ValidationError, match="unknown fields"):
        ImageGenerationModelRecord.model_validate(document, context={FORBID_EXTRA: True})


def test_registries_can_refuse_unknown_fields_throughout() -> None:
    strict = {REGISTRIES: Registries(refuses_unknown_fields=True)}

    with pytest.raises(ValidationError, match="colour"):
        EsrganModelRecord.model_validate({"name": "x", "colour": "red"}, context=strict)


def test_both_names_of_a_field_are_known_when_others_are_refused() -> None:
    for key in ("parameters", "parameters_count"):
        TextGenerationModelRecord.model_validate({"name": "x", key: 1}, context={FORBID_EXTRA: True})


@pytest.mark.parametrize(
    "changes",
    [
        {"context_window": {"maximum_tokens": 1, "colour": "red"}},
        {"context_window": {"maximum_tokens": 0}},
        {"interaction_modes": {"chat": {"status": "supported", "colour": "red"}}},
        {"interaction_modes": {"telepathy": {"status": "supported"}}},
        {"capabilities": {"tool_calling": {"status": "maybe"}}},
        {"guidance": {"status": "published", "colour": "red"}},
        {"context_window": {"maximum_tokens": 1, "sources": [{"url": "ftp://example.org"}]}},
    ],
)
def test_claims_about_text_models_are_checked_to_the_letter(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_text_model(**changes)


def test_addresses_of_sources_are_normalised() -> None:
    record = a_text_model(
        context_window={"maximum_tokens": 8192, "sources": [{"url": "https://example.org"}]}
    )

    assert record.model_dump(mode="json")["context_window"]["sources"][0]["url"] == "https://example.org/"


@pytest.mark.parametrize("changes", [{"domain": "smell", "purpose": "generation"}, {"domain": "image"}])
def test_a_classification_is_whole_and_known(changes: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        BlipModelRecord.model_validate({"name": "x", "model_classification": changes})


def test_licensing_is_only_for_declared_files() -> None:
    assignment = {
        "license_expression": "MIT",
        "license_ids": ["MIT"],
        "commercial_use": "allowed",
        "redistribution": "allowed",
    }
    licensing = assignment | {"files": {"model.safetensors": assignment}}

    an_image_model(licensing=licensing, config={"download": [a_download()]})
    with pytest.raises(ValidationError, match=r"model\.safetensors"):
        an_image_model(licensing=licensing)


def test_a_generic_record_says_what_it_is() -> None:
    with pytest.raises(ValidationError, match="record_type"):
        GenericModelRecord.model_validate({"name": "x"})


def test_a_record_of_a_foreign_type_has_no_category() -> None:
    record = GenericModelRecord.model_validate(
        {
            "record_type": "mesh",
            "name": "x",
            "model_classification": {"domain": "image", "purpose": "generation"},
        }
    )

    assert record.category is None


@pytest.mark.parametrize(
    ("sizes", "whole", "total"),
    [([3, 4], 100, 7), ([3, None], 100, 100), ([], 100, 100), ([], None, None), ([0], 5, 0)],
)
def test_the_total_size_is_that_of_the_files_where_all_declare_one(
    sizes: list[int | None], whole: int | None, total: int | None
) -> None:
    downloads = [a_download(size_bytes=size) for size in sizes]

    record = an_image_model(config={"download": downloads}, size_on_disk_bytes=whole)

    assert record.declared_total_size_bytes == total


def test_a_record_tells_its_addresses() -> None:
    record = an_image_model(config={"download": [a_download(file_url="a"), a_download(file_url="b")]})

    assert record.primary_download_url == "a"
    assert record.all_download_urls == ["a", "b"]
    assert record.download_count == 2


def test_a_record_without_files_has_no_address() -> None:
    record = an_image_model()

    assert record.primary_download_url is None
    assert record.all_download_urls == []
    assert record.download_count == 0


def test_what_is_computed_is_not_written() -> None:
    assert set(an_image_model().model_dump()) == set(ImageGenerationModelRecord.model_fields)


def test_a_download_without_sum_has_the_unknown_one() -> None:
    config = GenericModelRecordConfig(download=[DownloadRecord(file_name="a", file_url="")])

    assert config.download[0].sha256sum == "FIXME"


def test_records_can_be_subclassed_with_more_fields() -> None:
    class PatchRecord(LoraModelRecord):
        model_config = get_default_config()
        civitai_id: int

    record = PatchRecord.model_validate({"name": "x", "civitai_id": "7"}, context={FORBID_EXTRA: True})

    assert (record.civitai_id, record.category) == (7, Category.lora)


def test_a_registered_class_serves_its_category() -> None:
    class MeshRecord(GenericModelRecord):
        record_type: str = "mesh_for_records_test"
        model_classification: ModelClassification = ModelClassification.model_validate(
            {"domain": "rendered_3d", "purpose": "generation"}
        )

    register_record_type("mesh_for_records_test", MeshRecord)

    assert get_record_type_for_category("mesh_for_records_test") is MeshRecord


def test_a_category_without_a_class_has_generic_records() -> None:
    assert get_record_type_for_category("unheard_of") is GenericModelRecord
