"""Categories, domains, purposes and tags (spec 30 §3)."""

from typing import TYPE_CHECKING

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
    get_all_registered_categories,
    get_categories_managed_elsewhere,
    get_github_image_categories,
    get_github_text_categories,
    get_known_tags,
    get_model_classification,
    get_no_legacy_format_categories,
    get_weights_marker_folders,
    is_known_model_domain,
    is_known_model_purpose,
    is_known_tag,
    register_category,
    register_model_domain,
    register_model_purpose,
    register_tag,
)
from horde_model_reference.domain.registries import (
    shared_registries,
)

if TYPE_CHECKING:
    KNOWN_TAGS: set[str]
    categories_managed_elsewhere: list[str]

__all__ = [
    "KNOWN_TAGS",
    "MODEL_CLASSIFICATION_LOOKUP",
    "MODEL_DOMAIN",
    "MODEL_PURPOSE",
    "MODEL_REFERENCE_CATEGORY",
    "CategoryDescriptor",
    "ModelClassification",
    "categories_managed_elsewhere",
    "get_all_registered_categories",
    "get_categories_managed_elsewhere",
    "get_category_descriptor",
    "get_github_image_categories",
    "get_github_text_categories",
    "get_known_tags",
    "get_model_classification",
    "get_no_legacy_format_categories",
    "get_weights_marker_folders",
    "is_known_model_domain",
    "is_known_model_purpose",
    "is_known_tag",
    "register_category",
    "register_model_domain",
    "register_model_purpose",
    "register_tag",
    "shared_registries",
]


def __getattr__(name: str) -> object:
    """Return what follows the registries of this process."""
    if name == "KNOWN_TAGS":
        return shared_registries().tags
    if name == "categories_managed_elsewhere":
        return get_categories_managed_elsewhere()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
