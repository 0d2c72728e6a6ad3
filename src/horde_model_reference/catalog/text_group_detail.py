"""One group of text models with everything that is known of it (spec 23, GET /group)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from horde_model_reference.catalog.text_groups import TextGroup
from horde_model_reference.domain.record_parts import is_document
from horde_model_reference.domain.text_directory import TextDirectory
from horde_model_reference.domain.text_parts import TextGuidanceStatus
from horde_model_reference.formats.text_compose import schema_format
from horde_model_reference.formats.text_groups import NameFormat, infer_name_format
from horde_model_reference.formats.text_name_parser import ParsedName, parse_text_name
from horde_model_reference.formats.text_names import has_backend_prefix, size_sort_key, split_author

COMMON_FIELDS: Final = ("baseline", "description", "url", "nsfw", "tags", "style", "instruct_format")
"""What the models of a group may have in common."""

Record = tuple[str, Mapping[str, Any]]
"""The key of a record, and the record as reads show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraPart:
    """A part of a name without a field of its own."""

    value: str
    position: int
    inferred_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameParts:
    """A name taken apart."""

    base_name: str
    size: str | None
    variant: str | None
    quant: str | None
    version: str | None
    extras: list[ExtraPart] = field(default_factory=list[ExtraPart])


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """One record of a group; ``guidance`` is None for duplicates under backend names."""

    name: str
    parsed: NameParts
    parameters: int | None
    baseline: str | None
    nsfw: bool | None
    description: str | None
    url: str | None
    style: str | None
    tags: list[str] | None
    display_name: str | None
    instruct_format: str | None
    is_backend_duplicate: bool
    backend_prefix: str | None
    """``aphrodite`` or ``koboldcpp``; None for a canonical member."""
    guidance: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameException:
    """A model whose name may differ from the format of its group, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedFamily:
    """A family of groups."""

    family_name: str
    members: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDetail:
    """A group; usage counts are of canonical members, None stands for members without such a part."""

    group_name: str
    members: list[GroupMember]
    common_fields: dict[str, Any]
    available_sizes: list[str]
    available_variants: list[str | None]
    available_quants: list[str | None]
    available_versions: list[str | None]
    size_usage: dict[str, int]
    variant_usage: dict[str, int]
    quant_usage: dict[str, int]
    name_format: NameFormat
    canonical_count: int
    backend_duplicate_count: int
    name_schema_is_custom: bool
    exception_members: list[NameException]
    related_family: RelatedFamily | None
    guidance_coverage: dict[str, int]


def group_detail(group: TextGroup, records: Sequence[Record], directory: TextDirectory) -> GroupDetail:
    """Return a group with its records, which come in storage order."""
    members = [_member(name, record) for name, record in records]
    canonical = [member for member in members if not member.is_backend_duplicate]
    schema = next(filter(None, map(directory.schema_of, group.spellings)), None)
    names = [member.name for member in canonical]
    return GroupDetail(
        group_name=group.name,
        members=members,
        common_fields=common_fields([record for name, record in records if not has_backend_prefix(name)]),
        available_sizes=sorted({each.parsed.size for each in members if each.parsed.size}, key=size_sort_key),
        available_variants=_available(member.parsed.variant for member in members),
        available_quants=_available(member.parsed.quant for member in members),
        available_versions=_available(member.parsed.version for member in members),
        size_usage=_usage(member.parsed.size for member in canonical),
        variant_usage=_usage(member.parsed.variant for member in canonical),
        quant_usage=_usage(member.parsed.quant for member in canonical),
        name_format=infer_name_format(names) if schema is None else schema_format(schema),
        canonical_count=len(canonical),
        backend_duplicate_count=len(members) - len(canonical),
        name_schema_is_custom=schema is not None,
        exception_members=_exceptions(records),
        related_family=_related_family(group, directory),
        guidance_coverage=_coverage(canonical),
    )


def common_fields(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return those of the `COMMON_FIELDS` that are the same in all records, and not null."""
    if not records:
        return {}
    first, *others = records
    return {
        name: first[name]
        for name in COMMON_FIELDS
        if first.get(name) is not None and all(record.get(name) == first[name] for record in others)
    }


def name_parts(parsed: ParsedName) -> NameParts:
    """Return a name taken apart as answers show it."""
    return NameParts(
        base_name=parsed.base_name,
        size=parsed.size,
        variant=parsed.variant,
        quant=parsed.quant,
        version=parsed.version,
        extras=[
            ExtraPart(value=extra.value, position=extra.position, inferred_type=extra.kind)
            for extra in parsed.extras
        ],
    )


def _member(name: str, record: Mapping[str, Any]) -> GroupMember:
    is_duplicate = has_backend_prefix(name)
    guidance = record.get("guidance")
    return GroupMember(
        name=name,
        parsed=name_parts(parse_text_name(split_author(name)[1])),
        parameters=record.get("parameters", record.get("parameters_count")),
        baseline=record.get("baseline"),
        nsfw=record.get("nsfw"),
        description=record.get("description"),
        url=record.get("url"),
        style=record.get("style"),
        tags=record.get("tags"),
        display_name=record.get("display_name"),
        instruct_format=record.get("instruct_format"),
        is_backend_duplicate=is_duplicate,
        backend_prefix=name.partition("/")[0] if is_duplicate else None,
        guidance=None if is_duplicate or not is_document(guidance) else dict(guidance),
    )


def _available(values: Iterable[str | None]) -> list[str | None]:
    return sorted(set(values), key=lambda value: value or "")


def _usage(values: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(value for value in values if value))


def _exceptions(records: Iterable[Record]) -> list[NameException]:
    reasons = ((name, record.get("name_schema_exception")) for name, record in records)
    return [NameException(name=name, reason=str(reason)) for name, reason in reasons if reason]


def _related_family(group: TextGroup, directory: TextDirectory) -> RelatedFamily | None:
    name = next(filter(None, map(directory.families.family_of, group.spellings)), None)
    if name is None:
        return None
    return RelatedFamily(family_name=name, members=list(directory.families.family(name)))


def _coverage(members: Iterable[GroupMember]) -> dict[str, int]:
    counts = Counter(str((member.guidance or {}).get("status")) for member in members)
    return {status.value: counts[status.value] for status in TextGuidanceStatus}
