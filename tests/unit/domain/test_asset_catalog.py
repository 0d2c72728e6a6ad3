from horde_model_reference.domain.asset_catalog import built_in_licensed_assets
from horde_model_reference.domain.license_catalog import BUILT_IN_LICENSES


def test_a_new_registry_knows_six_assets_under_licences_that_it_knows() -> None:
    assets = built_in_licensed_assets()

    assert len(assets) == 6
    assert all(set(asset.licensing.license_ids) <= set(BUILT_IN_LICENSES) for asset in assets.values())


def test_the_key_of_an_asset_is_its_kind_and_identifier() -> None:
    assets = built_in_licensed_assets()

    assert assets["software_component:comfyui"].version == "fb991e2c"
    assert all(key == asset.key for key, asset in assets.items())
