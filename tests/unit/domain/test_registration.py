"""The functions that act on the registries of the process."""

import pytest

from horde_model_reference.domain import registration
from horde_model_reference.domain.baseline_catalog import ImageBaselineCatalog, ImageBaselineRecord
from horde_model_reference.domain.baselines import BaselineDescriptor
from horde_model_reference.domain.categories import CategoryDescriptor, Domain, Purpose, v2_file_name
from horde_model_reference.domain.registries import is_known_image_baseline

KINDS = (
    "model_domain",
    "model_purpose",
    "model_style",
    "tag",
    "controlnet_style",
    "image_scheduler",
    "text_backend",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_registered_value_is_known(kind: str) -> None:
    register = getattr(registration, f"register_{kind}")
    is_known = getattr(registration, f"is_known_{kind}")
    assert not is_known(f"new {kind}")

    register(f"new {kind}")
    register(f"new {kind}")

    assert is_known(f"new {kind}")


def test_a_registered_category_shows_in_every_lookup() -> None:
    descriptor = CategoryDescriptor(
        domain=Domain.rendered_3d, purpose=Purpose.generation, has_legacy_format=False, managed_elsewhere=True
    )

    registration.register_category("mesh_generation", descriptor)

    assert registration.get_all_registered_categories()["mesh_generation"] is descriptor
    assert registration.get_model_classification("mesh_generation").domain is Domain.rendered_3d
    assert "mesh_generation" in registration.get_no_legacy_format_categories()
    assert "mesh_generation" in registration.get_categories_managed_elsewhere()
    assert v2_file_name("mesh_generation") == "mesh_generation.json"


def test_the_marker_folders_stand_in_registration_order() -> None:
    assert registration.get_weights_marker_folders() == ("clip", "compvis")


def test_the_legacy_repositories_hold_different_categories() -> None:
    assert registration.get_github_text_categories() == ["text_generation"]
    assert "image_generation" in registration.get_github_image_categories()
    assert len(registration.get_github_image_categories()) == 9


def test_the_classification_of_an_unknown_category_is_unknown() -> None:
    with pytest.raises(KeyError):
        registration.get_model_classification("no such category")


def test_a_registered_baseline_is_known_at_once() -> None:
    registration.register_image_baseline("lumen", BaselineDescriptor(native_resolution=2048))

    assert is_known_image_baseline("lumen")
    assert registration.get_baseline_native_resolution("lumen") == 2048
    assert registration.get_baselines_by_resolution(2048) == ["lumen"]
    assert registration.get_all_registered_baselines()["lumen"] == registration.get_baseline_descriptor(
        "lumen"
    )


def test_the_baselines_of_a_catalog_are_known_at_once() -> None:
    record = ImageBaselineRecord(name="umbra", native_resolution=768, alternative_names=["umbra one"])

    registration.register_image_baselines_from_catalog(ImageBaselineCatalog(baselines={"umbra": record}))

    assert is_known_image_baseline("umbra one")


def test_the_known_tags_are_sorted() -> None:
    tags = registration.get_known_tags()

    assert tags == sorted(tags)
    assert {"anime", "tv show"} <= set(tags)
