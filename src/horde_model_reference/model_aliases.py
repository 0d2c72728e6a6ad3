"""Former names of models (spec 30 §4.3)."""

from horde_model_reference.domain.categories import (
    MODEL_NAME_ALIASES,
    lookup_order,
    normalise_model_name,
)

__all__ = [
    "MODEL_NAME_ALIASES",
    "lookup_order",
    "normalise_model_name",
]
