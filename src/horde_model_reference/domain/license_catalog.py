"""The licence definitions that a new registry begins with (spec 24, Bundled licence definitions)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from horde_model_reference.domain.licensing import (
    LicenseDefinition,
    LicenseObligation,
    PermissionStatus,
)

BUNDLED_AT: Final = 1782705600
"""When the bundled definitions and assets were put together, in Unix seconds."""

_SPDX: Final = "https://spdx.org/licenses"
_HUGGING_FACE: Final = "https://huggingface.co"
_HERE: Final = "https://models.aihorde.net/api/model_references/v2/licensing/licenses"

_allowed = PermissionStatus.allowed
_conditions = PermissionStatus.allowed_with_conditions
_prohibited = PermissionStatus.prohibited
_unknown = PermissionStatus.unknown

_attribution = LicenseObligation.attribution
_include = LicenseObligation.include_license
_share_alike = LicenseObligation.share_alike
_source = LicenseObligation.disclose_source
_network_source = LicenseObligation.network_source_disclosure
_responsible = LicenseObligation.responsible_use_restrictions


@dataclass(frozen=True, slots=True)
class _Terms:
    """Name, address, commercial use, redistribution, obligations, restrictions, notes."""

    name: str
    url: str
    commercial_use: PermissionStatus
    redistribution: PermissionStatus
    obligations: tuple[LicenseObligation, ...] = ()
    restrictions: tuple[str, ...] = ()
    notes: str | None = None
    has_spdx_identifier: bool = True


_BUILT_IN: Final[Mapping[str, _Terms]] = MappingProxyType(
    {
        "AGPL-3.0-only": _Terms(
            "GNU Affero General Public License v3.0 only",
            "https://www.gnu.org/licenses/agpl-3.0.html",
            _conditions,
            _conditions,
            (_include, _source, _network_source),
        ),
        "Apache-2.0": _Terms(
            "Apache License 2.0",
            "https://www.apache.org/licenses/LICENSE-2.0",
            _allowed,
            _conditions,
            (_include,),
        ),
        "BSD-3-Clause": _Terms(
            "BSD 3-Clause License", f"{_SPDX}/BSD-3-Clause.html", _allowed, _conditions, (_include,)
        ),
        "CC-BY-4.0": _Terms(
            "Creative Commons Attribution 4.0 International",
            "https://creativecommons.org/licenses/by/4.0/",
            _conditions,
            _conditions,
            (_attribution, _include),
        ),
        "CC-BY-NC-4.0": _Terms(
            "Creative Commons Attribution-NonCommercial 4.0 International",
            "https://creativecommons.org/licenses/by-nc/4.0/",
            _prohibited,
            _conditions,
            (_attribution, _include),
        ),
        "CC-BY-NC-SA-4.0": _Terms(
            "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
            "https://creativecommons.org/licenses/by-nc-sa/4.0/",
            _prohibited,
            _conditions,
            (_attribution, _include, _share_alike),
        ),
        "GPL-3.0-only": _Terms(
            "GNU General Public License v3.0 only",
            "https://www.gnu.org/licenses/gpl-3.0.html",
            _conditions,
            _conditions,
            (_include, _source),
        ),
        "LicenseRef-S-Lab-1.0": _Terms(
            "S-Lab License 1.0",
            "https://github.com/sczhou/CodeFormer/blob/master/LICENSE",
            _prohibited,
            _prohibited,
            restrictions=("Only for non-commercial purposes; anything else needs the authors' consent.",),
            notes="Passing it on is let only for non-commercial purposes, which nobody here can promise.",
            has_spdx_identifier=False,
        ),
        "LicenseRef-OpenPose-NonCommercial": _Terms(
            "OpenPose non-commercial model terms",
            "https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/LICENSE",
            _prohibited,
            _unknown,
            restrictions=("Only for research at academic and non-profit organisations.",),
            has_spdx_identifier=False,
        ),
        "LicenseRef-Research-Only": _Terms(
            "Research-only upstream terms",
            f"{_HERE}/LicenseRef-Research-Only",
            _prohibited,
            _unknown,
            restrictions=("The authors allow research and nothing else.",),
            notes="Stands for upstream terms of this kind that have no text of their own to point to.",
            has_spdx_identifier=False,
        ),
        "LicenseRef-Stable-Cascade-NC-Community": _Terms(
            "Stability AI Non-Commercial Research Community License",
            f"{_HUGGING_FACE}/stabilityai/stable-cascade/blob/main/LICENSE",
            _prohibited,
            _conditions,
            (_attribution, _include, _responsible),
            ("Only for non-commercial research.", "The authors' acceptable use policy has to be kept."),
            "The terms of the weights; the code that came with them has others.",
            has_spdx_identifier=False,
        ),
        "LicenseRef-thibaud-controlnet-sd21": _Terms(
            "thibaud/controlnet-sd21 custom restricted terms",
            f"{_HUGGING_FACE}/thibaud/controlnet-sd21",
            _unknown,
            _prohibited,
            restrictions=("The author limits who may offer the weights.",),
            has_spdx_identifier=False,
        ),
        "MIT": _Terms("MIT License", f"{_SPDX}/MIT.html", _allowed, _conditions, (_include,)),
        "OpenRAIL-M": _Terms(
            "CreativeML Open RAIL-M",
            f"{_HUGGING_FACE}/spaces/CompVis/stable-diffusion-license",
            _conditions,
            _conditions,
            (_include, _responsible),
            has_spdx_identifier=False,
        ),
        "OpenRAIL++-M": _Terms(
            "CreativeML Open RAIL++-M",
            f"{_HUGGING_FACE}/stabilityai/stable-diffusion-2/blob/main/LICENSE-MODEL",
            _conditions,
            _conditions,
            (_include, _responsible),
            has_spdx_identifier=False,
        ),
        "WTFPL": _Terms(
            "Do What The F*ck You Want To Public License", f"{_SPDX}/WTFPL.html", _allowed, _allowed
        ),
    }
)

BUILT_IN_LICENSES: Final[Mapping[str, bool]] = MappingProxyType(dict.fromkeys(_BUILT_IN, False))
"""Id of every bundled licence, and whether it is deprecated, as `ReviewRules.licenses` takes them."""


def built_in_license_definitions() -> dict[str, LicenseDefinition]:
    """Return the sixteen bundled definitions by id, all at revision 1."""
    return {license_id: _definition(license_id, terms) for license_id, terms in _BUILT_IN.items()}


def _definition(license_id: str, terms: _Terms) -> LicenseDefinition:
    # Not validated: reading licence expressions takes a library that most programs never need.
    return LicenseDefinition.model_construct(
        license_id=license_id,
        name=terms.name,
        spdx_identifier=license_id if terms.has_spdx_identifier else None,
        canonical_url=terms.url,
        commercial_use=terms.commercial_use,
        redistribution=terms.redistribution,
        obligations=list(terms.obligations),
        restrictions=list(terms.restrictions),
        notes=terms.notes,
    )
