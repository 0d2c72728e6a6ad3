"""One model as its page shows it: ready values out of a record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import orjson
from pydantic import ValidationError

from horde_model_reference.catalog.document_table import typed_record
from horde_model_reference.domain.categories import BUILT_IN_CATEGORIES, Category
from horde_model_reference.domain.checksums import UNKNOWN_SHA256
from horde_model_reference.domain.license_expressions import NOASSERTION
from horde_model_reference.domain.licensing import LicenseAssignment, PermissionStatus
from horde_model_reference.domain.record_parts import DownloadRecord
from horde_model_reference.domain.records import GenericModelRecord
from horde_model_reference.service.web.browse.document_texts import flat
from horde_model_reference.service.web.browse.model_facts import Fact, model_facts
from horde_model_reference.service.web.labels import baseline_label, spaced
from horde_model_reference.service.web.text_filters import image_address

_PERMISSION_KINDS: Final[Mapping[PermissionStatus, str]] = {
    PermissionStatus.allowed: "good",
    PermissionStatus.allowed_with_conditions: "warn",
    PermissionStatus.prohibited: "bad",
    PermissionStatus.unknown: "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A word in a frame; ``kind`` is one of those that the macro knows."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One file of a model."""

    name: str
    url: str
    host: str
    purpose: str
    size_bytes: int | None
    sha256: str | None
    """None where nobody took it."""
    content_hash: str | None
    is_slow: bool
    license: str | None
    """None where it is that of the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseView:
    """What may be done with a model."""

    expression: str | None
    """None where nobody has looked."""
    permissions: tuple[tuple[str, Badge], ...]
    """Empty where nothing is stated of the licence."""
    obligations: tuple[str, ...]
    attribution: str | None
    notes: str | None
    evidence: tuple[tuple[str, str | None], ...]
    """Source and description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """Everything that a record says."""

    category: Category
    name: str
    title: str
    description: str
    badges: tuple[Badge, ...]
    showcases: tuple[str, ...]
    is_nsfw: bool
    tags: tuple[str, ...]
    triggers: tuple[str, ...]
    homepage: str | None
    files: tuple[FileView, ...]
    size_bytes: int | None
    facts: tuple[Fact, ...]
    license: LicenseView
    created_at: int | None
    created_by: str | None
    updated_at: int | None
    updated_by: str | None
    fields: tuple[tuple[str, str], ...]
    """All of the document: paths and values."""
    v2_path: str
    v1_path: str | None
    v2_json: str


def model_view(category: Category, name: str, served: bytes) -> ModelView:
    """Return what the page of a record shows; of one that its type does not allow, what it has in common."""
    document: dict[str, Any] = orjson.loads(served)
    try:
        record = typed_record(category, served)
    except ValidationError:
        record = GenericModelRecord.model_construct(
            name=name, record_type=category.value, **_common(document)
        )
    values = {field: getattr(record, field, None) for field in _SHOWN} | {
        "guidance": document.get("guidance")
    }
    return ModelView(
        category=category,
        name=name,
        title=values["display_name"] or name,
        description=record.description or "",
        badges=tuple(_badges(values)),
        showcases=tuple(safe for each in values["showcases"] or () if (safe := image_address(each))),
        is_nsfw=bool(values["nsfw"]),
        tags=tuple(values["tags"] or ()),
        triggers=tuple(values["trigger"] or ()),
        homepage=values["homepage"] or values["url"],
        files=tuple(_file(each, record) for each in record.config.download),
        size_bytes=record.size_on_disk_bytes or record.declared_total_size_bytes,
        facts=tuple(model_facts(category, record, values)),
        license=_license(record.licensing),
        created_at=record.metadata.created_at,
        created_by=record.metadata.created_by,
        updated_at=record.metadata.updated_at,
        updated_by=record.metadata.updated_by,
        fields=tuple(flat(document)),
        v2_json=orjson.dumps(document, option=orjson.OPT_INDENT_2).decode(),
        v2_path=f"/api/model_references/v2/{category}/model/{quote(name, safe='')}",
        v1_path=f"/api/model_references/v1/{category}"
        if BUILT_IN_CATEGORIES[category].has_legacy_format
        else None,
    )


_SHOWN: Final = (
    "display_name",
    "showcases",
    "nsfw",
    "tags",
    "trigger",
    "homepage",
    "url",
    "baseline",
    "style",
    "inpainting",
    "parameters_count",
    "instruct_format",
    "text_model_group",
    "optimization",
    "min_bridge_version",
    "controlnet_style",
    "control_types",
    "preprocessors",
    "pretrained_name",
    "requirements",
    "settings",
    "context_window",
)


def _common(document: Mapping[str, Any]) -> dict[str, Any]:
    description = document.get("description")
    return {"description": description if isinstance(description, str) else None}


def _badges(values: Mapping[str, Any]) -> Iterator[Badge]:
    if values["nsfw"]:
        yield Badge(text="NSFW", kind="bad")
    if values["inpainting"]:
        yield Badge(text="inpainting", kind="info")
    if values["baseline"]:
        yield Badge(text=baseline_label(values["baseline"]))
    for field in ("style", "controlnet_style"):
        if values[field]:
            yield Badge(text=spaced(values[field]))


def _file(download: DownloadRecord, record: GenericModelRecord) -> FileView:
    own = record.licensing.files.get(download.file_name) if record.licensing else None
    return FileView(
        name=download.file_name,
        url=download.file_url,
        host=_host(download.file_url),
        purpose=spaced(download.file_purpose or "main file"),
        size_bytes=download.size_bytes,
        sha256=None if download.sha256sum in ("", UNKNOWN_SHA256) else download.sha256sum,
        content_hash=download.content_hash,
        is_slow=bool(download.known_slow_download),
        license=own.license_expression if own else None,
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _license(found: LicenseAssignment | None) -> LicenseView:
    permissions: tuple[tuple[str, PermissionStatus], ...] = (
        ("Commercial use", found.commercial_use if found else PermissionStatus.unknown),
        ("Redistribution", found.redistribution if found else PermissionStatus.unknown),
    )
    is_stated = found is not None and found.license_expression != NOASSERTION
    if not is_stated and all(status is PermissionStatus.unknown for _, status in permissions):
        permissions = ()
    return LicenseView(
        expression=found.license_expression if found is not None and is_stated else None,
        permissions=tuple(
            (label, Badge(text=spaced(status), kind=_PERMISSION_KINDS[status]))
            for label, status in permissions
        ),
        obligations=tuple(spaced(each) for each in found.obligations) if found else (),
        attribution=found.attribution if found else None,
        notes=found.notes if found else None,
        evidence=tuple((each.source, each.description) for each in found.evidence) if found else (),
    )
