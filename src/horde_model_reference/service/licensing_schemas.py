"""Wire forms of what is told about licences (contract: openapi-facts.json); bodies are made elsewhere."""

from pydantic import BaseModel, ConfigDict, Field

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.licensing import (
    LicenseDefinition,
    LicensingRecordMetadata,
    ModelLicensing,
    PermissionStatus,
)


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LicensingDatasetMetadata(_Closed):
    """The state of the catalogue of licences and assets; every change raises the revision by one."""

    schema_version: int = 1
    revision: int = Field(1, ge=1)
    updated_at: int | None = Field(None, description="Unix seconds.")


class LicenseDefinitionPage(_Closed):
    """Some licences, sorted by id without regard to case."""

    items: list[LicenseDefinition]
    total: int
    offset: int
    limit: int
    metadata: LicensingDatasetMetadata


class LicensedAssetView(_Closed):
    """A model or another thing under a licence."""

    asset_kind: str = Field(description="`model`, or the kind of the asset.")
    asset_identifier: str = Field(description="Of models `category:name`.")
    display_name: str
    category: Category | None = Field(None, description="Models only.")
    source_url: str | None = Field(None, description="Of models the first download.")
    version: str | None = None
    locations: list[str] = []
    related_assets: list[str] = []
    licensing: ModelLicensing
    definition_urls: dict[str, str] = Field({}, description="Where the licences are described, by id.")
    notes: str | None = None
    metadata: LicensingRecordMetadata | None = Field(None, description="None for models.")


class LicensedAssetPage(_Closed):
    """Some assets, sorted by kind and identifier without regard to case."""

    items: list[LicensedAssetView]
    total: int
    offset: int
    limit: int
    metadata: LicensingDatasetMetadata


class LicensingSummary(_Closed):
    """How many assets there are, models included."""

    total_assets: int
    commercial_use: dict[PermissionStatus, int]
    redistribution: dict[PermissionStatus, int]
    licenses: dict[str, int] = Field(description="How many name a licence, by its id.")


class LicensingExport(_Closed):
    """Everything about licences."""

    schema_version: int = 1
    metadata: LicensingDatasetMetadata
    licenses: list[LicenseDefinition]
    assets: list[LicensedAssetView]
    summary: LicensingSummary
