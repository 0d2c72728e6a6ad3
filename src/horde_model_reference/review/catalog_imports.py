"""Taking a catalogue of side resources from its document: what differs is written, all else stays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from horde_model_reference.catalog.asset_views import MODEL_KIND, stored_asset
from horde_model_reference.catalog.exported_catalogs import without_metadata
from horde_model_reference.domain.baseline_catalog import ImageBaselineRecord
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.errors import ConflictError, InvalidRecordError
from horde_model_reference.domain.licensing import LicensedAsset, LicenseDefinition
from horde_model_reference.domain.resources import CatalogName, Resource, ResourceType
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_families import GroupFamilies
from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.domain.text_guidance import TextGuidanceAssignment, TextProfile
from horde_model_reference.domain.validation import field_problems
from horde_model_reference.formats.conversion import Refusal
from horde_model_reference.formats.text_group_fields import (
    GroupName,
    GroupNames,
    GroupNameSchemaUpdateRequest,
    NewFamilyName,
)
from horde_model_reference.review.baseline_changes import BaselineChangeSets
from horde_model_reference.review.guidance_changes import GuidanceChangeSets, is_assignable
from horde_model_reference.review.licensing import create_definition, replace_definition
from horde_model_reference.review.policy import ChangeSetKind, ReviewRules, check_licenses, check_name
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork
from horde_model_reference.review.resources import ResourceEdit, write_resources
from horde_model_reference.review.text_directory import edited_aliases, edited_families, edited_schemas

_TITLE: Final = "Import"

_T = TypeVar("_T")
_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenCatalog:
    """What became of the resources of a document."""

    read: int
    """All that it names, refused ones included."""
    stored: int
    """Those that are new."""
    changed: int
    unchanged: int
    refusals: tuple[Refusal, ...]


def take_catalog(uow: UnitOfWork, name: CatalogName, document: Document, edit: ResourceEdit) -> TakenCatalog:
    """Write the resources of a document that differ from what is there; each bad one is refused alone.

    Raises:
        InvalidRecordError: it is no such document, or breaks a rule as a whole; nothing is written.
    """
    entries = _Entries()
    try:
        written = write_resources(uow, _READERS[name](uow, document, entries), edit)
    except ConflictError as error:
        raise InvalidRecordError(str(error)) from error
    stored = sum(each.before is None for each in written)
    return TakenCatalog(
        read=entries.read,
        stored=stored,
        changed=len(written) - stored,
        unchanged=entries.read - len(entries.refusals) - len(written),
        refusals=tuple(entries.refusals),
    )


class _Entries:
    """The resources of a document, with the reasons against those that can't be used."""

    def __init__(self) -> None:
        self.read = 0
        self.refusals: list[Refusal] = []

    def read_all(self, given: Mapping[str, object], adapter: TypeAdapter[_T]) -> dict[str, _T]:
        """Return the good ones as what they are to be."""
        self.read += len(given)
        return self.good(given, adapter.validate_python)

    def good(self, given: Mapping[str, object], use: Callable[[Any], _T]) -> dict[str, _T]:
        """Return what a function makes of those that it doesn't refuse."""
        made: dict[str, _T] = {}
        for key, entry in given.items():
            try:
                made[key] = use(entry)
            except ValidationError as error:
                self._refuse(key, InvalidRecordError("", problems=field_problems(error)))
            except InvalidRecordError as error:
                self._refuse(key, error)
            except ConflictError as error:
                self._refuse(key, InvalidRecordError(str(error)))
        return made

    def listed(
        self, given: Mapping[str, object], key_fields: tuple[str, ...], *, fold: Callable[[str], str] = str
    ) -> dict[str, object]:
        """Return the entries of a list by their keys; one that has none, or a key again, is refused."""
        found: dict[str, tuple[str, object]] = {}
        for place, entry in given.items():
            members = cast("dict[str, object]", entry) if isinstance(entry, dict) else {}
            parts = [part for field in key_fields if isinstance(part := members.get(field), str)]
            key = ":".join(parts)
            if len(parts) < len(key_fields):
                self._refuse_unread(place, f"it has no {' or no '.join(key_fields)}")
            elif fold(key) in found:
                self._refuse_unread(key, "it is there twice; the first one counts")
            else:
                found[fold(key)] = (key, entry)
        return dict(found.values())

    def _refuse_unread(self, key: str, reason: str) -> None:
        self.read += 1
        self._refuse(key, InvalidRecordError(reason))

    def _refuse(self, key: str, error: InvalidRecordError) -> None:
        self.refusals.append(Refusal.of(key, error))


def _baselines(uow: UnitOfWork, document: Document, entries: _Entries) -> Sequence[ResourceWrite]:
    known = uow.resources.catalog(CatalogName.image_baselines).all(ResourceType.image_baseline)
    found = entries.read_all(_object(document, "baselines"), TypeAdapter(ImageBaselineRecord))
    changes = [
        {"operation": "upsert", "name": name, "record": record, "expected_before": _said(known.get(name))}
        for name, record in _new_to(known, found).items()
    ]
    return _change_set(uow, BaselineChangeSets(), {"title": _TITLE, "changes": changes}) if changes else ()


def _guidance(uow: UnitOfWork, document: Document, entries: _Entries) -> Sequence[ResourceWrite]:
    catalog = uow.resources.catalog(CatalogName.text_guidance)
    profiles = catalog.all(ResourceType.guidance_profile)
    assignments = catalog.all(ResourceType.guidance_assignment)
    given = entries.read_all(_object(document, "profiles"), TypeAdapter(TextProfile))
    assigned = entries.read_all(_object(document, "assignments"), TypeAdapter(TextGuidanceAssignment))

    def assignable(assignment: TextGuidanceAssignment) -> TextGuidanceAssignment:
        if not is_assignable(uow, assignment.model_name):
            raise InvalidRecordError("there is no such text model that guidance can be assigned to")
        return assignment

    profile_changes = [
        {
            "operation": "update" if key in profiles else "create",
            "profile_id": key,
            "profile": profile,
            "expected_before": _said(profiles.get(key)),
        }
        for key, profile in _new_to(profiles, cast("dict[str, BaseModel]", given)).items()
    ]
    new = _new_to(assignments, entries.good(assigned, assignable))
    assignment_changes = [
        {"model_name": name, "assignment": assignment, "expected_before": _said(assignments.get(name))}
        for name, assignment in new.items()
    ]
    if not profile_changes and not assignment_changes:
        return ()
    changes = {"profile_changes": profile_changes, "assignment_changes": assignment_changes}
    return _change_set(uow, GuidanceChangeSets(), {"title": _TITLE, **changes})


def _change_set(uow: UnitOfWork, kind: ChangeSetKind, change_set: Document) -> Sequence[ResourceWrite]:
    """Return what a set of changes has to write, by the rules that hold for one that is proposed."""
    kind.check(uow, change_set)
    return kind.wanted(uow.resources.catalog(kind.catalog), change_set)


def _licensing(uow: UnitOfWork, document: Document, entries: _Entries) -> Sequence[ResourceWrite]:
    catalog = uow.resources.catalog(CatalogName.licensing)
    definitions = catalog.all(ResourceType.license_definition)
    assets = catalog.all(ResourceType.licensed_asset)

    def define(definition: LicenseDefinition) -> list[ResourceWrite]:
        is_known = definition.license_id in definitions
        return list((replace_definition if is_known else create_definition)(definition)(uow))

    licenses = entries.listed(_list(document, "licenses"), ("license_id",), fold=str.casefold)
    defined = entries.read_all(licenses, TypeAdapter(LicenseDefinition))
    written = entries.good(_new_to(definitions, defined), define)
    # What is concluded already may name a licence that is out of use.
    rules = ReviewRules(licenses=dict.fromkeys((*definitions, *written), False))

    def describe(asset: LicensedAsset) -> ResourceWrite:
        check_name(asset.asset_kind, asset.asset_identifier)
        wanted = asset.model_dump(mode="json")
        check_licenses(wanted, None, rules)
        return ResourceWrite(resource_type=ResourceType.licensed_asset, key=asset.key, document=wanted)

    shown = entries.listed(_assets(document), ("asset_kind", "asset_identifier"))
    described = entries.read_all(shown, TypeAdapter(LicensedAsset))
    new = entries.good(_new_to(assets, described), describe)
    return [*(write for writes in written.values() for write in writes), *new.values()]


def _assets(document: Document) -> dict[str, object]:
    """Return the assets of an export; the models that it shows, too, come with the records."""
    views = {
        place: cast("dict[str, Any]", view) if isinstance(view, dict) else {}
        for place, view in _list(document, "assets").items()
    }
    return {
        place: stored_asset(view) for place, view in views.items() if view.get("asset_kind") != MODEL_KIND
    }


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _AliasEntry(_Entry):
    name: GroupName
    aliases: GroupNames


class _FamilyEntry(_Entry):
    name: NewFamilyName
    family_name: str | None = None
    members: Annotated[GroupNames, Field(min_length=1)]


class _SchemaEntry(_Entry):
    name: GroupName
    name_schema: TextModelGroupNameSchema


def _aliases(uow: UnitOfWork, document: Document, entries: _Entries) -> Sequence[ResourceWrite]:
    found = entries.read_all(_with_names(document), TypeAdapter(_AliasEntry))

    def edit(aliases: GroupAliases) -> GroupAliases:
        after = GroupAliases({name: aliases.entries[name] for name in aliases if name not in found})
        for name, entry in found.items():
            after = after.with_entry(name, entry.aliases)
        return after

    return edited_aliases(uow, edit)[1]


def _families(uow: UnitOfWork, document: Document, entries: _Entries) -> Sequence[ResourceWrite]:
    found = entries.read_all(_with_names(document), TypeAdapter(_FamilyEntry))

    def edit(families: GroupFamilies) -> GroupFamilies:
        after = GroupFamilies({name: families.members[name] for name in families if name not in found})
        for name, entry in found.items():
            after = after.with_family(name, entry.members)
        return after

    return edited_families(uow, edit)[1]


def _schemas(uow: UnitOfWork, document: Document, entries: _Entries) -> Sequence[ResourceWrite]:
    given = {name: {"name": name, "name_schema": schema} for name, schema in document.items()}

    def checked(entry: _SchemaEntry) -> TextModelGroupNameSchema:
        GroupNameSchemaUpdateRequest.model_validate(entry.name_schema.model_dump())
        return entry.name_schema

    found = entries.good(entries.read_all(given, TypeAdapter(_SchemaEntry)), checked)
    return edited_schemas(uow, lambda schemas: {**schemas, **found})[1]


_READERS: Final = MappingProxyType(
    {
        CatalogName.image_baselines: _baselines,
        CatalogName.licensing: _licensing,
        CatalogName.text_guidance: _guidance,
        CatalogName.text_aliases: _aliases,
        CatalogName.text_families: _families,
        CatalogName.text_name_schemas: _schemas,
    }
)


def _new_to(known: Mapping[str, Resource], found: Mapping[str, _M]) -> dict[str, _M]:
    """Return those that are not there, or not as they are found."""
    return {
        key: model
        for key, model in found.items()
        if key not in known
        or without_metadata(known[key].document) != without_metadata(model.model_dump(mode="json"))
    }


def _said(resource: Resource | None) -> Document | None:
    return None if resource is None else resource.document


def _with_names(document: Document) -> dict[str, object]:
    """Return entries that know how they are called."""
    return {
        name: {**cast("dict[str, Any]", entry), "name": name} if isinstance(entry, dict) else entry
        for name, entry in document.items()
    }


def _object(document: Document, part: str) -> dict[str, object]:
    value: object = document.get(part)
    if not isinstance(value, dict):
        raise InvalidRecordError(f"it has no {part}, which must be an object")
    return cast("dict[str, object]", value)


def _list(document: Document, part: str) -> dict[str, object]:
    """Return the entries of a list by where they are, such as ``assets.0``."""
    value: object = document.get(part)
    if not isinstance(value, list):
        raise InvalidRecordError(f"it has no {part}, which must be a list")
    return {f"{part}.{number}": entry for number, entry in enumerate(cast("list[object]", value))}
