"""Baselines, styles and schedulers of image models (spec 30 §3)."""

from horde_model_reference.domain.baselines import (
    BaselineDescriptor,
)
from horde_model_reference.domain.baselines import (
    ImageBaseline as KNOWN_IMAGE_GENERATION_BASELINE,
)
from horde_model_reference.domain.registration import (
    get_all_registered_baselines,
    get_baseline_descriptor,
    get_baseline_native_resolution,
    get_baselines_by_resolution,
    is_known_controlnet_style,
    is_known_image_scheduler,
    is_known_model_style,
    register_controlnet_style,
    register_image_baseline,
    register_image_baselines_from_catalog,
    register_image_scheduler,
    register_model_style,
)
from horde_model_reference.domain.registries import (
    ControlnetStyle as CONTROLNET_STYLE,
)
from horde_model_reference.domain.registries import (
    ImageScheduler as KNOWN_IMAGE_SCHEDULER,
)
from horde_model_reference.domain.registries import (
    ImageStyle as MODEL_STYLE,
)
from horde_model_reference.domain.registries import (
    is_known_image_baseline,
)

__all__ = [
    "CONTROLNET_STYLE",
    "KNOWN_IMAGE_GENERATION_BASELINE",
    "KNOWN_IMAGE_SCHEDULER",
    "MODEL_STYLE",
    "BaselineDescriptor",
    "get_all_registered_baselines",
    "get_baseline_descriptor",
    "get_baseline_native_resolution",
    "get_baselines_by_resolution",
    "is_known_controlnet_style",
    "is_known_image_baseline",
    "is_known_image_scheduler",
    "is_known_model_style",
    "register_controlnet_style",
    "register_image_baseline",
    "register_image_baselines_from_catalog",
    "register_image_scheduler",
    "register_model_style",
]
