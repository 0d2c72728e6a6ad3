"""The parts that records of every category are made of (spec 01 §5.1-§5.3, §5.5)."""

from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from pydantic import ConfigDict, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from horde_model_reference.domain.categories import Domain, Purpose
from horde_model_reference.domain.checksums import UNKNOWN_SHA256
from horde_model_reference.domain.registries import Registries, shared_registries
from horde_model_reference.domain.sharing import Shareable

SCHEMA_VERSION: Final = "2.1.0"
"""Version of the v2 record format that this package writes."""

FORBID_EXTRA: Final = "forbid_extra"
"""Key of the validation context: true refuses fields that the record does not know."""

REGISTRIES: Final = "registries"
"""Key of the validation context: the ``Registries`` to check against; without it, those of the process."""


def registries_of(info: ValidationInfo) -> Registries:
    """Return the registries that a validation checks against."""
    context: Mapping[str, Any] = info.context or {}
    given: Registries | None = context.get(REGISTRIES)
    return given or shared_registries()


def is_document(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a value is a mapping, as JSON objects are."""
    return isinstance(value, Mapping)


def _forbids_extra(info: ValidationInfo) -> bool:
    context: Mapping[str, Any] = info.context or {}
    return bool(context.get(FORBID_EXTRA, registries_of(info).refuses_unknown_fields))


class RecordPart(Shareable):
    """Loses fields it does not know, or refuses them where the validation says so (spec 01 §3)."""

    # Built on first use: most programs read few categories, and importing must stay quick.
    model_config = ConfigDict(populate_by_name=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_fields(cls, value: Any, info: ValidationInfo) -> Any:
        if _forbids_extra(info):
            cls._require_known_keys(value)
        return value

    @classmethod
    def _require_known_keys(cls, value: object) -> None:
        if not is_document(value):
            return
        fields = cls.model_fields
        known = {*fields, *(declared.alias for declared in fields.values())}
        unknown = {str(key) for key in value if key not in known}
        if unknown:
            names = ", ".join(sorted(unknown))
            raise PydanticCustomError("extra_forbidden", "unknown fields: {names}", {"names": names})


class ModelClassification(RecordPart):
    """What a model works on and what it is for; both closed sets."""

    domain: Domain
    purpose: Purpose


class GenericModelRecordMetadata(RecordPart):
    """Who wrote a record, and when (Unix seconds)."""

    schema_version: str = SCHEMA_VERSION
    created_at: int | None = None
    updated_at: int | None = None
    created_by: str | None = None
    updated_by: str | None = None


class FineTuneSeriesInfo(RecordPart):
    """The series that a fine-tuned model belongs to."""

    name: str
    version: str | None = None
    author: str | None = None
    description: str | None = None
    homepage: str | None = None


class DownloadRecord(RecordPart):
    """One file of a model."""

    file_name: str
    file_url: str
    """Full address; may be empty."""
    sha256sum: str = UNKNOWN_SHA256
    """Sum over the whole file, in either case, or ``FIXME`` where nobody took it."""
    content_hash: str | None = None
    """Sum over the tensors alone, whatever the container."""
    file_purpose: str | None = None
    """Role of the file; None: the main file."""
    known_slow_download: bool | None = None
    size_bytes: int | None = None


class GenericModelRecordConfig(RecordPart):
    """The files of a model."""

    download: list[DownloadRecord] = Field(default_factory=list[DownloadRecord])
    embedded_component_hashes: dict[str, str] | None = None
    """By component kind (``vae``, ``text_encoders``): content hash of that part of a one-file checkpoint."""
