"""A wrapper without effect (spec 30 §7)."""

from horde_model_reference.client.redis_backend import (
    RedisBackend,
)

__all__ = [
    "RedisBackend",
]
