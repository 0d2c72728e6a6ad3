"""What categories and values are called."""

import pytest

from horde_model_reference.domain.categories import Category
from horde_model_reference.service.web.labels import (
    baseline_label,
    category_title,
    short_baseline_label,
)


@pytest.mark.parametrize(
    ("baseline", "label", "short"),
    [
        ("stable_diffusion_xl", "Stable Diffusion XL", "SDXL"),
        ("stable_diffusion_1", "Stable Diffusion 1", "SD 1"),
        ("one_that_nobody_knows", "one that nobody knows", "one that nobody knows"),
        ("", "", ""),
    ],
)
def test_a_baseline_is_called_what_people_call_it(baseline: str, label: str, short: str) -> None:
    assert (baseline_label(baseline), short_baseline_label(baseline)) == (label, short)


def test_no_two_categories_have_the_same_title() -> None:
    assert len({category_title(category) for category in Category}) == len(Category)


def test_what_is_no_category_is_called_by_its_name_as_words() -> None:
    assert category_title("image_baseline") == "Image baseline"
