"""What a provider must be (spec 30 §6)."""

from horde_model_reference.client.providers import (
    ModelProvider,
)

__all__ = [
    "ModelProvider",
]
