import pytest

from horde_model_reference.domain.baselines import (
    BUILT_IN_BASELINES,
    BaselineDescriptor,
    BaselineRegistry,
    ImageBaseline,
)


def test_every_baseline_is_described_in_order() -> None:
    assert list(BUILT_IN_BASELINES) == list(ImageBaseline)
    assert len(BUILT_IN_BASELINES) == 13


@pytest.mark.parametrize(
    ("baseline", "side"),
    [
        ("stable_diffusion_1", 512),
        ("stable_diffusion_2_512", 512),
        ("stable_diffusion_2_768", 768),
        ("anima", 1024),
    ],
)
def test_a_baseline_has_its_native_side(baseline: str, side: int) -> None:
    assert BaselineRegistry().native_resolution(baseline) == side


@pytest.mark.parametrize("name", ["infer", "SDXL", "no such thing"])
def test_only_a_main_name_with_a_resolution_has_a_native_side(name: str) -> None:
    with pytest.raises(KeyError):
        BaselineRegistry().native_resolution(name)


@pytest.mark.parametrize("name", ["stable_diffusion_xl", "SDXL", "SD1.5", "zimage-turbo", "krea2", "infer"])
def test_main_and_alternative_names_are_known(name: str) -> None:
    assert BaselineRegistry().is_known(name)


@pytest.mark.parametrize("name", ["stable diffusion 2", "sdxl", "SDXL ", ""])
def test_names_are_matched_exactly(name: str) -> None:
    assert not BaselineRegistry().is_known(name)


def test_baselines_are_found_by_resolution() -> None:
    assert BaselineRegistry().with_resolution(512) == ["stable_diffusion_1", "stable_diffusion_2_512"]


def test_a_registered_baseline_is_known_under_all_its_names() -> None:
    registry = BaselineRegistry()

    registry.register("lumen", BaselineDescriptor(native_resolution=2048, alternative_names=("lumen one",)))

    assert registry.is_known("lumen")
    assert registry.is_known("lumen one")


def test_a_baseline_is_registered_only_once() -> None:
    with pytest.raises(ValueError, match="anima"):
        BaselineRegistry().register("anima", BaselineDescriptor())


def test_a_catalog_replaces_a_baseline_of_the_same_name() -> None:
    registry = BaselineRegistry()

    registry.overlay({"anima": BaselineDescriptor(native_resolution=1536)})

    assert registry.native_resolution("anima") == 1536
    assert not registry.is_known("anima_turbo")


def test_registering_in_one_registry_leaves_others_alone() -> None:
    BaselineRegistry().register("lumen", BaselineDescriptor())

    assert not BaselineRegistry().is_known("lumen")


def test_what_a_catalog_serves_is_known_until_it_serves_it_no_more() -> None:
    registry = BaselineRegistry()
    registry.follow({"lumen": BaselineDescriptor(alternative_names=("lumen one",))})
    assert registry.is_known("lumen one")

    registry.follow({"umbra": BaselineDescriptor()})

    assert set(registry.all()) == {*BUILT_IN_BASELINES, "umbra"}
    assert not registry.is_known("lumen")
    assert not registry.is_known("lumen one")


def test_what_a_program_registered_outlives_what_a_catalog_said_of_it() -> None:
    registry = BaselineRegistry()
    registry.register("lumen", BaselineDescriptor(native_resolution=512))
    registry.overlay({"umbra": BaselineDescriptor(native_resolution=768)})

    registry.follow({name: BaselineDescriptor(native_resolution=2048) for name in ("lumen", "umbra")})
    assert registry.with_resolution(2048) == ["lumen", "umbra"]
    registry.follow({})

    assert registry.native_resolution("lumen") == 512
    assert registry.native_resolution("umbra") == 768


def test_a_built_in_baseline_is_itself_again_when_a_catalog_leaves_it_out() -> None:
    registry = BaselineRegistry()
    registry.follow({"anima": BaselineDescriptor(native_resolution=1536)})
    assert registry.native_resolution("anima") == 1536

    registry.follow({})

    assert registry.native_resolution("anima") == 1024
    assert registry.is_known("anima_turbo")


def test_the_last_word_about_a_baseline_counts() -> None:
    registry = BaselineRegistry()
    registry.follow({"lumen": BaselineDescriptor(native_resolution=512)})

    registry.overlay({"lumen": BaselineDescriptor(native_resolution=2048)})

    assert registry.native_resolution("lumen") == 2048
