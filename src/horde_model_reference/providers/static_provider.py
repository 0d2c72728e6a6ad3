"""Records that are fixed when a program starts (spec 30 §6)."""

from horde_model_reference.client.providers import (
    StaticModelProvider,
)

__all__ = [
    "StaticModelProvider",
]
