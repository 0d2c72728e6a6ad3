"""Licences of models (spec 24)."""

from horde_model_reference.domain.licensing import (
    LicenseAssignment,
    LicensedAsset,
    LicensedAssetKind,
    LicenseDefinition,
    LicenseEvidence,
    LicenseObligation,
    ModelLicensing,
    PermissionStatus,
    aggregate_permissions,
    unknown_model_licensing,
)

__all__ = [
    "LicenseAssignment",
    "LicenseDefinition",
    "LicenseEvidence",
    "LicenseObligation",
    "LicensedAsset",
    "LicensedAssetKind",
    "ModelLicensing",
    "PermissionStatus",
    "aggregate_permissions",
    "unknown_model_licensing",
]
