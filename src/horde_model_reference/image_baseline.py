"""The catalog of image baselines (spec 24)."""

from horde_model_reference.domain.baseline_catalog import (
    BaselineCapabilities,
    HordeBaselinePolicy,
    ImageBaselineCatalog,
    ImageBaselineChange,
    ImageBaselineChangeSet,
    ImageBaselineRecord,
)

__all__ = [
    "BaselineCapabilities",
    "HordeBaselinePolicy",
    "ImageBaselineCatalog",
    "ImageBaselineChange",
    "ImageBaselineChangeSet",
    "ImageBaselineRecord",
]
