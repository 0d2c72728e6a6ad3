"""Everything that a program may register while it runs: one object, and one of it per process.

Records are checked against these sets. Whoever wants other sets passes a ``Registries`` in the validation
context; the public functions in ``registration.py`` act on ``shared_registries()``.
"""

import logging
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Final

from horde_model_reference.domain.baselines import BaselineRegistry
from horde_model_reference.domain.categories import CategoryRegistry, Domain, Purpose, shared_categories
from horde_model_reference.domain.published import published_as

_logger = logging.getLogger(__name__)


@published_as("MODEL_STYLE")
class ImageStyle(StrEnum):
    """The built-in styles of image models."""

    generalist = "generalist"
    anime = "anime"
    furry = "furry"
    artistic = "artistic"
    other = "other"
    realistic = "realistic"


@published_as("CONTROLNET_STYLE")
class ControlnetStyle(StrEnum):
    """The built-in controlnet styles."""

    control_seg = "control_seg"
    control_scribble = "control_scribble"
    control_fakescribbles = "control_fakescribbles"
    control_openpose = "control_openpose"
    control_normal = "control_normal"
    control_mlsd = "control_mlsd"
    control_hough = "control_hough"
    control_hed = "control_hed"
    control_canny = "control_canny"
    control_depth = "control_depth"
    control_qr = "control_qr"
    control_qr_xl = "control_qr_xl"
    control_lineart = "control_lineart"
    control_lineart_anime = "control_lineart_anime"
    control_normal_bae = "control_normal_bae"
    control_recolor = "control_recolor"
    control_tile = "control_tile"
    control_shuffle = "control_shuffle"
    control_color = "control_color"


@published_as("KNOWN_IMAGE_SCHEDULER")
class ImageScheduler(StrEnum):
    """The built-in image schedulers."""

    normal = "normal"
    karras = "karras"
    exponential = "exponential"
    sgm_uniform = "sgm_uniform"
    simple = "simple"
    ddim_uniform = "ddim_uniform"
    beta = "beta"
    linear_quadratic = "linear_quadratic"
    kl_optimal = "kl_optimal"
    align_your_steps = "align_your_steps"
    gits = "gits"


@published_as("TEXT_BACKENDS")
class TextBackend(StrEnum):
    """The built-in text backends; the legacy form prefixes names with one of them and a slash."""

    aphrodite = "aphrodite"
    koboldcpp = "koboldcpp"


BUILT_IN_TAGS: Final = frozenset(
    {
        "anime",
        "booru",
        "cartoon",
        "cg",
        "character",
        "comic",
        "cyberpunk",
        "game",
        "hentai",
        "high resolution",
        "landscapes",
        "low poly",
        "manga",
        "painting",
        "retro",
        "scenes",
        "sketch",
        "tv show",
    }
)
"""Tags that people know; a record may have any other (spec 01 §2)."""


MOST_REPORTED: Final = 4096
"""How many unknown values are remembered; with one more, each of them is news again."""


def _values(members: type[StrEnum]) -> set[str]:
    return {member.value for member in members}


@dataclass(slots=True, kw_only=True)
class Registries:
    """The known values (spec 30 §3). A new one holds the built-in values; the sets may be added to."""

    categories: CategoryRegistry = field(default_factory=CategoryRegistry)
    baselines: BaselineRegistry = field(default_factory=BaselineRegistry)
    model_domains: set[str] = field(default_factory=lambda: _values(Domain))
    model_purposes: set[str] = field(default_factory=lambda: _values(Purpose))
    model_styles: set[str] = field(default_factory=lambda: _values(ImageStyle))
    controlnet_styles: set[str] = field(default_factory=lambda: _values(ControlnetStyle))
    image_schedulers: set[str] = field(default_factory=lambda: _values(ImageScheduler))
    text_backends: set[str] = field(default_factory=lambda: _values(TextBackend))
    tags: set[str] = field(default_factory=lambda: set(BUILT_IN_TAGS))
    refuses_unknown_fields: bool = False
    """Whether records are refused for fields they don't know, instead of losing them; a test mode."""
    _reported: set[int] = field(default_factory=set[int])

    def report_unknown(self, category: str, field_name: str, value: str) -> None:
        """Log a value that nobody registered: the first time as a warning, after that for debugging only."""
        # Hashes, since whoever sends records chooses the values, and their length.
        sighting = hash((category, field_name, value))
        level = logging.DEBUG if sighting in self._reported else logging.WARNING
        if len(self._reported) >= MOST_REPORTED:
            self._reported.clear()
        self._reported.add(sighting)
        _logger.log(level, "%s records: %s %r is not a known value", category, field_name, value)


@cache
def shared_registries() -> Registries:
    """Return the registries of this process, made on first use (spec 30 §3)."""
    return Registries(categories=shared_categories())


def is_known_image_baseline(name: str) -> bool:
    """Return whether this is a baseline's main name or one of its alternative names."""
    return shared_registries().baselines.is_known(name)
