"""Where the library keeps its files (spec 30 §9)."""

from typing import TYPE_CHECKING

from horde_model_reference.client.paths import (
    DEFAULT_SHOWCASE_FOLDER_NAME,
    LEGACY_REFERENCE_FOLDER_NAME,
    META_FOLDER_NAME,
    PACKAGE_NAME,
    HordeModelReferencePaths,
    resolve_audit_path,
    resolve_image_baseline_path,
    resolve_licensing_path,
    resolve_pending_queue_path,
    resolve_text_guidance_path,
    shared_paths,
)

if TYPE_CHECKING:
    horde_model_reference_paths: HordeModelReferencePaths

__all__ = [
    "DEFAULT_SHOWCASE_FOLDER_NAME",
    "LEGACY_REFERENCE_FOLDER_NAME",
    "META_FOLDER_NAME",
    "PACKAGE_NAME",
    "HordeModelReferencePaths",
    "horde_model_reference_paths",
    "resolve_audit_path",
    "resolve_image_baseline_path",
    "resolve_licensing_path",
    "resolve_pending_queue_path",
    "resolve_text_guidance_path",
    "shared_paths",
]


def __getattr__(name: str) -> object:
    """Return the paths of this process, made when they are first asked for."""
    if name == "horde_model_reference_paths":
        return shared_paths()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
