"""Copies from a PRIMARY (spec 30 §7)."""

from horde_model_reference.client.replica_backends import (
    HTTPBackend,
)

__all__ = [
    "HTTPBackend",
]
