"""Parts that several models share, found by their content hashes in the records (spec 30 §11)."""

from horde_model_reference.client.canonical_components import (
    CanonicalComponent,
    CanonicalComponentRegistry,
    CanonicalComponentSource,
    derive_canonical_registry,
)

__all__ = [
    "CanonicalComponent",
    "CanonicalComponentRegistry",
    "CanonicalComponentSource",
    "derive_canonical_registry",
]
