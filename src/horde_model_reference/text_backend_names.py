"""Names of text models with and without their backend (spec 30 §12)."""

from horde_model_reference.client.text_name_variants import get_model_name_variants
from horde_model_reference.domain.registries import (
    TextBackend as TEXT_BACKENDS,
)
from horde_model_reference.formats.text_names import (
    has_backend_prefix as has_legacy_text_backend_prefix,
)
from horde_model_reference.formats.text_names import (
    strip_backend_prefix,
)

__all__ = [
    "TEXT_BACKENDS",
    "get_model_name_variants",
    "has_legacy_text_backend_prefix",
    "strip_backend_prefix",
]
