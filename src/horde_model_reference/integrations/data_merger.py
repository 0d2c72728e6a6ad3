"""Records joined with live data (spec 13)."""

from horde_model_reference.catalog.live_join import (
    BackendVariation,
    join,
)
from horde_model_reference.catalog.live_join import (
    ModelLiveStatistics as CombinedModelStatistics,
)
from horde_model_reference.client.popular import (
    PopularModelResult,
)

__all__ = [
    "BackendVariation",
    "CombinedModelStatistics",
    "PopularModelResult",
    "join",
]
