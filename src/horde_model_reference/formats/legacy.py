"""Legacy (v1) JSON records to v2 documents (spec 02 §1-§3).

A bad record is refused alone, never with its file: one slip of an editor must not take a category down.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.checksums import UNKNOWN_SHA256, is_sha256
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.records import GenericModelRecord
from horde_model_reference.domain.registries import is_known_image_baseline
from horde_model_reference.domain.validation import validate_document
from horde_model_reference.formats.conversion import (
    Conversion,
    ConvertedRecord,
    FileConversion,
    convert_json_file,
)
from horde_model_reference.formats.legacy_records import (
    V2_BASELINES,
    LegacyClipRecord,
    LegacyConfig,
    LegacyRecord,
    LegacyStableDiffusionRecord,
    check_legacy,
)

_FILE_RECORD_TYPES: Final[Mapping[str, type[LegacyRecord]]] = MappingProxyType(
    {Category.image_generation: LegacyStableDiffusionRecord, Category.clip: LegacyClipRecord}
)
"""Where files are held to the type of a v1 body; in all other categories ``type`` is free (spec 02 §2.2)."""

_IMAGE_FIELDS: Final = (
    "inpainting",
    "optimization",
    "min_bridge_version",
    "homepage",
    "style",
    "size_on_disk_bytes",
    "requirements",
)
_IMAGE_LISTS: Final = ("tags", "showcases", "trigger")  # documents have them even when they are empty
_STANDARD_YAML: Final = frozenset({"v1-inference.yaml", "v2-inference-v.yaml"})
_KNOWN_CONFIG_KEYS: Final = frozenset({"files", "download", "embedded_component_hashes"})


def convert_legacy_file(category: str, text: str | bytes) -> FileConversion:
    """Convert the JSON file of a category; any line ends, indentation and byte order mark will do.

    An empty text has no records. A text that is not a JSON object gives one refusal with the key None.
    """

    def convert(key: str, legacy: dict[str, Any]) -> ConvertedRecord:
        converted = legacy_to_v2(category, key, legacy)
        return ConvertedRecord(key=key, document=converted.document, legacy=legacy, issues=converted.issues)

    return convert_json_file(text, convert)


def legacy_to_v2(category: str, key: str, legacy: Mapping[str, Any]) -> Conversion:
    """Convert one legacy record, which stands under the key in its file.

    The document has the key order and leaves out what spec 02 §3.3 says: nulls everywhere, and in
    image_generation also what equals its default. It carries no time stamps but those of the legacy record.

    Raises:
        InvalidRecordError: the record breaks a rule of spec 02 §2 or §3; the message names the fields.
    """
    record = check_legacy(_FILE_RECORD_TYPES.get(category, LegacyRecord), legacy)
    checked = validate_document(category, _v2_fields(category, record, legacy))
    if category == Category.image_generation:
        document = _image_document(checked)
    else:
        document = checked.model_dump(mode="json", by_alias=True, exclude_none=True)
    return Conversion(document=document, issues=tuple(_issues(key, record, legacy)))


def _image_document(record: GenericModelRecord) -> dict[str, Any]:
    told = record.model_dump(mode="json", exclude_none=True, exclude_unset=True, exclude_defaults=True)
    return {
        name: told.get(name, []) for name in type(record).model_fields if name in told or name in _IMAGE_LISTS
    }


def _v2_fields(category: str, record: LegacyRecord, legacy: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": record.name,
        "description": record.description,
        "version": record.version,
        "licensing": legacy.get("licensing"),
        "config": _config(record.config),
    }
    if record.metadata is not None:
        known = record.metadata.model_dump(include={*type(record.metadata).model_fields}, exclude_none=True)
        fields["metadata"] = known
    if isinstance(record, LegacyStableDiffusionRecord):
        fields |= _image_fields(record)
    elif isinstance(record, LegacyClipRecord):
        fields["pretrained_name"] = record.pretrained_name
    elif category == Category.controlnet:
        fields["controlnet_style"] = record.style if record.type is None else record.type
    return {name: value for name, value in fields.items() if value is not None}


def _image_fields(record: LegacyStableDiffusionRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in (*_IMAGE_FIELDS, *_IMAGE_LISTS)} | {
        "baseline": V2_BASELINES.get(record.baseline, record.baseline),
        "nsfw": bool(record.nsfw),
    }


def _config(config: LegacyConfig) -> dict[str, Any]:
    downloads: dict[str, dict[str, Any]] = {}
    for file in config.files:
        if _is_weight_file(file.path):
            downloads[file.path] = {
                "file_name": file.path,
                "file_url": "",
                "sha256sum": file.sha256sum or UNKNOWN_SHA256,
                "content_hash": file.content_hash,
                "file_purpose": file.file_type,
            }
    for source in config.download:
        if source.file_name not in downloads:
            raise InvalidRecordError(
                f"config.download: {source.file_name!r} is not the path of a file in config.files"
            )
        downloads[source.file_name]["file_url"] = source.file_url or ""
    for download in downloads.values():
        download["known_slow_download"] = _is_slow(download["file_name"], download["file_url"])
    return {
        "download": list(downloads.values()),
        "embedded_component_hashes": config.embedded_component_hashes,
    }


def _is_weight_file(path: str) -> bool:
    """Return whether a path of ``config.files`` is a file of its own in v2; settings in YAML are not."""
    return path != "" and "yaml" not in path.lower()


def _is_slow(path: str, url: str) -> bool:
    if "civitai" in path.lower():
        return True
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # the address is broken, so it has no host
        return False
    return "civitai" in host.split(".")


def _issues(key: str, record: LegacyRecord, legacy: Mapping[str, Any]) -> Iterator[str]:
    config: Mapping[str, Any] = legacy.get("config") or {}
    checks: dict[str, bool] = {
        f"the name is {record.name!r}, not the key": record.name != key,
        "it is marked as available": record.available is True,
        "no description": not record.description,
        "the style is empty": record.style == "",
        "config has unknown keys": not _KNOWN_CONFIG_KEYS.issuperset(config),
    }
    yield from (issue for issue, applies in checks.items() if applies)
    if isinstance(record, LegacyStableDiffusionRecord):
        yield from _image_issues(record)
    yield from _file_issues(record.config)


def _image_issues(record: LegacyStableDiffusionRecord) -> Iterable[str]:
    if not record.showcases:
        yield "no showcases"
    if not is_known_image_baseline(V2_BASELINES.get(record.baseline, record.baseline)):
        yield f"the baseline {record.baseline!r} is not known"


def _file_issues(config: LegacyConfig) -> Iterator[str]:
    for file in config.files:
        if _is_weight_file(file.path):
            if not is_sha256(file.sha256sum or ""):
                yield f"{file.path} has no SHA-256 sum"
        elif file.path not in _STANDARD_YAML:
            yield f"{file.path!r} is not one of the standard settings files"
    for source in config.download:
        if source.file_path:
            yield f"{source.file_name} has a file_path"
