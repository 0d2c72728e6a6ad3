"""Which models are meant by names and filters."""

from typing import Any

import pytest

from horde_model_reference.client.selecting import (
    CategoryRecords,
    Selection,
    categories_with_weights,
    select_records,
)
from horde_model_reference.domain.baselines import BUILT_IN_BASELINES
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import RecordNotFoundError
from horde_model_reference.domain.records import (
    ClipModelRecord,
    ControlNetModelRecord,
    GenericModelRecord,
    ImageGenerationModelRecord,
)


def an_image_model(name: str, **fields: Any) -> ImageGenerationModelRecord:
    return ImageGenerationModelRecord(
        name=name, **{"baseline": "stable_diffusion_1", "nsfw": False, **fields}
    )


RECORDS: CategoryRecords = {
    Category.image_generation: {
        "Anime [v2]": an_image_model("Anime [v2]", tags=["anime", "girl"]),
        "Big": an_image_model("Big", baseline="stable_diffusion_xl", nsfw=True),
        "Odd": an_image_model("Odd", baseline="SDXL"),
        "shared": an_image_model("shared"),
    },
    Category.controlnet: {"control_qr_xl": ControlNetModelRecord(name="control_qr_xl")},
    Category.clip: {"shared": ClipModelRecord(name="shared")},
}


def names(**selection: Any) -> list[str]:
    found = select_records(RECORDS, Selection(**selection), BUILT_IN_BASELINES)
    return [record.name for record in found]


def test_an_empty_selection_means_everything_as_it_comes() -> None:
    assert Selection().is_everything
    assert names() == ["Anime [v2]", "Big", "Odd", "shared", "control_qr_xl", "shared"]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({"patterns": ("a*",)}, ["Anime [v2]"]),
        ({"patterns": ("B?G", "odd")}, ["Big", "Odd"]),
        ({"baselines": ("SDXL",)}, ["Big", "Odd"]),
        ({"baselines": ("stable_diffusion_xl",)}, ["Big", "Odd"]),
        ({"tags": ("girl", "boy")}, ["Anime [v2]"]),
        ({"nsfw": True}, ["Big"]),
        ({"nsfw": False}, ["Anime [v2]", "Odd", "shared"]),
        ({"names": ("Big", "Odd"), "nsfw": False}, ["Odd"]),
    ],
)
def test_what_is_given_has_to_hold_together(selection: dict[str, Any], expected: list[str]) -> None:
    assert names(**selection) == expected


def test_names_are_taken_exactly_and_in_their_order() -> None:
    assert names(names=("Odd", "Anime [v2]")) == ["Odd", "Anime [v2]"]


def test_a_name_that_two_categories_have_means_both() -> None:
    found = select_records(RECORDS, Selection(names=("shared",)), BUILT_IN_BASELINES)

    assert [type(record) for record in found] == [ImageGenerationModelRecord, ClipModelRecord]


def test_a_former_name_means_the_same_record_once() -> None:
    found: list[GenericModelRecord] = select_records(
        RECORDS, Selection(names=("control_qr_sdxl", "control_qr_xl")), BUILT_IN_BASELINES
    )

    assert found == [RECORDS[Category.controlnet]["control_qr_xl"]]


def test_all_unknown_names_are_told_with_similar_ones() -> None:
    with pytest.raises(RecordNotFoundError) as refused:
        names(names=("Bigg", "Big", "zzz"))

    assert str(refused.value) == "there is no model 'Bigg'; there is 'Big'; there is no model 'zzz'"


def test_categories_whose_files_others_bring_are_left_to_them() -> None:
    found = categories_with_weights()

    assert Category.image_generation in found
    assert not {Category.lora, Category.ti, Category.text_generation} & set(found)
