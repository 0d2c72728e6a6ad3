"""The catalog of image baselines with what the horde makes of each (spec 24)."""

from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from horde_model_reference.domain.baselines import BUILT_IN_BASELINES, BaselineDescriptor, ImageBaseline


class _Strict(BaseModel):
    """Closed to fields it does not know."""

    model_config = ConfigDict(extra="forbid")


class BaselineCapabilities(_Strict):
    """What models of a baseline can be used with."""

    controlnet: bool = False
    controlnet_types_unavailable: list[str] = Field(default_factory=list)
    """Control types without a model for this baseline, though it has controlnets."""
    transparent: bool = False
    qr_code: bool = False
    remix: bool = False
    flow_matching: bool = False


class HordeBaselinePolicy(_Strict):
    """How the horde counts and limits work with a baseline; kudos and ttl are factors."""

    kudos: float = 1.0
    kudos_qr_code: float | None = None
    """In place of ``kudos`` for QR codes; None: the same."""
    kudos_hires: float | None = None
    """In place of ``kudos`` for the second pass at high resolution; None: the same."""
    batching: int = Field(default=1, ge=1)
    ttl: int = Field(default=1, ge=1)
    resolution_floor: int = Field(default=0, ge=0)
    """Smallest side in pixels that is worth asking for."""


class BaselineRecordMetadata(_Strict):
    """Who made a baseline record, and when (Unix seconds); kept by the service."""

    revision: int = Field(default=1, ge=1)
    created_at: int | None = None
    created_by: str | None = None
    updated_at: int | None = None
    updated_by: str | None = None


class ImageBaselineRecord(_Strict):
    """One baseline of the catalog."""

    name: str = Field(min_length=1)
    display_name: str | None = None
    native_resolution: int | None = Field(default=None, ge=1)
    """Side of the square the baseline was trained on, in pixels."""
    alternative_names: list[str] = Field(default_factory=list)
    capabilities: BaselineCapabilities = Field(default_factory=BaselineCapabilities)
    horde_policy: HordeBaselinePolicy = Field(default_factory=HordeBaselinePolicy)
    metadata: BaselineRecordMetadata = Field(default_factory=BaselineRecordMetadata)

    def descriptor(self) -> BaselineDescriptor:
        """Return what readers need to know of it."""
        return BaselineDescriptor(
            native_resolution=self.native_resolution, alternative_names=tuple(self.alternative_names)
        )


class ImageBaselineCatalogMetadata(_Strict):
    """The state of the catalog; every change raises the revision."""

    schema_version: int = 1
    revision: int = Field(default=1, ge=1)
    updated_at: int | None = None


class ImageBaselineCatalog(_Strict):
    """All baselines by main name."""

    metadata: ImageBaselineCatalogMetadata = Field(default_factory=ImageBaselineCatalogMetadata)
    baselines: dict[str, ImageBaselineRecord] = Field(default_factory=dict[str, ImageBaselineRecord])

    def descriptors(self) -> dict[str, BaselineDescriptor]:
        """Return what readers need to know of each, as a ``BaselineRegistry`` takes it in."""
        return {name: record.descriptor() for name, record in self.baselines.items()}


class ImageBaselineChange(_Strict):
    """One baseline to write or to remove."""

    operation: Literal["upsert", "delete"]
    name: str = Field(min_length=1)
    record: ImageBaselineRecord | None = None
    expected_before: ImageBaselineRecord | None = None
    """What the proposer saw; None: nothing of that name."""


class ImageBaselineChangeSet(_Strict):
    """Changes to baselines that are decided on together."""

    title: str = Field(min_length=1, max_length=160)
    changes: list[ImageBaselineChange] = Field(default_factory=list[ImageBaselineChange])

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.changes:
            raise ValueError("a change set needs at least one change")
        return self


_SD2_CONTROLNET: Final = {"controlnet": True, "controlnet_types_unavailable": ["normal", "mlsd", "hough"]}
_FLUX_CAPABILITIES: Final = {"controlnet": True, "flow_matching": True}
_FLUX_POLICY: Final = {"kudos": 8, "batching": 5, "ttl": 3, "resolution_floor": 1024}
_TURBO_POLICY: Final = {"kudos": 8, "batching": 8, "ttl": 3, "resolution_floor": 1024}

_BUILT_IN: Final[dict[ImageBaseline, tuple[str, dict[str, Any], dict[str, Any]]]] = {
    ImageBaseline.infer: ("Inferred", {}, {}),
    ImageBaseline.stable_diffusion_1: (
        "Stable Diffusion 1",
        {"controlnet": True, "transparent": True, "qr_code": True},
        {},
    ),
    ImageBaseline.stable_diffusion_2_768: (
        "Stable Diffusion 2 (768)",
        _SD2_CONTROLNET,
        {"resolution_floor": 768},
    ),
    ImageBaseline.stable_diffusion_2_512: ("Stable Diffusion 2 (512)", _SD2_CONTROLNET, {}),
    ImageBaseline.stable_diffusion_xl: (
        "Stable Diffusion XL",
        {"controlnet": True, "transparent": True, "qr_code": True},
        {"kudos": 2, "kudos_qr_code": 4, "resolution_floor": 1024},
    ),
    ImageBaseline.stable_cascade: (
        "Stable Cascade",
        {"remix": True},
        {"kudos": 4, "kudos_hires": 7, "resolution_floor": 1024},
    ),
    ImageBaseline.flux_1: ("Flux.1", _FLUX_CAPABILITIES, _FLUX_POLICY),
    ImageBaseline.flux_schnell: ("Flux.1 Schnell", _FLUX_CAPABILITIES, _FLUX_POLICY),
    ImageBaseline.flux_dev: ("Flux.1 Dev", _FLUX_CAPABILITIES, _FLUX_POLICY),
    ImageBaseline.qwen_image: (
        "Qwen-Image",
        {"flow_matching": True},
        {"kudos": 12, "batching": 10, "ttl": 3, "resolution_floor": 1024},
    ),
    ImageBaseline.z_image_turbo: ("Z-Image Turbo", {}, _TURBO_POLICY),
    ImageBaseline.krea2_turbo: ("Krea 2 Turbo", {}, _TURBO_POLICY),
    ImageBaseline.anima: ("Anima", {}, _TURBO_POLICY),
}
"""Display name, capabilities that differ from the default, and policy that does (spec 01 §2.1)."""


def built_in_baseline_catalog() -> ImageBaselineCatalog:
    """Return the catalog that a new registry begins with: the thirteen baselines, revision 1."""
    return ImageBaselineCatalog(
        baselines={
            baseline.value: ImageBaselineRecord(
                name=baseline.value,
                display_name=display_name,
                native_resolution=BUILT_IN_BASELINES[baseline].native_resolution,
                alternative_names=list(BUILT_IN_BASELINES[baseline].alternative_names),
                capabilities=BaselineCapabilities.model_validate(capabilities),
                horde_policy=HordeBaselinePolicy.model_validate(policy),
            )
            for baseline, (display_name, capabilities, policy) in _BUILT_IN.items()
        }
    )
