"""The public field references (spec 30 §1, §5)."""

from horde_model_reference.catalog.predicates import Predicate
from horde_model_reference.catalog.query_fields import (
    AudioFields,
    BlipFields,
    ClipFields,
    CodeformerFields,
    ControlNetFields,
    EsrganFields,
    FieldRef,
    GenericFields,
    GfpganFields,
    ImageFields,
    MiscellaneousFields,
    OrderSpec,
    SafetyCheckerFields,
    TextFields,
    VideoFields,
    false,
    true,
)

__all__ = [
    "AudioFields",
    "BlipFields",
    "ClipFields",
    "CodeformerFields",
    "ControlNetFields",
    "EsrganFields",
    "FieldRef",
    "GenericFields",
    "GfpganFields",
    "ImageFields",
    "MiscellaneousFields",
    "OrderSpec",
    "Predicate",
    "SafetyCheckerFields",
    "TextFields",
    "VideoFields",
    "false",
    "true",
]
