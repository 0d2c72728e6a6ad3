"""Asking again over HTTP (spec 30 §7)."""

from horde_model_reference.sources.http import (
    RETRYABLE_STATUS_CODES,
    Retries,
    get_with_retries,
)

__all__ = [
    "RETRYABLE_STATUS_CODES",
    "Retries",
    "get_with_retries",
]
