"""Image baselines: the base models that image models derive from, under all their names (spec 01 §2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from types import MappingProxyType
from typing import Final

from horde_model_reference.domain.published import published_as


@published_as("KNOWN_IMAGE_GENERATION_BASELINE")
class ImageBaseline(StrEnum):
    """The built-in image baselines, by main name."""

    infer = "infer"
    stable_diffusion_1 = "stable_diffusion_1"
    stable_diffusion_2_768 = "stable_diffusion_2_768"
    stable_diffusion_2_512 = "stable_diffusion_2_512"
    stable_diffusion_xl = "stable_diffusion_xl"
    stable_cascade = "stable_cascade"
    flux_1 = "flux_1"
    flux_schnell = "flux_schnell"
    flux_dev = "flux_dev"
    qwen_image = "qwen_image"
    z_image_turbo = "z_image_turbo"
    krea2_turbo = "krea2_turbo"
    anima = "anima"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineDescriptor:
    """What readers need to know about a baseline."""

    native_resolution: int | None = None
    """Side of the square the baseline was trained on, in pixels; None: none of its own."""
    alternative_names: tuple[str, ...] = ()
    """Other spellings found in records; they make a value known but are never rewritten."""


def _baseline(native_resolution: int | None, *alternative_names: str) -> BaselineDescriptor:
    return BaselineDescriptor(native_resolution=native_resolution, alternative_names=alternative_names)


BUILT_IN_BASELINES: Final[Mapping[str, BaselineDescriptor]] = MappingProxyType(
    {
        ImageBaseline.infer: _baseline(None),
        ImageBaseline.stable_diffusion_1: _baseline(
            512,
            "stable diffusion 1",
            "stable diffusion 1.4",
            "stable diffusion 1.5",
            "SD1",
            "SD14",
            "SD1.4",
            "SD15",
            "SD1.5",
            "stable_diffusion",
            "stable_diffusion_1",
            "stable_diffusion_1.4",
            "stable_diffusion_1.5",
        ),
        ImageBaseline.stable_diffusion_2_768: _baseline(768),
        ImageBaseline.stable_diffusion_2_512: _baseline(512),
        ImageBaseline.stable_diffusion_xl: _baseline(
            1024, "stable diffusion xl", "SDXL", "stable_diffusion_xl"
        ),
        ImageBaseline.stable_cascade: _baseline(1024, "stable_cascade", "stable cascade"),
        ImageBaseline.flux_1: _baseline(1024),
        ImageBaseline.flux_schnell: _baseline(1024, "flux_schnell", "flux schnell"),
        ImageBaseline.flux_dev: _baseline(1024, "flux_dev", "flux dev"),
        ImageBaseline.qwen_image: _baseline(1024, "qwen_image", "qwen image", "qwen-image", "qwen"),
        ImageBaseline.z_image_turbo: _baseline(
            1024, "z_image_turbo", "z image turbo", "zimage-turbo", "zimage"
        ),
        ImageBaseline.krea2_turbo: _baseline(1024, "krea_2_turbo", "krea2"),
        ImageBaseline.anima: _baseline(1024, "anima_base", "anima_aesthetic", "anima_turbo"),
    }
)
"""The thirteen baselines that are always there, keyed by ``ImageBaseline`` members, in order."""


class BaselineRegistry:
    """The known baselines: the built-in ones, those that a program adds, and those of a served catalog.

    Matching is exact and heeds case: ``stable diffusion 2`` is no name of anything.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._registered: dict[str, BaselineDescriptor] = dict(BUILT_IN_BASELINES)
        self._served: dict[str, BaselineDescriptor] = {}
        self._put_together()

    def register(self, name: str, descriptor: BaselineDescriptor) -> None:
        """Add a baseline; raise ValueError when the main name is taken."""
        with self._lock:
            if name in self._descriptors:
                raise ValueError(f"the baseline {name!r} is registered already")
            self._registered[name] = descriptor
            self._put_together()

    def overlay(self, descriptors: Mapping[str, BaselineDescriptor]) -> None:
        """Add the given baselines, replacing those of the same main name."""
        with self._lock:
            self._registered.update(descriptors)
            self._served = {name: known for name, known in self._served.items() if name not in descriptors}
            self._put_together()

    def follow(self, served: Mapping[str, BaselineDescriptor]) -> None:
        """Take a served catalog in place of what was served before (spec 01 §2.1).

        Its baselines are known beside those that were registered, or in place of them; one that is not in it
        any more is forgotten, unless it was registered.
        """
        with self._lock:
            self._served = dict(served)
            self._put_together()

    def get(self, name: str) -> BaselineDescriptor:
        """Return the descriptor of a main name; raise KeyError when it is unknown."""
        return self._descriptors[name]

    def all(self) -> dict[str, BaselineDescriptor]:
        """Return a copy of everything known, in registration order."""
        return dict(self._descriptors)

    def is_known(self, name: str) -> bool:
        """Return whether this is a main name or an alternative name."""
        return name in self._known_names

    def native_resolution(self, name: str) -> int:
        """Return the native side in pixels; raise KeyError for other than a main name that has one."""
        resolution = self._descriptors[name].native_resolution
        if resolution is None:
            raise KeyError(name)
        return resolution

    def with_resolution(self, native_resolution: int) -> list[str]:
        """Return the main names of the baselines with that native side in pixels, in registration order."""
        return [
            name
            for name, descriptor in self._descriptors.items()
            if descriptor.native_resolution == native_resolution
        ]

    def _put_together(self) -> None:
        # Readers take no lock, so that each of these is made whole before it is put in place.
        together = {**self._registered, **self._served}
        alternatives = (name for known in together.values() for name in known.alternative_names)
        self._known_names = frozenset((*together, *alternatives))
        self._descriptors = together
