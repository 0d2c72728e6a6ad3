import subprocess
import sys

import pytest

from horde_model_reference.domain.categories import (
    BUILT_IN_CATEGORIES,
    Category,
    CategoryDescriptor,
    CategoryRegistry,
    Domain,
    Purpose,
    get_category_descriptor,
    legacy_file_name,
    lookup_order,
    normalise_model_name,
    v2_file_name,
)


def test_the_categories_stand_in_the_order_of_requests() -> None:
    assert " ".join(Category) == (
        "blip clip codeformer controlnet controlnet_annotator esrgan gfpgan safety_checker image_generation "
        "text_generation video_generation audio_generation miscellaneous lora ti"
    )


def test_every_category_is_described_in_the_same_order() -> None:
    assert list(BUILT_IN_CATEGORIES) == list(Category)


def test_a_plain_string_finds_a_category() -> None:
    assert get_category_descriptor("image_generation").on_disk_folder_name == "compvis"


def test_image_files_keep_their_old_name() -> None:
    names = (v2_file_name(Category.image_generation), legacy_file_name(Category.image_generation))

    assert names == ("stable_diffusion.json", "stable_diffusion.json")


def test_text_models_are_a_table_in_the_legacy_format() -> None:
    assert v2_file_name(Category.text_generation) == "text_generation.json"
    assert legacy_file_name(Category.text_generation) == "models.csv"


@pytest.mark.parametrize(
    "category", ["controlnet_annotator", "video_generation", "audio_generation", "lora", "ti"]
)
def test_newer_categories_have_no_legacy_file(category: str) -> None:
    assert legacy_file_name(category) is None


def test_the_other_categories_have_a_legacy_file_of_their_name() -> None:
    assert legacy_file_name("esrgan") == "esrgan.json"


def test_loras_and_textual_inversions_are_managed_elsewhere() -> None:
    elsewhere = {
        name
        for name, descriptor in BUILT_IN_CATEGORIES.items()
        if descriptor.managed_elsewhere and descriptor.managed_download_elsewhere
    }

    assert elsewhere == {"lora", "ti"}


def test_two_folders_mark_the_weights_root() -> None:
    folders = [known.on_disk_folder_name for known in BUILT_IN_CATEGORIES.values() if known.weights_marker]

    assert folders == ["clip", "compvis"]


def test_an_unknown_category_has_no_descriptor() -> None:
    with pytest.raises(KeyError):
        get_category_descriptor("stable_diffusion")


def test_a_registered_category_is_found() -> None:
    registry = CategoryRegistry()
    descriptor = CategoryDescriptor(domain=Domain.rendered_3d, purpose=Purpose.generation)

    registry.register("mesh_generation", descriptor)

    assert registry.get("mesh_generation") is descriptor


def test_a_category_is_registered_only_once() -> None:
    registry = CategoryRegistry()

    with pytest.raises(ValueError, match="clip"):
        registry.register("clip", registry.get("blip"))


def test_the_list_of_all_categories_is_a_copy() -> None:
    registry = CategoryRegistry()

    registry.all().clear()

    assert len(registry.all()) == 15


def test_the_alias_stands_for_the_present_name() -> None:
    assert normalise_model_name(Category.controlnet, "control_qr_sdxl") == "control_qr_xl"


def test_the_alias_means_nothing_in_other_categories() -> None:
    assert normalise_model_name(Category.clip, "control_qr_sdxl") == "control_qr_sdxl"


def test_a_model_is_looked_up_by_its_present_name_before_its_alias() -> None:
    order = ("control_qr_xl", "control_qr_sdxl")

    assert lookup_order("controlnet", "control_qr_sdxl") == order
    assert lookup_order("controlnet", "control_qr_xl") == order


def test_a_name_without_alias_is_looked_up_as_given() -> None:
    assert lookup_order("controlnet", "control_canny") == ("control_canny",)


@pytest.mark.parametrize("module", ["categories", "baselines", "registries", "errors", "checksums"])
def test_the_plain_facts_load_without_pydantic(module: str) -> None:
    code = f"import sys, horde_model_reference.domain.{module}; print('pydantic' in sys.modules)"

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "False"
