"""What a manager reads from (spec 30 §7)."""

from importlib import import_module
from typing import TYPE_CHECKING

from horde_model_reference.client.backend import (
    ModelReferenceBackend,
)
from horde_model_reference.client.local_backends import (
    FileSystemBackend,
    LocalReadOnlyBackend,
)
from horde_model_reference.client.replica_backends import (
    GitHubBackend,
    HTTPBackend,
    ReplicaBackendBase,
)

if TYPE_CHECKING:
    from horde_model_reference.client.redis_backend import RedisBackend

__all__ = [
    "FileSystemBackend",
    "GitHubBackend",
    "HTTPBackend",
    "LocalReadOnlyBackend",
    "ModelReferenceBackend",
    "RedisBackend",
    "ReplicaBackendBase",
]


def __getattr__(name: str) -> object:
    """Return the backend that few programs ask for."""
    if name == "RedisBackend":
        return import_module("horde_model_reference.client.redis_backend").RedisBackend
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
