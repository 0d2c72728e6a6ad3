"""What a checkpoint is made of, remembered in a small file beside it (spec 30 §11)."""

from horde_model_reference.client.component_identity import (
    SIDECAR_SCHEMA_VERSION,
    SIDECAR_SUFFIX,
    ComponentIdentity,
    EmbeddedComponent,
    ensure_sidecar,
    read_sidecar,
    sidecar_path_for,
)

__all__ = [
    "SIDECAR_SCHEMA_VERSION",
    "SIDECAR_SUFFIX",
    "ComponentIdentity",
    "EmbeddedComponent",
    "ensure_sidecar",
    "read_sidecar",
    "sidecar_path_for",
]
