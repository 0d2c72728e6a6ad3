"""Everything that a program may register while it runs: one object, and one of it per process.

Records are checked against these sets. Whoever wants other sets passes a ``Registries`` in the validation
context; the public ``register_*`` and ``is_known_*`` functions act on ``shared_registries()``.
"""

import logging
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Final

from horde_model_reference.domain.baselines import BaselineDescriptor, BaselineRegistry
from horde_model_reference.domain.categories import (
    CategoryDescriptor,
    CategoryRegistry,
    Domain,
    Purpose,
    shared_categories,
)

_logger = logging.getLogger(__name__)


class ImageStyle(StrEnum):
    """The built-in styles of image models."""

    generalist = "generalist"
    anime = "anime"
    furry = "furry"
    artistic = "artistic"
    other = "other"
    realistic = "realistic"


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
    _reported: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])

    def report_unknown(self, category: str, field_name: str, value: str) -> None:
        """Log a value that nobody registered: the first time as a warning, after that for debugging only."""
        sighting = (category, field_name, value)
        level = logging.DEBUG if sighting in self._reported else logging.WARNING
        self._reported.add(sighting)
        _logger.log(level, "%s records: %s %r is not a known value", category, field_name, value)


@cache
def shared_registries() -> Registries:
    """Return the registries of this process, made on first use (spec 30 §3)."""
    return Registries(categories=shared_categories())


def register_category(name: str, descriptor: CategoryDescriptor) -> None:
    """Add a category to this process; raise ValueError when it is there already."""
    shared_registries().categories.register(name, descriptor)


def get_all_registered_categories() -> dict[str, CategoryDescriptor]:
    """Return a copy of all categories of this process."""
    return shared_registries().categories.all()


def get_weights_marker_folders() -> tuple[str, ...]:
    """Return the folders that a weights root must hold to be recognised, in registration order."""
    return tuple(
        descriptor.on_disk_folder_name
        for descriptor in get_all_registered_categories().values()
        if descriptor.weights_marker and descriptor.on_disk_folder_name
    )


def register_image_baseline(name: str, descriptor: BaselineDescriptor) -> None:
    """Add an image baseline to this process; raise ValueError when it is there already."""
    shared_registries().baselines.register(name, descriptor)


def get_baseline_descriptor(name: str) -> BaselineDescriptor:
    """Return the descriptor of a baseline's main name; raise KeyError when it is unknown."""
    return shared_registries().baselines.get(name)


def get_all_registered_baselines() -> dict[str, BaselineDescriptor]:
    """Return a copy of all image baselines of this process."""
    return shared_registries().baselines.all()


def is_known_image_baseline(name: str) -> bool:
    """Return whether this is a baseline's main name or one of its alternative names."""
    return shared_registries().baselines.is_known(name)


def get_baseline_native_resolution(name: str) -> int:
    """Return the native side of a baseline in pixels; raise KeyError unless it is a main name with one."""
    return shared_registries().baselines.native_resolution(name)


def get_baselines_by_resolution(native_resolution: int) -> list[str]:
    """Return the main names of all baselines with that native side in pixels."""
    return shared_registries().baselines.with_resolution(native_resolution)


def get_known_tags() -> list[str]:
    """Return the known tags, sorted."""
    return sorted(shared_registries().tags)


def get_github_categories(source: str) -> list[str]:
    """Return the categories kept in one of the legacy repositories: ``image`` or ``text``."""
    return [name for name, known in get_all_registered_categories().items() if known.github_source == source]


def get_no_legacy_format_categories() -> list[str]:
    """Return the categories that exist in the v2 format only."""
    return [name for name, known in get_all_registered_categories().items() if not known.has_legacy_format]


def get_categories_managed_elsewhere() -> list[str]:
    """Return the categories whose records are kept by other programs."""
    return [name for name, known in get_all_registered_categories().items() if known.managed_elsewhere]
