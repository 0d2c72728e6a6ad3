"""The records: what is known about one model, one class per category (spec 01 §4, §6)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
from horde_model_reference.domain.licensing import ModelLicensing
from horde_model_reference.domain.record_parts import (
    FineTuneSeriesInfo,
    GenericModelRecordConfig,
    GenericModelRecordMetadata,
    ModelClassification,
    RecordPart,
    is_document,
    registries_of,
)
from horde_model_reference.domain.registries import ImageScheduler
from horde_model_reference.domain.text_parts import (
    SupportClaim,
    TextCapability,
    TextContextWindow,
    TextGuidanceSummary,
    TextInteractionMode,
)

_Settings = dict[str, int | float | str | list[int] | list[float] | list[str] | bool]


def normalize_scheduler_requirements(requirements: Mapping[str, Any]) -> dict[str, Any]:
    """Return image requirements without ``karras``, the former spelling of a scheduler (spec 01 §6).

    A true or false there becomes ``schedulers`` ``["karras"]`` or ``["normal"]``, put last, unless schedulers
    are given.
    """
    normalised = dict(requirements)
    karras = normalised.pop("karras", None)
    if isinstance(karras, bool) and "schedulers" not in normalised:
        normalised["schedulers"] = [(ImageScheduler.karras if karras else ImageScheduler.normal).value]
    return normalised


def _normalise_requirements(value: Any) -> Any:
    return normalize_scheduler_requirements(value) if is_document(value) else value


def _empty_for_null(value: Any) -> Any:
    return [] if value is None else value


def _stripped(texts: list[str]) -> list[str]:
    return [text.strip() for text in texts]


def _known_style(value: str | None, info: ValidationInfo) -> str | None:
    if value is None:
        return None
    style = value.strip()
    known = registries_of(info).model_styles
    if style not in known:
        raise ValueError(f"{style!r} is not a style: use one of {', '.join(sorted(known))}")
    return style


def _report_baseline(value: str, info: ValidationInfo) -> str:
    registries = registries_of(info)
    if not registries.baselines.is_known(value):
        registries.report_unknown(Category.image_generation, "baseline", value)
    return value


def _report_schedulers(value: _Settings | None, info: ValidationInfo) -> _Settings | None:
    schedulers = (value or {}).get("schedulers")
    if isinstance(schedulers, list):
        registries = registries_of(info)
        for scheduler in map(str, schedulers):
            if scheduler not in registries.image_schedulers:
                registries.report_unknown(Category.image_generation, "requirements.schedulers", scheduler)
    return value


def _report_controlnet_style(value: str | None, info: ValidationInfo) -> str | None:
    registries = registries_of(info)
    if value is not None and value not in registries.controlnet_styles:
        registries.report_unknown(Category.controlnet, "controlnet_style", value)
    return value


Tags = Annotated[list[str], AfterValidator(_stripped)]
_NullIsEmpty = BeforeValidator(_empty_for_null, json_schema_input_type=list[str] | None)


class GenericModelRecord(RecordPart):
    """What every record says; used by itself only for categories that this package has no class for."""

    record_type: str
    name: str
    description: str | None = None
    version: str | None = None
    finetune_series: FineTuneSeriesInfo | None = None
    metadata: GenericModelRecordMetadata = Field(default_factory=GenericModelRecordMetadata)
    config: GenericModelRecordConfig = Field(default_factory=GenericModelRecordConfig)
    model_classification: ModelClassification
    size_on_disk_bytes: int | None = None
    licensing: ModelLicensing | None = None

    @model_validator(mode="after")
    def _licenses_only_declared_files(self) -> Self:
        if self.licensing is not None and self.licensing.files:
            declared = {download.file_name for download in self.config.download}
            strangers = sorted(set(self.licensing.files) - declared)
            if strangers:
                raise ValueError(
                    f"licensing.files names what config.download does not declare: {', '.join(strangers)}"
                )
        return self

    @property
    def category(self) -> Category | None:
        """The category that the record says it belongs to; None where that is not a built-in one."""
        try:
            return Category(self.record_type)
        except ValueError:
            return None

    @property
    def declared_total_size_bytes(self) -> int | None:
        """The sum over the files where each declares its size, else the size declared for the whole."""
        sizes = [download.size_bytes for download in self.config.download]
        known = [size for size in sizes if size is not None]
        return sum(known) if sizes and len(known) == len(sizes) else self.size_on_disk_bytes

    @property
    def primary_download_url(self) -> str | None:
        """The address of the first file; None where no file is declared."""
        return self.config.download[0].file_url if self.config.download else None

    @property
    def all_download_urls(self) -> list[str]:
        """The addresses of all files, in order."""
        return [download.file_url for download in self.config.download]

    @property
    def download_count(self) -> int:
        """How many files are declared."""
        return len(self.config.download)


def _class_of(category: Category) -> Callable[[], ModelClassification]:
    descriptor = BUILT_IN_CATEGORIES[category]
    return partial(ModelClassification, domain=descriptor.domain, purpose=descriptor.purpose)


class ImageGenerationModelRecord(GenericModelRecord):
    """A model that makes images."""

    record_type: str = Category.image_generation.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.image_generation))
    inpainting: bool | None = False
    baseline: Annotated[str, AfterValidator(_report_baseline)]
    optimization: str | None = None
    tags: Annotated[Tags, _NullIsEmpty] = Field(default_factory=list)
    showcases: Annotated[list[str], _NullIsEmpty] = Field(default_factory=list)
    min_bridge_version: int | None = None
    trigger: Annotated[list[str], _NullIsEmpty] = Field(default_factory=list)
    homepage: str | None = None
    nsfw: bool
    style: Annotated[str | None, AfterValidator(_known_style)] = None
    requirements: Annotated[
        _Settings | None,
        BeforeValidator(_normalise_requirements),
        AfterValidator(_report_schedulers),
    ] = None


class TextGenerationModelRecord(GenericModelRecord):
    """A model that writes text."""

    record_type: str = Category.text_generation.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.text_generation))
    baseline: str | None = None
    parameters_count: int = Field(alias="parameters")
    """Number of weights. Documents call it ``parameters``; both names are taken on input."""
    nsfw: bool = False
    style: str | None = None
    display_name: str | None = None
    url: str | None = None
    tags: Tags | None = None
    instruct_format: str | None = None
    settings: _Settings | None = None
    text_model_group: str | None = None
    name_schema_exception: str | None = None
    """Why the name does not follow its group's pattern."""
    context_window: TextContextWindow | None = None
    interaction_modes: dict[TextInteractionMode, SupportClaim] | None = None
    capabilities: dict[TextCapability, SupportClaim] | None = None
    guidance: TextGuidanceSummary | None = None
    """Computed on reads; never stored."""


class ControlNetModelRecord(GenericModelRecord):
    """A model that steers image generation by a picture."""

    record_type: str = Category.controlnet.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.controlnet))
    controlnet_style: Annotated[str | None, AfterValidator(_report_controlnet_style)] = None


class ControlNetAnnotatorModelRecord(GenericModelRecord):
    """Files of the programs that prepare pictures for controlnets."""

    record_type: str = Category.controlnet_annotator.value
    model_classification: ModelClassification = Field(
        default_factory=_class_of(Category.controlnet_annotator)
    )
    control_types: list[str] = Field(default_factory=list)
    preprocessors: list[str] = Field(default_factory=list)


class ClipModelRecord(GenericModelRecord):
    """A model that compares pictures with texts."""

    record_type: str = Category.clip.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.clip))
    pretrained_name: str | None = None


class VideoGenerationModelRecord(GenericModelRecord):
    """A model that makes videos."""

    record_type: str = Category.video_generation.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.video_generation))
    baseline: str | None = None
    nsfw: bool = False
    tags: Tags | None = None


class AudioGenerationModelRecord(GenericModelRecord):
    """A model that makes sound."""

    record_type: str = Category.audio_generation.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.audio_generation))
    baseline: str | None = None
    nsfw: bool = False
    tags: Tags | None = None


class LoraModelRecord(GenericModelRecord):
    """A small patch to an image model."""

    record_type: str = Category.lora.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.lora))
    baseline: str | None = None
    nsfw: bool = False
    tags: Tags | None = None
    trigger: list[str] | None = None
    homepage: str | None = None
    showcases: list[str] | None = None


class TextualInversionModelRecord(GenericModelRecord):
    """A word that an image model has been taught."""

    record_type: str = Category.ti.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.ti))
    baseline: str | None = None
    nsfw: bool = False
    tags: Tags | None = None
    trigger: list[str] | None = None
    homepage: str | None = None
    showcases: list[str] | None = None


class BlipModelRecord(GenericModelRecord):
    """A model that describes pictures."""

    record_type: str = Category.blip.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.blip))


class CodeformerModelRecord(GenericModelRecord):
    """A model that restores faces, of the Codeformer family."""

    record_type: str = Category.codeformer.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.codeformer))


class EsrganModelRecord(GenericModelRecord):
    """A model that enlarges pictures."""

    record_type: str = Category.esrgan.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.esrgan))


class GfpganModelRecord(GenericModelRecord):
    """A model that restores faces, of the GFPGAN family."""

    record_type: str = Category.gfpgan.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.gfpgan))


class SafetyCheckerModelRecord(GenericModelRecord):
    """A model that tells unsafe pictures from safe ones."""

    record_type: str = Category.safety_checker.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.safety_checker))


class MiscellaneousModelRecord(GenericModelRecord):
    """Any other model that image workers need."""

    record_type: str = Category.miscellaneous.value
    model_classification: ModelClassification = Field(default_factory=_class_of(Category.miscellaneous))
