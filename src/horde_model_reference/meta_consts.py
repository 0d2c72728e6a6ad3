"""Every category, domain, purpose, style, tag, baseline, scheduler and backend (spec 30 §3)."""

from typing import TYPE_CHECKING

from horde_model_reference.domain.baselines import (
    BaselineDescriptor,
)
from horde_model_reference.domain.baselines import (
    ImageBaseline as KNOWN_IMAGE_GENERATION_BASELINE,
)
from horde_model_reference.domain.categories import (
    Category as MODEL_REFERENCE_CATEGORY,
)
from horde_model_reference.domain.categories import (
    CategoryDescriptor,
    get_category_descriptor,
)
from horde_model_reference.domain.categories import (
    Domain as MODEL_DOMAIN,
)
from horde_model_reference.domain.categories import (
    Purpose as MODEL_PURPOSE,
)
from horde_model_reference.domain.classification_lookup import (
    MODEL_CLASSIFICATION_LOOKUP,
)
from horde_model_reference.domain.record_parts import (
    ModelClassification,
)
from horde_model_reference.domain.registration import (
    get_all_registered_baselines,
    get_all_registered_categories,
    get_baseline_descriptor,
    get_baseline_native_resolution,
    get_baselines_by_resolution,
    get_categories_managed_elsewhere,
    get_github_image_categories,
    get_github_text_categories,
    get_known_tags,
    get_model_classification,
    get_no_legacy_format_categories,
    get_weights_marker_folders,
    is_known_controlnet_style,
    is_known_image_scheduler,
    is_known_model_domain,
    is_known_model_purpose,
    is_known_model_style,
    is_known_tag,
    is_known_text_backend,
    register_category,
    register_controlnet_style,
    register_image_baseline,
    register_image_baselines_from_catalog,
    register_image_scheduler,
    register_model_domain,
    register_model_purpose,
    register_model_style,
    register_tag,
    register_text_backend,
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
    TextBackend as TEXT_BACKENDS,
)
from horde_model_reference.domain.registries import (
    is_known_image_baseline,
    shared_registries,
)

if TYPE_CHECKING:
    KNOWN_TAGS: set[str]
    categories_managed_elsewhere: list[str]

__all__ = [
    "CONTROLNET_STYLE",
    "KNOWN_IMAGE_GENERATION_BASELINE",
    "KNOWN_IMAGE_SCHEDULER",
    "KNOWN_TAGS",
    "MODEL_CLASSIFICATION_LOOKUP",
    "MODEL_DOMAIN",
    "MODEL_PURPOSE",
    "MODEL_REFERENCE_CATEGORY",
    "MODEL_STYLE",
    "TEXT_BACKENDS",
    "BaselineDescriptor",
    "CategoryDescriptor",
    "ModelClassification",
    "categories_managed_elsewhere",
    "get_all_registered_baselines",
    "get_all_registered_categories",
    "get_baseline_descriptor",
    "get_baseline_native_resolution",
    "get_baselines_by_resolution",
    "get_categories_managed_elsewhere",
    "get_category_descriptor",
    "get_github_image_categories",
    "get_github_text_categories",
    "get_known_tags",
    "get_model_classification",
    "get_no_legacy_format_categories",
    "get_weights_marker_folders",
    "is_known_controlnet_style",
    "is_known_image_baseline",
    "is_known_image_scheduler",
    "is_known_model_domain",
    "is_known_model_purpose",
    "is_known_model_style",
    "is_known_tag",
    "is_known_text_backend",
    "register_category",
    "register_controlnet_style",
    "register_image_baseline",
    "register_image_baselines_from_catalog",
    "register_image_scheduler",
    "register_model_domain",
    "register_model_purpose",
    "register_model_style",
    "register_tag",
    "register_text_backend",
    "shared_registries",
]


def __getattr__(name: str) -> object:
    """Return what follows the registries of this process."""
    if name == "KNOWN_TAGS":
        return shared_registries().tags
    if name == "categories_managed_elsewhere":
        return get_categories_managed_elsewhere()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
