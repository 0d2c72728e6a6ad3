"""What categories and values are called on pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from horde_model_reference.catalog.size_buckets import field_and_bucket
from horde_model_reference.domain.categories import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryLabel:
    """How a category is introduced to people."""

    title: str
    about: str


CATEGORY_LABELS: Final[Mapping[Category, CategoryLabel]] = {
    Category.image_generation: CategoryLabel(title="Image generation", about="Checkpoints that make images."),
    Category.text_generation: CategoryLabel(
        title="Text generation", about="Language models, by size and group."
    ),
    Category.video_generation: CategoryLabel(title="Video generation", about="Models that make videos."),
    Category.audio_generation: CategoryLabel(title="Audio generation", about="Models that make sound."),
    Category.controlnet: CategoryLabel(title="ControlNet", about="Steer image generation by a picture."),
    Category.controlnet_annotator: CategoryLabel(
        title="ControlNet annotator", about="Prepare pictures for ControlNets."
    ),
    Category.esrgan: CategoryLabel(title="ESRGAN", about="Enlarge pictures."),
    Category.gfpgan: CategoryLabel(title="GFPGAN", about="Restore faces."),
    Category.codeformer: CategoryLabel(title="CodeFormer", about="Restore faces."),
    Category.blip: CategoryLabel(title="BLIP", about="Describe pictures."),
    Category.clip: CategoryLabel(title="CLIP", about="Compare pictures with texts."),
    Category.safety_checker: CategoryLabel(
        title="Safety checker", about="Tell unsafe pictures from safe ones."
    ),
    Category.lora: CategoryLabel(title="LoRA", about="Small patches to image models."),
    Category.ti: CategoryLabel(title="Textual inversion", about="Words that image models have been taught."),
    Category.miscellaneous: CategoryLabel(title="Miscellaneous", about="Whatever else image workers need."),
}
"""In the order in which people look for them."""


_BASELINES: Final[Mapping[str, tuple[str, str]]] = {
    "stable_diffusion_1": ("Stable Diffusion 1", "SD 1"),
    "stable_diffusion_2_768": ("Stable Diffusion 2 768", "SD 2 768"),
    "stable_diffusion_2_512": ("Stable Diffusion 2 512", "SD 2 512"),
    "stable_diffusion_xl": ("Stable Diffusion XL", "SDXL"),
    "stable_cascade": ("Stable Cascade", "Cascade"),
    "flux_1": ("Flux.1", "Flux.1"),
    "flux_schnell": ("Flux Schnell", "Flux Schnell"),
    "flux_dev": ("Flux Dev", "Flux Dev"),
    "qwen_image": ("Qwen Image", "Qwen Image"),
    "z_image_turbo": ("Z-Image Turbo", "Z-Image Turbo"),
    "krea2_turbo": ("Krea 2 Turbo", "Krea 2 Turbo"),
    "anima": ("Anima", "Anima"),
}
"""How people write the baselines that most image models have, and how where there is little room."""

LONGEST_LABEL: Final = 200
"""Characters of what lists and charts call a value by, and of a value that lists can be filtered by."""


def baseline_label(value: str) -> str:
    """Return what a baseline is called; others than the known ones as records write them, with spaces."""
    return _BASELINES[value][0] if value in _BASELINES else spaced(value)


def short_baseline_label(value: str) -> str:
    """Return what a baseline is called where there is little room."""
    return _BASELINES[value][1] if value in _BASELINES else spaced(value)


def size_label(bucket: str) -> str:
    """Return what a step of sizes is called: ``under 2 GB`` for files, ``under 3B`` for weights."""
    field, (_, low, high) = field_and_bucket(bucket)
    unit = "B" if field == "parameters_count" else " GB"
    first, last = (f"{edge / 10**9:g}" for edge in (low, high or 0))
    if not low:
        return f"under {last}{unit}"
    return f"over {first}{unit}" if high is None else f"{first}\N{EN DASH}{last}{unit}"


def category_title(category: str) -> str:
    """Return what a category, or another group of the audit trail, is called: its name as words, for most."""
    return (
        CATEGORY_LABELS[Category(category)].title
        if category in set(Category)
        else spaced(category).capitalize()
    )


def spaced(value: str) -> str:
    """Write a value of a record as words: ``stable_diffusion_xl`` as ``stable diffusion xl``."""
    return value.replace("_", " ")
