"""Copies from the legacy repositories (spec 30 §7)."""

from horde_model_reference.client.replica_backends import (
    GitHubBackend,
)

__all__ = [
    "GitHubBackend",
]
