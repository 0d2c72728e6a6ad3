"""A program that uses the public names as consumers do; it is checked, not run."""

from pathlib import Path
from typing import assert_type

from horde_model_reference import (
    KNOWN_IMAGE_GENERATION_BASELINE,
    KNOWN_TAGS,
    MODEL_REFERENCE_CATEGORY,
    ImageFields,
    ImageGenerationQuery,
    ModelReferenceManager,
    PopularModelResult,
    PrefetchStrategy,
    StaticModelProvider,
    TextModelQuery,
    download_engine,
    horde_model_reference_paths,
    horde_model_reference_settings,
)
from horde_model_reference.model_reference_records import (
    GenericModelRecord,
    ImageGenerationModelRecord,
    TextGenerationModelRecord,
)


def read(manager: ModelReferenceManager) -> None:
    category = MODEL_REFERENCE_CATEGORY.image_generation
    assert_type(manager.get_model_reference(category), dict[str, GenericModelRecord])
    assert_type(manager.get_model_or_none(category, "a"), GenericModelRecord | None)
    assert_type(manager.query(MODEL_REFERENCE_CATEGORY.image_generation), ImageGenerationQuery)
    assert_type(manager.query(MODEL_REFERENCE_CATEGORY.text_generation), TextModelQuery)
    images = manager.query(MODEL_REFERENCE_CATEGORY.image_generation).where(ImageFields.nsfw == False)  # noqa: E712 - a condition is written so
    assert_type(images.exclude_nsfw().order_by("name").limit(3).to_list(), list[ImageGenerationModelRecord])
    assert_type(images.first(), ImageGenerationModelRecord | None)
    texts = manager.query(MODEL_REFERENCE_CATEGORY.text_generation)
    assert_type(texts.group_by_base_model(), dict[str, list[TextGenerationModelRecord]])
    assert_type(manager.query_all().count(), int)
    for found_category, status in manager.status().items():
        assert_type(found_category, MODEL_REFERENCE_CATEGORY)
        assert_type(status.age_seconds, float | None)


async def read_async(manager: ModelReferenceManager) -> list[PopularModelResult]:
    handle = manager.deferred_prefetch_handle
    if handle is not None:
        await handle
    assert_type(
        await manager.get_model_reference_async(MODEL_REFERENCE_CATEGORY.blip), dict[str, GenericModelRecord]
    )
    return await manager.get_popular_models(MODEL_REFERENCE_CATEGORY.image_generation, limit=5)


def prepare() -> ModelReferenceManager:
    if ModelReferenceManager.has_instance():
        return ModelReferenceManager.get_instance()
    manager = ModelReferenceManager(
        offline=True, prefetch_strategy=PrefetchStrategy.NONE, base_path=Path("x")
    )
    manager.register_provider(StaticModelProvider.from_raw("mine", {"blip": {"a": {}}}), replace=True)
    return manager


def look() -> None:
    assert_type(horde_model_reference_settings.offline, bool)
    assert_type(horde_model_reference_paths.base_path, Path)
    assert_type(KNOWN_TAGS, set[str])
    assert_type(KNOWN_IMAGE_GENERATION_BASELINE("flux_1"), KNOWN_IMAGE_GENERATION_BASELINE)
    assert_type(download_engine.md5_of(Path("x")), str | None)
