from horde_model_reference.domain.asset_catalog import built_in_licensed_assets
from horde_model_reference.domain.license_catalog import BUILT_IN_LICENSES, built_in_license_definitions


def test_a_new_registry_knows_sixteen_licences_none_of_them_deprecated() -> None:
    definitions = built_in_license_definitions()

    assert len(definitions) == 16
    assert {key: found.deprecated for key, found in definitions.items()} == dict(BUILT_IN_LICENSES)


def test_a_licence_that_spdx_does_not_list_has_no_spdx_identifier() -> None:
    definitions = built_in_license_definitions()

    assert definitions["MIT"].spdx_identifier == "MIT"
    assert definitions["OpenRAIL-M"].spdx_identifier is None


def test_what_is_bundled_is_valid_though_nobody_checks_it_at_start() -> None:
    for bundled in (built_in_license_definitions(), built_in_licensed_assets()):
        for key, found in bundled.items():
            told = found.model_dump(mode="json")
            assert type(found).model_validate(told) == found, key
