"""What the pages on licences need of a licensing export (spec 24, Licensing)."""

from collections import Counter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from horde_model_reference.catalog.asset_views import MODEL_KIND
from horde_model_reference.catalog.license_report import LicenseReport, make_report
from horde_model_reference.domain.licensing import PermissionStatus


class _Part(BaseModel):
    """Open to fields it does not know, which later releases may bring."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class Metadata(_Part):
    """The state of the catalogue."""

    revision: int


class Definition(_Part):
    """A licence."""

    license_id: str = Field(min_length=1)
    name: str
    spdx_identifier: str | None = None
    canonical_url: str
    commercial_use: PermissionStatus
    redistribution: PermissionStatus
    obligations: tuple[str, ...] = ()
    restrictions: tuple[str, ...] = ()
    notes: str | None = None
    deprecated: bool = False


class Conclusion(_Part):
    """Under which licences a thing is."""

    license_expression: str
    license_ids: tuple[str, ...] = ()
    commercial_use: PermissionStatus
    redistribution: PermissionStatus
    attribution: str | None = None


class AssetConclusion(Conclusion):
    """The same, with exceptions for single files of a model."""

    files: dict[str, Conclusion] = Field(default_factory=dict[str, Conclusion])


class Asset(_Part):
    """A model, or another thing under a licence."""

    asset_kind: str
    asset_identifier: str
    display_name: str
    category: str | None = None
    source_url: str | None = None
    version: str | None = None
    licensing: AssetConclusion

    @property
    def is_model(self) -> bool:
        """Whether this is a record of the registry."""
        return self.asset_kind == MODEL_KIND


class LicensingExport(_Part):
    """All licences, and all that is under one."""

    metadata: Metadata
    licenses: tuple[Definition, ...]
    assets: tuple[Asset, ...]

    @field_validator("licenses")
    @classmethod
    def _has_each_licence_once(cls, licenses: tuple[Definition, ...]) -> tuple[Definition, ...]:
        counts = Counter(each.license_id for each in licenses)
        if several := [license_id for license_id, number in counts.items() if number > 1]:
            raise ValueError(f"licences are there more than once: {', '.join(several)}")
        return licenses


def report_of(export: LicensingExport) -> LicenseReport:
    """Return the report that the registry itself would give."""
    models = (
        (each.category or "", each.display_name, each.licensing.model_dump())
        for each in export.assets
        if each.is_model
    )
    others = (
        (f"{each.asset_kind}:{each.asset_identifier}", each.licensing.model_dump())
        for each in export.assets
        if not each.is_model
    )
    return make_report(
        (each.model_dump() for each in export.licenses),
        models=models,
        others=others,
        revision=export.metadata.revision,
        summary=_summary(export),
    )


def _summary(export: LicensingExport) -> dict[str, Any]:
    commercial = Counter(each.licensing.commercial_use.value for each in export.assets)
    redistribution = Counter(each.licensing.redistribution.value for each in export.assets)
    return {
        "total_assets": len(export.assets),
        "commercial_use": commercial,
        "redistribution": redistribution,
    }
