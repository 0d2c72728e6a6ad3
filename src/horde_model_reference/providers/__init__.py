"""Records from elsewhere beside those of the registry (spec 30 §6)."""

from horde_model_reference.client.pending_provider import (
    PendingModelProvider,
)
from horde_model_reference.client.providers import (
    ModelProvider,
    ModelProviderRegistry,
    StaticModelProvider,
)
from horde_model_reference.client.source_selection import (
    PENDING_SOURCE_ID,
)

__all__ = [
    "PENDING_SOURCE_ID",
    "ModelProvider",
    "ModelProviderRegistry",
    "PendingModelProvider",
    "StaticModelProvider",
]
