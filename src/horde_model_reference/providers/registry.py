"""The providers of a manager (spec 30 §6)."""

from horde_model_reference.client.providers import (
    ModelProviderRegistry,
)

__all__ = [
    "ModelProviderRegistry",
]
