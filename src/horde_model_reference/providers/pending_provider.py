"""Records that wait for a review (spec 30 §6)."""

from horde_model_reference.client.pending_provider import (
    PendingModelProvider,
)
from horde_model_reference.client.source_selection import (
    PENDING_SOURCE_ID,
)

__all__ = [
    "PENDING_SOURCE_ID",
    "PendingModelProvider",
]
