"""Which class the records of a category have; programs may add classes for categories of their own."""

from typing import Final

from pydantic import ConfigDict

from horde_model_reference.domain import records
from horde_model_reference.domain.categories import Category

MODEL_RECORD_TYPE_LOOKUP: Final[dict[str, type[records.GenericModelRecord]]] = {
    Category.blip: records.BlipModelRecord,
    Category.clip: records.ClipModelRecord,
    Category.codeformer: records.CodeformerModelRecord,
    Category.controlnet: records.ControlNetModelRecord,
    Category.controlnet_annotator: records.ControlNetAnnotatorModelRecord,
    Category.esrgan: records.EsrganModelRecord,
    Category.gfpgan: records.GfpganModelRecord,
    Category.safety_checker: records.SafetyCheckerModelRecord,
    Category.image_generation: records.ImageGenerationModelRecord,
    Category.text_generation: records.TextGenerationModelRecord,
    Category.video_generation: records.VideoGenerationModelRecord,
    Category.audio_generation: records.AudioGenerationModelRecord,
    Category.miscellaneous: records.MiscellaneousModelRecord,
    Category.lora: records.LoraModelRecord,
    Category.ti: records.TextualInversionModelRecord,
}
"""The class of each category's records. It changes only through ``register_record_type``, for the process."""


def register_record_type(category: str, record_type: type[records.GenericModelRecord]) -> None:
    """Set the class for the records of a category of this process, in place of an earlier one."""
    MODEL_RECORD_TYPE_LOOKUP[category] = record_type


def get_record_type_for_category(category: str) -> type[records.GenericModelRecord]:
    """Return the class for the records of a category, ``GenericModelRecord`` where none is registered."""
    return MODEL_RECORD_TYPE_LOOKUP.get(category, records.GenericModelRecord)


def get_default_config() -> ConfigDict:
    """Return a copy of the pydantic settings of records, for record classes made elsewhere."""
    return ConfigDict(**records.GenericModelRecord.model_config)
