"""What a backend must be (spec 30 §7)."""

from horde_model_reference.client.backend import (
    ModelReferenceBackend,
)

__all__ = [
    "ModelReferenceBackend",
]
