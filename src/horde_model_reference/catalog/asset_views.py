"""Models and other things under a licence, in the one form that lists of them show (spec 24, Asset view)."""

from collections.abc import Mapping
from typing import Any, Final, cast

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.licensing import UNKNOWN_LICENSING, LicensedAsset

MODEL_KIND: Final = "model"
"""Stands in place of a `LicensedAssetKind` for what is a record."""

_DEFINITION_PATH: Final = "/model_references/v2/licensing/licenses/"
_EMPTY_ASSIGNMENT: Final[Mapping[str, Any]] = {
    "license_expression": UNKNOWN_LICENSING["license_expression"],
    "license_ids": [],
    "commercial_use": UNKNOWN_LICENSING["commercial_use"],
    "redistribution": UNKNOWN_LICENSING["redistribution"],
    "obligations": [],
    "attribution": None,
    "evidence": [],
    "reviewed_by": None,
    "reviewed_at": None,
    "notes": None,
}
_EMPTY_EVIDENCE: Final[Mapping[str, Any]] = {"source": "", "description": None, "checked_at": None}


def model_view(category: Category, name: str, document: Document) -> dict[str, Any]:
    """Return a model, from its document as reads show it, in the form that assets have in lists."""
    return {
        "asset_kind": MODEL_KIND,
        "asset_identifier": f"{category}:{name}",
        "display_name": name,
        "category": category,
        "source_url": _first_address(document),
        "version": document.get("version"),
        "locations": [],
        "related_assets": [],
        **_licensing_view(document.get("licensing") or UNKNOWN_LICENSING),
        "notes": None,
        "metadata": None,
    }


def asset_view(document: Document) -> dict[str, Any]:
    """Return a stored asset in the form that assets have in lists."""
    return {
        **{key: document[key] for key in ("asset_kind", "asset_identifier", "display_name")},
        "category": None,
        **{key: document[key] for key in ("source_url", "version", "locations", "related_assets")},
        **_licensing_view(document["licensing"]),
        "notes": document["notes"],
        "metadata": document["metadata"],
    }


def stored_asset(view: Document) -> dict[str, Any]:
    """Return an asset as it is stored, from the form that it has in lists."""
    asset = {key: value for key, value in view.items() if key in LicensedAsset.model_fields}
    licensing: object = asset.get("licensing")
    if isinstance(licensing, dict):
        shown = cast("dict[str, Any]", licensing)
        asset["licensing"] = {key: value for key, value in shown.items() if key != "files"}
    return asset


def _licensing_view(licensing: Document) -> dict[str, Any]:
    files: Mapping[str, Document] = licensing.get("files") or {}
    shown = {
        **_assignment(licensing),
        "files": {name: _assignment(assignment) for name, assignment in files.items()},
    }
    return {
        "licensing": shown,
        "definition_urls": {each: f"{_DEFINITION_PATH}{each}" for each in shown["license_ids"]},
    }


def _assignment(given: Document) -> dict[str, Any]:
    shown = _with_defaults(_EMPTY_ASSIGNMENT, given)
    shown["evidence"] = [_with_defaults(_EMPTY_EVIDENCE, each) for each in shown["evidence"]]
    return shown


def _with_defaults(defaults: Mapping[str, Any], given: Document) -> dict[str, Any]:
    return {key: given.get(key, default) for key, default in defaults.items()}


def _first_address(document: Document) -> str | None:
    config: Document = document.get("config") or {}
    downloads: list[Document] = config.get("download") or []
    return downloads[0].get("file_url") if downloads else None
