"""Every kind of change set that there is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from horde_model_reference.domain.changes import ResourceKind
from horde_model_reference.review.baseline_changes import BaselineChangeSets
from horde_model_reference.review.guidance_changes import GuidanceChangeSets
from horde_model_reference.review.policy import ChangeSetKind

CHANGE_SETS: Final[Mapping[ResourceKind, ChangeSetKind]] = MappingProxyType(
    {
        ResourceKind.image_baseline: BaselineChangeSets(),
        ResourceKind.text_guidance: GuidanceChangeSets(),
    }
)
"""What change sets mean, by what they are about."""
