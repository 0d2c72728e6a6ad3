"""The client of the AI-Horde (spec 13)."""

from horde_model_reference.catalog.live import (
    LiveDataUnavailableError,
)
from horde_model_reference.client.popular import (
    PopularModelResult,
)
from horde_model_reference.sources.ai_horde import (
    AIHordeClient,
    LiveTimes,
)

__all__ = [
    "AIHordeClient",
    "LiveDataUnavailableError",
    "LiveTimes",
    "PopularModelResult",
]
