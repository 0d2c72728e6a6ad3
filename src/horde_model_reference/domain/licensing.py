"""What may be done with a model, and who says so: licence assignments, definitions and assets."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from horde_model_reference.domain.license_expressions import NOASSERTION, license_identifiers
from horde_model_reference.domain.sharing import Shareable


class PermissionStatus(StrEnum):
    """Whether a licence lets one do a thing."""

    allowed = "allowed"
    allowed_with_conditions = "allowed_with_conditions"
    prohibited = "prohibited"
    unknown = "unknown"


class LicenseObligation(StrEnum):
    """What a licence asks in return."""

    attribution = "attribution"
    include_license = "include_license"
    share_alike = "share_alike"
    disclose_source = "disclose_source"
    network_source_disclosure = "network_source_disclosure"
    responsible_use_restrictions = "responsible_use_restrictions"
    other = "other"


class LicensedAssetKind(StrEnum):
    """What a licensed thing is that is not a model."""

    software_component = "software_component"
    custom_node = "custom_node"
    other = "other"


class _Strict(Shareable):
    """Frozen, and closed to fields it does not know (spec 01 §3)."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LicenseEvidence(_Strict):
    """Where a conclusion about a licence comes from."""

    source: str = Field(min_length=1)
    description: str | None = None
    checked_at: date | None = None


class LicenseAssignment(_Strict):
    """The licence conclusion for one thing (spec 01 §5.4)."""

    license_expression: str = Field(min_length=1)
    license_ids: list[str] = Field(default_factory=list)
    commercial_use: PermissionStatus
    redistribution: PermissionStatus
    obligations: list[LicenseObligation] = Field(default_factory=list[LicenseObligation])
    attribution: str | None = None
    evidence: list[LicenseEvidence] = Field(default_factory=list[LicenseEvidence])
    reviewed_by: str | None = None
    reviewed_at: date | None = None
    notes: str | None = None

    @model_validator(mode="after")
    def _agrees_with_its_expression(self) -> Self:
        named = license_identifiers(self.license_expression)
        if set(self.license_ids) != set(named):
            raise ValueError(
                f"license_ids must be exactly what {self.license_expression} names: "
                f"{', '.join(named) or 'nothing'}"
            )
        permissions = {self.commercial_use, self.redistribution}
        if self.license_expression == NOASSERTION and permissions != {PermissionStatus.unknown}:
            raise ValueError(f"both permissions must be unknown where the expression is {NOASSERTION}")
        return self


class ModelLicensing(LicenseAssignment):
    """The licence conclusion for a model, with exceptions for single files."""

    files: dict[str, LicenseAssignment] = Field(default_factory=dict[str, LicenseAssignment])
    """By name of a declared download; a file that is not here has the conclusion of the model."""

    def for_file(self, file_name: str) -> LicenseAssignment:
        """Return the conclusion that holds for one file."""
        return self.files.get(file_name, self)

    def all_license_ids(self) -> tuple[str, ...]:
        """Return every licence named for the model or one of its files, each once."""
        assignments = (self, *self.files.values())
        return tuple(dict.fromkeys(key for assignment in assignments for key in assignment.license_ids))


class LicensingRecordMetadata(_Strict):
    """Who made a licensing record, and when (Unix seconds); kept by the service (spec 24)."""

    revision: int = Field(default=1, ge=1)
    created_at: int | None = None
    created_by: str | None = None
    updated_at: int | None = None
    updated_by: str | None = None


class LicenseDefinition(_Strict):
    """One licence that assignments may name (spec 24)."""

    license_id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    spdx_identifier: str | None = None
    canonical_url: str = Field(min_length=1)
    commercial_use: PermissionStatus
    redistribution: PermissionStatus
    obligations: list[LicenseObligation] = Field(default_factory=list[LicenseObligation])
    restrictions: list[str] = Field(default_factory=list)
    notes: str | None = None
    deprecated: bool = False
    metadata: LicensingRecordMetadata = Field(default_factory=LicensingRecordMetadata)

    @field_validator("license_id")
    @classmethod
    def _is_one_identifier(cls, value: str) -> str:
        if license_identifiers(value) != (value,):
            raise ValueError(f"{value!r} must be one licence identifier, not an expression")
        return value


class LicensedAsset(_Strict):
    """A licensed thing that is not a model; its key is ``kind:identifier`` (spec 24)."""

    asset_kind: LicensedAssetKind
    asset_identifier: str = Field(min_length=1)
    display_name: str = Field(min_length=1)
    source_url: str | None = None
    version: str | None = None
    locations: list[str] = Field(default_factory=list)
    related_assets: list[str] = Field(default_factory=list)
    licensing: LicenseAssignment
    notes: str | None = None
    metadata: LicensingRecordMetadata = Field(default_factory=LicensingRecordMetadata)

    @property
    def key(self) -> str:
        """The address of the asset: ``kind:identifier``."""
        return f"{self.asset_kind}:{self.asset_identifier}"


UNKNOWN_LICENSING_NOTE: Final = "The licence of this model has not been reviewed yet."


def unknown_licensing_document(notes: str = UNKNOWN_LICENSING_NOTE) -> dict[str, Any]:
    """Return the document of a model whose licence nobody has looked at, as reads show it (spec 11)."""
    return {
        "license_expression": NOASSERTION,
        "license_ids": [],
        "commercial_use": PermissionStatus.unknown.value,
        "redistribution": PermissionStatus.unknown.value,
        "obligations": [],
        "evidence": [],
        "notes": notes,
        "files": {},
    }


UNKNOWN_LICENSING: Final[Mapping[str, Any]] = unknown_licensing_document()
"""What a read shows for a record that has no licensing; to be encoded, never changed."""


def unknown_model_licensing(notes: str = UNKNOWN_LICENSING_NOTE) -> ModelLicensing:
    """Return the conclusion for a model whose licence nobody has looked at."""
    return ModelLicensing.model_validate(unknown_licensing_document(notes))


def aggregate_permissions(permissions: Iterable[PermissionStatus]) -> PermissionStatus:
    """Return what holds for several things together: the strictest, and unknown when there are none."""
    given = set(permissions)
    if not given:
        return PermissionStatus.unknown
    strictest_first = (
        PermissionStatus.prohibited,
        PermissionStatus.unknown,
        PermissionStatus.allowed_with_conditions,
        PermissionStatus.allowed,
    )
    return next(status for status in strictest_first if status in given)
