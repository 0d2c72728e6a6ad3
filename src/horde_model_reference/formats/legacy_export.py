"""v2 documents to legacy (v1) JSON records (spec 02 §8), for records that no legacy file ever held."""

from collections.abc import Mapping
from typing import Any, Final

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.record_parts import SCHEMA_VERSION
from horde_model_reference.domain.validation import validate_document
from horde_model_reference.formats.json_text import dump_json
from horde_model_reference.formats.legacy_records import LEGACY_BASELINES, LEGACY_RECORD_TYPES

_IMAGE_FIELDS: Final = (
    "description",
    "version",
    "inpainting",
    "optimization",
    "tags",
    "showcases",
    "min_bridge_version",
    "trigger",
    "homepage",
    "nsfw",
    "style",
    "requirements",
    "size_on_disk_bytes",
)
_DEFAULT_METADATA: Final = {"schema_version": SCHEMA_VERSION}


def v2_to_legacy(category: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a v2 document is in the legacy form; what that form can't hold is left out.

    Raises:
        ValueError: the category has no legacy JSON form, or has the text form.
        InvalidRecordError: the document is not a record of the category.
    """
    if category not in LEGACY_RECORD_TYPES or category == Category.text_generation:
        raise ValueError(f"{category} has no legacy JSON records")
    fields = validate_document(category, document).model_dump(mode="json", by_alias=True, exclude_none=True)
    writer = _image_record if category == Category.image_generation else _other_record
    record = writer(category, fields)
    if "licensing" in fields:
        record["licensing"] = fields["licensing"]
    if fields["metadata"] != _DEFAULT_METADATA:
        record["metadata"] = fields["metadata"]
    return record


def dump_legacy_file(records: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a legacy file: order kept, 4-space indent, raw UTF-8, final newline.

    Raises:
        TypeError: something inside is not JSON.
        ValueError: NaN or an infinity is inside.
    """
    return dump_json(records, indent=4)


def legacy_file(download: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry of ``config.files`` for a download of a v2 document."""
    entry = {
        "path": download["file_name"],
        "sha256sum": download["sha256sum"],
        "file_type": download.get("file_purpose"),
        "content_hash": download.get("content_hash"),
    }
    return {key: value for key, value in entry.items() if value is not None}


def _image_record(_category: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    record = {
        "name": fields["name"],
        "baseline": LEGACY_BASELINES.get(fields["baseline"], fields["baseline"]),
        "type": "ckpt",
        "config": _config(fields["config"]),
    }
    return record | {name: fields[name] for name in _IMAGE_FIELDS if name in fields}


def _other_record(category: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    record = {
        "name": fields["name"],
        "type": _type(category, fields),
        "description": fields.get("description"),
        "version": fields.get("version"),
        "config": _config(fields["config"]),
        "pretrained_name": fields.get("pretrained_name"),
    }
    return {key: value for key, value in record.items() if value is not None}


def _type(category: str, fields: Mapping[str, Any]) -> str | None:
    if category == Category.controlnet:
        style: str | None = fields.get("controlnet_style")
        return style
    default: str = LEGACY_RECORD_TYPES[category].model_fields["type"].default
    return default


def _config(config: Mapping[str, Any]) -> dict[str, Any]:
    downloads = config["download"]
    legacy: dict[str, Any] = {
        "files": [legacy_file(download) for download in downloads],
        "download": [
            {"file_name": download["file_name"], "file_path": "", "file_url": download["file_url"]}
            for download in downloads
        ],
    }
    if config.get("embedded_component_hashes"):
        legacy["embedded_component_hashes"] = config["embedded_component_hashes"]
    return legacy
