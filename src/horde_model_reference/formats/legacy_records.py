"""The legacy (v1) records as types: what a v1 body must look like and how it is written (spec 02 §2, §8.1).

Unknown keys are kept everywhere but directly in ``config``, where no client ever looked for any.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

from pydantic import (
    BaseModel,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
)

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError, in_one_line
from horde_model_reference.domain.licensing import ModelLicensing
from horde_model_reference.domain.text_parts import (
    SupportClaim,
    TextCapability,
    TextContextWindow,
    TextInteractionMode,
)
from horde_model_reference.domain.validation import field_problems

V2_BASELINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stable diffusion 1": "stable_diffusion_1",
        "stable diffusion 2": "stable_diffusion_2_768",
        "stable diffusion 2 512": "stable_diffusion_2_512",
    }
)
"""Legacy spelling of a baseline to its v2 name; others are the same in both (spec 02 §3.2)."""

LEGACY_BASELINES: Final[Mapping[str, str]] = MappingProxyType({v2: v1 for v1, v2 in V2_BASELINES.items()})
"""v2 name of a baseline to its legacy spelling."""

_Settings = dict[str, int | float | str | list[int] | list[float] | list[str] | bool]


class _WithoutNulls(BaseModel, extra="allow", frozen=True):
    @model_serializer(mode="wrap")
    def _drop_nulls(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in write(self).items() if value is not None}


class LegacyConfigFile(_WithoutNulls, frozen=True):
    """A file that belongs to the model."""

    path: str
    md5sum: str | None = None
    sha256sum: str | None = None
    file_type: str | None = None
    content_hash: str | None = None


class LegacyConfigDownload(_WithoutNulls, frozen=True):
    """Where one of the files comes from."""

    file_name: str | None = None
    file_path: str | None = ""
    file_url: str | None = None

    @field_validator("file_path")
    @classmethod
    def _null_is_empty(cls, value: str | None) -> str:
        return value or ""


class LegacyConfig(_WithoutNulls, extra="ignore", frozen=True):
    """The files of a model and where to get them."""

    files: list[LegacyConfigFile] = Field(default_factory=list[LegacyConfigFile])
    download: list[LegacyConfigDownload] = Field(default_factory=list[LegacyConfigDownload])
    embedded_component_hashes: dict[str, str] | None = None

    @field_validator("files", "download", mode="before")
    @classmethod
    def _null_is_empty(cls, value: object) -> object:
        return [] if value is None else value


class LegacyGenericModelRecordMetadata(BaseModel, extra="allow", frozen=True):
    """Who made a legacy record, and when (Unix seconds)."""

    schema_version: str = "1.0.0"
    created_at: int | None = None
    updated_at: int | None = None
    created_by: str | None = None
    updated_by: str | None = None


class LegacyRecord(BaseModel, extra="allow", frozen=True):
    """What every legacy record has (spec 02 §2.1); on its own the form of files, where ``type`` is free."""

    name: str
    type: str | None = None
    description: str | None = None
    version: str | None = None
    style: str | None = None
    nsfw: bool | None = None
    download_all: bool | None = None
    config: LegacyConfig = Field(default_factory=LegacyConfig)
    available: bool | None = None
    features_not_supported: list[str] | None = None
    licensing: ModelLicensing | None = None
    metadata: LegacyGenericModelRecordMetadata | None = None

    @field_validator("config", mode="before")
    @classmethod
    def _null_is_empty(cls, value: object) -> object:
        return {} if value is None else value


class LegacyBlipRecord(LegacyRecord, frozen=True):
    """A record of the category blip."""

    type: Literal["blip"] = "blip"


class LegacyClipRecord(LegacyRecord, frozen=True):
    """A record of the category clip."""

    type: Literal["clip", "coca"] = "clip"
    pretrained_name: str | None = None


class LegacyCodeformerRecord(LegacyRecord, frozen=True):
    """A record of the category codeformer."""

    type: Literal["CodeFormers"] = "CodeFormers"


class LegacyControlnetRecord(LegacyRecord, frozen=True):
    """A record of the category controlnet; its type says which control it gives."""

    type: Literal[
        "control_canny",
        "control_depth",
        "control_hed",
        "control_mlsd",
        "control_hough",
        "control_normal",
        "control_openpose",
        "control_fakescribbles",
        "control_scribble",
        "control_seg",
        "control_qr",
        "control_qr_xl",
        "control_lineart",
        "control_lineart_anime",
        "control_normal_bae",
        "control_recolor",
        "control_tile",
        "control_shuffle",
        "control_color",
    ] = Field(default=...)


class LegacyEsrganRecord(LegacyRecord, frozen=True):
    """A record of the category esrgan."""

    type: Literal["realesrgan", "esrgan"] = "realesrgan"


class LegacyGfpganRecord(LegacyRecord, frozen=True):
    """A record of the category gfpgan."""

    type: Literal["gfpgan"] = "gfpgan"


class LegacySafetyCheckerRecord(LegacyRecord, frozen=True):
    """A record of the category safety_checker."""

    type: Literal["safety_checker"] = "safety_checker"


class LegacyMiscellaneousRecord(LegacyRecord, frozen=True):
    """A record of the category miscellaneous."""

    type: Literal["layer_diffuse"] = "layer_diffuse"


_IMAGE_KEYS: Final = (
    "name",
    "baseline",
    "optimization",
    "type",
    "inpainting",
    "description",
    "tags",
    "showcases",
    "min_bridge_version",
    "version",
    "style",
    "trigger",
    "homepage",
    "nsfw",
    "download_all",
    "requirements",
    "licensing",
    "config",
    "available",
    "features_not_supported",
    "size_on_disk_bytes",
    "metadata",
)


class LegacyStableDiffusionRecord(LegacyRecord, frozen=True):
    """A record of the category image_generation; written without nulls and with the legacy baseline name."""

    type: Literal["ckpt"] = "ckpt"
    inpainting: bool = False
    baseline: str
    tags: list[str] | None = None
    showcases: list[str] | None = None
    min_bridge_version: int | None = None
    trigger: list[str] | None = None
    homepage: str | None = None
    size_on_disk_bytes: int | None = None
    optimization: str | None = None
    requirements: _Settings | None = None

    @field_validator("showcases")
    @classmethod
    def _are_shown_directly(cls, value: list[str] | None) -> list[str] | None:
        if any("huggingface" in showcase for showcase in value or ()):
            raise ValueError("must not lie on huggingface")
        return value

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = write(self)
        fields["baseline"] = LEGACY_BASELINES.get(self.baseline, self.baseline)
        order = dict.fromkeys((*_IMAGE_KEYS, *fields))
        return {key: fields[key] for key in order if fields.get(key) is not None}


class LegacyTextGenerationRecord(LegacyRecord, frozen=True):
    """A record of the category text_generation."""

    model_name: str | None = None
    baseline: str | None = None
    parameters: int | None = None
    display_name: str | None = None
    url: str | None = None
    tags: list[str] | None = None
    instruct_format: str | None = None
    settings: _Settings | None = None
    context_window: TextContextWindow | None = None
    interaction_modes: dict[TextInteractionMode, SupportClaim] | None = None
    capabilities: dict[TextCapability, SupportClaim] | None = None


LEGACY_RECORD_TYPES: Final[Mapping[str, type[LegacyRecord]]] = MappingProxyType(
    {
        Category.image_generation: LegacyStableDiffusionRecord,
        Category.text_generation: LegacyTextGenerationRecord,
        Category.blip: LegacyBlipRecord,
        Category.clip: LegacyClipRecord,
        Category.codeformer: LegacyCodeformerRecord,
        Category.controlnet: LegacyControlnetRecord,
        Category.esrgan: LegacyEsrganRecord,
        Category.gfpgan: LegacyGfpganRecord,
        Category.safety_checker: LegacySafetyCheckerRecord,
        Category.miscellaneous: LegacyMiscellaneousRecord,
    }
)
"""The type of a v1 body, by category; a category that is not here has no legacy form."""


def stored_from_v1_body(
    category: str, body: Mapping[str, Any] | LegacyRecord, *, with_defaults: bool = False
) -> dict[str, Any]:
    """Return the legacy record to store for a v1 body (spec 02 §8.1).

    Nulls are left out, unknown keys kept, and ``metadata`` is the service's own affair. An image record
    always has its defaults and a fixed key order; others have what was sent, with their defaults on demand.

    Raises:
        KeyError: the category has no legacy form.
        InvalidRecordError: the body is not a record of the category; the message names the fields.
    """
    record = body if isinstance(body, LegacyRecord) else read_v1_body(category, body)
    complete = with_defaults or isinstance(record, LegacyStableDiffusionRecord)
    stored = record.model_dump(mode="json", exclude_none=True, exclude_unset=not complete)
    stored.pop("metadata", None)
    return stored


def read_v1_body(category: str, body: Mapping[str, Any]) -> LegacyRecord:
    """Check a v1 body.

    Raises:
        KeyError: the category has no legacy form.
        InvalidRecordError: the body is not a record of the category; the message names the fields.
    """
    return check_legacy(LEGACY_RECORD_TYPES[category], body)


def check_legacy(record_type: type[LegacyRecord], legacy: Mapping[str, Any]) -> LegacyRecord:
    """Return a legacy mapping as a typed record.

    Raises:
        InvalidRecordError: it is no such record; the message names the fields.
    """
    try:
        return record_type.model_validate(legacy)
    except ValidationError as error:
        problems = field_problems(error)
        raise InvalidRecordError(in_one_line(problems), problems=problems) from error
