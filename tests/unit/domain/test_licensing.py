from typing import Any

import pytest
from pydantic import ValidationError

from horde_model_reference.domain.licensing import (
    UNKNOWN_LICENSING,
    LicenseAssignment,
    LicensedAsset,
    LicenseDefinition,
    ModelLicensing,
    PermissionStatus,
    aggregate_permissions,
    unknown_licensing_document,
    unknown_model_licensing,
)

ALLOWED = PermissionStatus.allowed
CONDITIONS = PermissionStatus.allowed_with_conditions
PROHIBITED = PermissionStatus.prohibited
UNKNOWN = PermissionStatus.unknown


def an_assignment(**changes: Any) -> dict[str, Any]:
    document = {
        "license_expression": "MIT",
        "license_ids": ["MIT"],
        "commercial_use": "allowed",
        "redistribution": "allowed",
    }
    return document | changes


def a_definition(**changes: Any) -> dict[str, Any]:
    document = {
        "license_id": "MIT",
        "name": "MIT License",
        "canonical_url": "https://spdx.org/licenses/MIT.html",
        "commercial_use": "allowed",
        "redistribution": "allowed_with_conditions",
    }
    return document | changes


def test_the_order_of_licence_ids_is_free() -> None:
    document = an_assignment(license_expression="MIT OR Apache-2.0", license_ids=["Apache-2.0", "MIT"])

    assert LicenseAssignment.model_validate(document).license_ids == ["Apache-2.0", "MIT"]


@pytest.mark.parametrize("license_ids", [[], ["Apache-2.0"], ["MIT", "Apache-2.0"]])
def test_the_licence_ids_must_be_those_of_the_expression(license_ids: list[str]) -> None:
    with pytest.raises(ValidationError, match="exactly what MIT names"):
        LicenseAssignment.model_validate(an_assignment(license_ids=license_ids))


@pytest.mark.parametrize(
    "changes",
    [
        {"commercial_use": "unknown"},
        {"commercial_use": "unknown", "redistribution": "unknown", "license_ids": ["MIT"]},
    ],
)
def test_without_an_assertion_nothing_is_concluded(changes: dict[str, Any]) -> None:
    document = an_assignment(license_expression="NOASSERTION", license_ids=[]) | changes

    with pytest.raises(ValidationError):
        LicenseAssignment.model_validate(document)


@pytest.mark.parametrize(
    "changes",
    [
        {"license_expression": ""},
        {"license_expression": "MIT AND"},
        {"commercial_use": "maybe"},
        {"obligations": ["thanks"]},
        {"evidence": [{"source": ""}]},
        {"reviewed_at": "yesterday"},
        {"licence": "MIT"},
    ],
)
def test_a_faulty_assignment_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LicenseAssignment.model_validate(an_assignment(**changes))


def test_an_assignment_can_not_be_edited() -> None:
    licensing = unknown_model_licensing()

    with pytest.raises(ValidationError):
        licensing.notes = "edited"  # type: ignore[misc] # that it is refused is what is tested


def test_a_file_has_the_licence_of_its_model_unless_it_has_its_own() -> None:
    own = an_assignment(license_expression="Apache-2.0", license_ids=["Apache-2.0"])
    licensing = ModelLicensing.model_validate(an_assignment(files={"vae.safetensors": own}))

    assert licensing.for_file("vae.safetensors").license_expression == "Apache-2.0"
    assert licensing.for_file("model.safetensors").license_expression == "MIT"


def test_all_licences_of_a_model_and_its_files_are_listed_once() -> None:
    other = an_assignment(license_expression="MIT OR WTFPL", license_ids=["MIT", "WTFPL"])
    licensing = ModelLicensing.model_validate(an_assignment(files={"vae.safetensors": other}))

    assert licensing.all_license_ids() == ("MIT", "WTFPL")


def test_the_unknown_licensing_has_the_keys_that_reads_show() -> None:
    assert list(UNKNOWN_LICENSING) == [
        "license_expression",
        "license_ids",
        "commercial_use",
        "redistribution",
        "obligations",
        "evidence",
        "notes",
        "files",
    ]


def test_the_unknown_licensing_is_valid() -> None:
    assert unknown_model_licensing("new").model_dump(mode="json", exclude_none=True) == (
        unknown_licensing_document("new")
    )


@pytest.mark.parametrize(
    ("permissions", "together"),
    [
        ([], UNKNOWN),
        ([ALLOWED, ALLOWED], ALLOWED),
        ([ALLOWED, CONDITIONS], CONDITIONS),
        ([CONDITIONS, UNKNOWN], UNKNOWN),
        ([UNKNOWN, PROHIBITED, ALLOWED], PROHIBITED),
    ],
)
def test_the_strictest_permission_holds_for_all(
    permissions: list[PermissionStatus], together: PermissionStatus
) -> None:
    assert aggregate_permissions(permissions) is together


@pytest.mark.parametrize("license_id", ["MIT OR Apache-2.0", "NOASSERTION", "", "some words"])
def test_a_definition_is_of_one_licence(license_id: str) -> None:
    with pytest.raises(ValidationError):
        LicenseDefinition.model_validate(a_definition(license_id=license_id))


def test_a_new_definition_is_at_revision_one() -> None:
    assert LicenseDefinition.model_validate(a_definition()).metadata.revision == 1


def test_an_asset_is_addressed_by_kind_and_identifier() -> None:
    asset = LicensedAsset.model_validate(
        {
            "asset_kind": "custom_node",
            "asset_identifier": "group/node",
            "display_name": "Node",
            "licensing": an_assignment(),
        }
    )

    assert asset.key == "custom_node:group/node"
