"""Sources of records, and how one selects them (spec 30 §6)."""

from horde_model_reference.client.source_selection import (
    ANY_SOURCE,
    HORDE_SOURCE_ID,
    PENDING_SOURCE_ID,
    RESERVED_SOURCE_IDS,
    SourceOutcome,
    SourceSelector,
    normalize_source_selector,
)

__all__ = [
    "ANY_SOURCE",
    "HORDE_SOURCE_ID",
    "PENDING_SOURCE_ID",
    "RESERVED_SOURCE_IDS",
    "SourceOutcome",
    "SourceSelector",
    "normalize_source_selector",
]
