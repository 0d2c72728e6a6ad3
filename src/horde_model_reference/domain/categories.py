"""The categories of models, what is fixed about each, and the registry that programs may extend."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from threading import Lock
from types import MappingProxyType
from typing import Final, Literal

from horde_model_reference.domain.published import published_as


@published_as("MODEL_REFERENCE_CATEGORY")
class Category(StrEnum):
    """A kind of model, in the order in which categories are listed and requested everywhere."""

    blip = "blip"
    clip = "clip"
    codeformer = "codeformer"
    controlnet = "controlnet"
    controlnet_annotator = "controlnet_annotator"
    esrgan = "esrgan"
    gfpgan = "gfpgan"
    safety_checker = "safety_checker"
    image_generation = "image_generation"
    text_generation = "text_generation"
    video_generation = "video_generation"
    audio_generation = "audio_generation"
    miscellaneous = "miscellaneous"
    lora = "lora"
    ti = "ti"


@published_as("MODEL_DOMAIN")
class Domain(StrEnum):
    """What a model works on."""

    image = "image"
    text = "text"
    video = "video"
    audio = "audio"
    rendered_3d = "rendered_3d"


@published_as("MODEL_PURPOSE")
class Purpose(StrEnum):
    """What a model is used for."""

    generation = "generation"
    post_processing = "post_processing"
    auxiliary_or_patch = "auxiliary_or_patch"
    feature_extractor = "feature_extractor"
    safety_checker = "safety_checker"
    miscellaneous = "miscellaneous"


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryDescriptor:
    """What is fixed about a category (spec 30 §3)."""

    domain: Domain
    purpose: Purpose
    github_source: Literal["image", "text"] | None = None
    """Which of the two legacy repositories holds the category; None: neither."""
    has_legacy_format: bool = True
    managed_elsewhere: bool = False
    """The records are kept by another program: they are never loaded as typed records here."""
    filename_override: str | None = None
    """Name of the v2 file where it is not ``<category>.json``."""
    legacy_filename_override: str | None = None
    """Name of the legacy file where it is not ``<category>.json``."""
    on_disk_folder_name: str | None = None
    """Folder of the weights below the weights root; None: the category has no weights on disk."""
    weights_marker: bool = False
    """Whether the folder helps to recognise the weights root."""
    managed_download_elsewhere: bool = False
    """The download engine never fetches files of this category."""


def _on_image_github(
    purpose: Purpose, folder: str, *, marker: bool = False, file_name: str | None = None
) -> CategoryDescriptor:
    return CategoryDescriptor(
        domain=Domain.image,
        purpose=purpose,
        github_source="image",
        filename_override=file_name,
        legacy_filename_override=file_name,
        on_disk_folder_name=folder,
        weights_marker=marker,
    )


def _kept_by_others(folder: str) -> CategoryDescriptor:
    return CategoryDescriptor(
        domain=Domain.image,
        purpose=Purpose.auxiliary_or_patch,
        has_legacy_format=False,
        managed_elsewhere=True,
        on_disk_folder_name=folder,
        managed_download_elsewhere=True,
    )


BUILT_IN_CATEGORIES: Final[Mapping[str, CategoryDescriptor]] = MappingProxyType(
    {
        Category.blip: _on_image_github(Purpose.feature_extractor, "blip"),
        Category.clip: _on_image_github(Purpose.feature_extractor, "clip", marker=True),
        Category.codeformer: _on_image_github(Purpose.post_processing, "codeformer"),
        Category.controlnet: _on_image_github(Purpose.auxiliary_or_patch, "controlnet"),
        Category.controlnet_annotator: CategoryDescriptor(
            domain=Domain.image,
            purpose=Purpose.auxiliary_or_patch,
            has_legacy_format=False,
            on_disk_folder_name="controlnet",
        ),
        Category.esrgan: _on_image_github(Purpose.post_processing, "esrgan"),
        Category.gfpgan: _on_image_github(Purpose.post_processing, "gfpgan"),
        Category.safety_checker: _on_image_github(Purpose.safety_checker, "safety_checker"),
        Category.image_generation: _on_image_github(
            Purpose.generation, "compvis", marker=True, file_name="stable_diffusion.json"
        ),
        Category.text_generation: CategoryDescriptor(
            domain=Domain.text,
            purpose=Purpose.generation,
            github_source="text",
            legacy_filename_override="models.csv",
        ),
        Category.video_generation: CategoryDescriptor(
            domain=Domain.video, purpose=Purpose.generation, has_legacy_format=False
        ),
        Category.audio_generation: CategoryDescriptor(
            domain=Domain.audio, purpose=Purpose.generation, has_legacy_format=False
        ),
        Category.miscellaneous: _on_image_github(Purpose.miscellaneous, "miscellaneous"),
        Category.lora: _kept_by_others("lora"),
        Category.ti: _kept_by_others("ti"),
    }
)
"""The fifteen categories that are always there (spec 01 §1), keyed by ``Category`` members, in order."""


class CategoryRegistry:
    """The known categories: the built-in ones, and those that a program adds while it runs.

    Keys are plain strings; a ``Category`` member equals its value, so either finds the same entry.
    """

    def __init__(self) -> None:
        self._descriptors: dict[str, CategoryDescriptor] = dict(BUILT_IN_CATEGORIES)
        self._lock = Lock()

    def register(self, name: str, descriptor: CategoryDescriptor) -> None:
        """Add a category; raise ValueError when the name is taken."""
        with self._lock:
            if name in self._descriptors:
                raise ValueError(f"the category {name!r} is registered already")
            self._descriptors[name] = descriptor

    def get(self, name: str) -> CategoryDescriptor:
        """Return the descriptor of a category; raise KeyError when it is unknown."""
        return self._descriptors[name]

    def all(self) -> dict[str, CategoryDescriptor]:
        """Return a copy of everything known, in registration order."""
        return dict(self._descriptors)


@cache
def shared_categories() -> CategoryRegistry:
    """Return the category registry of this process, made on first use.

    The public ``register_category`` promises one registry per process; everything else may hold its own.
    """
    return CategoryRegistry()


def get_category_descriptor(category: str) -> CategoryDescriptor:
    """Return what is fixed about a category of this process; raise KeyError when it is unknown."""
    return shared_categories().get(category)


def v2_file_name(category: str) -> str:
    """Return the name of the category's v2 file below the data root; raise KeyError when it is unknown."""
    return get_category_descriptor(category).filename_override or f"{category}.json"


def legacy_file_name(category: str) -> str | None:
    """Return the name of the category's file in the legacy format; None: it has no such format.

    Raises:
        KeyError: the category is unknown.
    """
    descriptor = get_category_descriptor(category)
    if not descriptor.has_legacy_format:
        return None
    return descriptor.legacy_filename_override or f"{category}.json"


MODEL_NAME_ALIASES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {Category.controlnet: MappingProxyType({"control_qr_sdxl": "control_qr_xl"})}
)
"""Former names of models by category: alias to present name (spec 01 §2.2)."""


def normalise_model_name(category: str, name: str) -> str:
    """Return the present name of a model, which is the given one unless that is an alias (spec 01 §2.2)."""
    return MODEL_NAME_ALIASES.get(category, {}).get(name, name)


def lookup_order(category: str, name: str) -> tuple[str, ...]:
    """Return the keys under which a model may be stored, best first (spec 01 §2.2).

    The present name comes first, then other aliases of it, then the name as given, so that data stored under
    a former name still answers.
    """
    target = normalise_model_name(category, name)
    aliases = MODEL_NAME_ALIASES.get(category, {})
    others = (alias for alias, meant in aliases.items() if meant == target and alias != name)
    return tuple(dict.fromkeys((target, *others, name)))
