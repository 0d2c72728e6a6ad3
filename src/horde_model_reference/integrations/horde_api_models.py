"""Live data of the AI-Horde (spec 13)."""

from horde_model_reference.catalog.live import (
    LiveModels,
    ModelStatus,
    Usage,
    WorkerSummary,
    WorkKind,
)
from horde_model_reference.catalog.live_join import (
    ModelLiveStatistics as CombinedModelStatistics,
)
from horde_model_reference.client.popular import (
    PopularModelResult,
)

__all__ = [
    "CombinedModelStatistics",
    "LiveModels",
    "ModelStatus",
    "PopularModelResult",
    "Usage",
    "WorkKind",
    "WorkerSummary",
]
