"""What a mirror of files holds (spec 30 §10)."""

from horde_model_reference.client.mirror import (
    MANIFEST_SCHEMA_VERSION,
    MirrorInventory,
    MirrorSettings,
    configured_mirror,
    parse_manifest,
)

__all__ = [
    "MANIFEST_SCHEMA_VERSION",
    "MirrorInventory",
    "MirrorSettings",
    "configured_mirror",
    "parse_manifest",
]
