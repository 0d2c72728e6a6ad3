"""What copies have in common (spec 30 §7)."""

from horde_model_reference.client.replica_backends import (
    ReplicaBackendBase,
)

__all__ = [
    "ReplicaBackendBase",
]
