"""The records, and which class the records of a category have (spec 30 §1, spec 01)."""

from horde_model_reference.domain.record_parts import (
    DownloadRecord,
    FineTuneSeriesInfo,
    GenericModelRecordConfig,
    GenericModelRecordMetadata,
    ModelClassification,
)
from horde_model_reference.domain.record_types import (
    MODEL_RECORD_TYPE_LOOKUP,
    get_default_config,
    get_record_type_for_category,
    register_record_type,
)
from horde_model_reference.domain.records import (
    AudioGenerationModelRecord,
    BlipModelRecord,
    ClipModelRecord,
    CodeformerModelRecord,
    ControlNetAnnotatorModelRecord,
    ControlNetModelRecord,
    EsrganModelRecord,
    GenericModelRecord,
    GfpganModelRecord,
    ImageGenerationModelRecord,
    LoraModelRecord,
    MiscellaneousModelRecord,
    SafetyCheckerModelRecord,
    TextGenerationModelRecord,
    TextualInversionModelRecord,
    VideoGenerationModelRecord,
    normalize_scheduler_requirements,
)
from horde_model_reference.domain.text_group_schema import (
    TextModelGroupNameSchema,
)

__all__ = [
    "MODEL_RECORD_TYPE_LOOKUP",
    "AudioGenerationModelRecord",
    "BlipModelRecord",
    "ClipModelRecord",
    "CodeformerModelRecord",
    "ControlNetAnnotatorModelRecord",
    "ControlNetModelRecord",
    "DownloadRecord",
    "EsrganModelRecord",
    "FineTuneSeriesInfo",
    "GenericModelRecord",
    "GenericModelRecordConfig",
    "GenericModelRecordMetadata",
    "GfpganModelRecord",
    "ImageGenerationModelRecord",
    "LoraModelRecord",
    "MiscellaneousModelRecord",
    "ModelClassification",
    "SafetyCheckerModelRecord",
    "TextGenerationModelRecord",
    "TextModelGroupNameSchema",
    "TextualInversionModelRecord",
    "VideoGenerationModelRecord",
    "get_default_config",
    "get_record_type_for_category",
    "normalize_scheduler_requirements",
    "register_record_type",
]
