"""Files that a PRIMARY owns (spec 30 §7)."""

from horde_model_reference.client.local_backends import (
    FileSystemBackend,
)

__all__ = [
    "FileSystemBackend",
]
