"""What programs may register (spec 30 §3)."""

from horde_model_reference.domain.baselines import (
    BaselineDescriptor,
)
from horde_model_reference.domain.categories import (
    CategoryDescriptor,
    get_category_descriptor,
)
from horde_model_reference.domain.registration import (
    get_all_registered_baselines,
    get_all_registered_categories,
    get_baseline_descriptor,
    register_category,
    register_image_baseline,
    register_image_baselines_from_catalog,
)
from horde_model_reference.domain.registries import (
    Registries,
    shared_registries,
)

__all__ = [
    "BaselineDescriptor",
    "CategoryDescriptor",
    "Registries",
    "get_all_registered_baselines",
    "get_all_registered_categories",
    "get_baseline_descriptor",
    "get_category_descriptor",
    "register_category",
    "register_image_baseline",
    "register_image_baselines_from_catalog",
    "shared_registries",
]
