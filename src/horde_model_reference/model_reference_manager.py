"""The manager, and when it loads its data (spec 30 §4)."""

from horde_model_reference.client.manager import (
    ModelReferenceManager,
)
from horde_model_reference.client.prefetch import (
    DeferredPrefetchHandle,
    PrefetchStrategy,
)

__all__ = [
    "DeferredPrefetchHandle",
    "ModelReferenceManager",
    "PrefetchStrategy",
]
