"""Files that others fill (spec 30 §7)."""

from horde_model_reference.client.local_backends import (
    LocalReadOnlyBackend,
)

__all__ = [
    "LocalReadOnlyBackend",
]
