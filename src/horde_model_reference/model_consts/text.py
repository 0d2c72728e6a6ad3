"""Backends of text models (spec 30 §3)."""

from horde_model_reference.domain.registration import (
    is_known_text_backend,
    register_text_backend,
)
from horde_model_reference.domain.registries import (
    TextBackend as TEXT_BACKENDS,
)

__all__ = [
    "TEXT_BACKENDS",
    "is_known_text_backend",
    "register_text_backend",
]
