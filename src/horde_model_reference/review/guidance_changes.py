"""What change sets to the prompting guidance of text models mean (spec 24, Text guidance)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Final

from pydantic import TypeAdapter, ValidationError

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.errors import InvalidRecordError, RevisionConflictError
from horde_model_reference.domain.resources import CatalogName, Resource, ResourceType
from horde_model_reference.domain.text_guidance import (
    GuidanceAssignmentChange,
    GuidanceProfileChange,
    TextGuidanceAssignment,
    TextGuidanceChangeSet,
    TextProfile,
    TextPromptContract,
    TextUsageRecipe,
)
from horde_model_reference.domain.text_parts import KNOWN_TEXT_SETTINGS
from horde_model_reference.domain.validation import field_problems
from horde_model_reference.formats.text_names import has_backend_prefix
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork

_PROFILE: Final = ResourceType.guidance_profile
_ASSIGNMENT: Final = ResourceType.guidance_assignment

Profile = TextPromptContract | TextUsageRecipe


class GuidanceChangeSets:
    """Change sets to the catalogue of prompting guidance."""

    catalog: CatalogName = CatalogName.text_guidance
    parts: Mapping[ResourceType, str] = MappingProxyType({_PROFILE: "profiles", _ASSIGNMENT: "assignments"})

    def __init__(self) -> None:
        self._profiles = _ProfileReader()

    def wanted(self, catalog: ResourceCatalog, change_set: Document) -> Sequence[ResourceWrite]:
        """Return what the profiles and assignments that are named shall become."""
        read = _read(change_set)
        return [
            *(self._wanted_profile(catalog, change) for change in read.profile_changes),
            *(_wanted_assignment(change) for change in read.assignment_changes),
        ]

    def check(self, uow: UnitOfWork, change_set: Document) -> None:
        """Refuse a change set that does not fit the catalogue or the models; orphans elsewhere don't matter.

        Raises:
            RevisionConflictError: a profile or assignment is not what the proposer saw.
            InvalidRecordError: it breaks a rule.
        """
        read = _read(change_set)
        catalog = uow.resources.catalog(self.catalog)
        profiles = {key: self._profiles.of(found) for key, found in catalog.all(_PROFILE).items()}
        assignments = {key: _assignment(found) for key, found in catalog.all(_ASSIGNMENT).items()}
        for profile_change in read.profile_changes:
            _check_profile(profile_change, profiles.get(profile_change.profile_id))
        for change in read.assignment_changes:
            _check_assignment(uow, change, assignments.get(change.model_name))
        _apply(read, profiles, assignments)
        touched = {change.profile_id for change in read.profile_changes}
        _check_aliases(profiles, touched)
        named = {change.model_name for change in read.assignment_changes}
        for name, assignment in assignments.items():
            uses_touched = not touched.isdisjoint(assignment.profile_ids())
            if name in named or (uses_touched and _is_model(uow, name)):
                _check_profiles_of(assignment, profiles)

    def _wanted_profile(self, catalog: ResourceCatalog, change: GuidanceProfileChange) -> ResourceWrite:
        current = catalog.all(_PROFILE).get(change.profile_id)
        profile = change.profile
        if change.operation == "deprecate":
            profile = profile or (None if current is None else self._profiles.of(current))
            profile = None if profile is None else profile.model_copy(update={"deprecated": True})
        document = None if profile is None else profile.model_dump(mode="json")
        return ResourceWrite(resource_type=_PROFILE, key=change.profile_id, document=document)


class _ProfileReader:
    """Reads stored profiles; the means for that are made on first use."""

    @cached_property
    def _adapter(self) -> TypeAdapter[Profile]:
        return TypeAdapter(TextProfile)

    def of(self, resource: Resource) -> Profile:
        return self._adapter.validate_python(resource.document)


def _read(change_set: Document) -> TextGuidanceChangeSet:
    try:
        return TextGuidanceChangeSet.model_validate(change_set)
    except ValidationError as error:
        raise InvalidRecordError(
            "This is no change set for prompting guidance.", problems=field_problems(error)
        ) from error


def _assignment(resource: Resource) -> TextGuidanceAssignment:
    return TextGuidanceAssignment.model_validate(resource.document)


def _wanted_assignment(change: GuidanceAssignmentChange) -> ResourceWrite:
    document = None if change.assignment is None else change.assignment.model_dump(mode="json")
    return ResourceWrite(resource_type=_ASSIGNMENT, key=change.model_name, document=document)


def _check_profile(change: GuidanceProfileChange, current: Profile | None) -> None:
    name, profile = change.profile_id, change.profile
    if current != change.expected_before:
        raise RevisionConflictError(f"The profile {name!a} is not what was expected to be there.")
    if change.operation == "create" and current is not None:
        raise InvalidRecordError(f"There is a profile {name!a} already.")
    if change.operation != "create" and current is None:
        raise InvalidRecordError(f"There is no profile {name!a} to {change.operation}.")
    if profile is None:
        if change.operation != "deprecate":
            raise InvalidRecordError(f"To {change.operation} the profile {name!a}, it is needed itself.")
        return
    _check_content(name, profile)


def _check_content(name: str, profile: Profile) -> None:
    if profile.profile_id != name:
        raise InvalidRecordError(f"The profile is called {profile.profile_id!a}, not {name!a}.")
    if not all(text.strip() for text in (profile.display_name, *profile.aliases)):
        raise InvalidRecordError(f"The profile {name!a} has a blank name or alias.")
    if unknown := sorted(profile.setting_names() - KNOWN_TEXT_SETTINGS):
        raise InvalidRecordError(f"{', '.join(map(ascii, unknown))}: no known generation setting.")


def _check_assignment(
    uow: UnitOfWork, change: GuidanceAssignmentChange, current: TextGuidanceAssignment | None
) -> None:
    name = change.model_name
    if current != change.expected_before:
        raise RevisionConflictError(f"The assignment of {name!a} is not what was expected to be there.")
    if change.assignment is None:
        if current is None:
            raise InvalidRecordError(f"There is no assignment of {name!a} to take away.")
        return
    if change.assignment.model_name != name:
        raise InvalidRecordError(f"The assignment is for {change.assignment.model_name!a}, not {name!a}.")
    if not is_assignable(uow, name):
        raise InvalidRecordError(f"{name!a} is no text model that guidance can be assigned to.")


def is_assignable(uow: UnitOfWork, name: str) -> bool:
    """Tell whether guidance can be assigned to a name: to models, not to their copies under backend names."""
    return not has_backend_prefix(name) and _is_model(uow, name)


def _is_model(uow: UnitOfWork, name: str) -> bool:
    # Not every database can be asked for a name with NUL in it, and no model has one.
    return "\0" not in name and uow.records.head(Category.text_generation, name) is not None


def _apply(
    change_set: TextGuidanceChangeSet,
    profiles: dict[str, Profile],
    assignments: dict[str, TextGuidanceAssignment],
) -> None:
    """Bring both to the state that the change set wants."""
    for change in change_set.profile_changes:
        profile = change.profile or profiles[change.profile_id]
        is_out = change.operation == "deprecate" or profile.deprecated
        profiles[change.profile_id] = profile.model_copy(update={"deprecated": is_out})
    for assigned in change_set.assignment_changes:
        if assigned.assignment is None:
            assignments.pop(assigned.model_name, None)
        else:
            assignments[assigned.model_name] = assigned.assignment


def _check_aliases(profiles: Mapping[str, Profile], touched: Iterable[str]) -> None:
    owners: dict[str, list[str]] = {}
    for profile_id, alias in _aliases(profiles):
        owners.setdefault(alias.casefold(), []).append(profile_id)
    wanted = set(touched)
    for alias, found in owners.items():
        if len(found) > 1 and not wanted.isdisjoint(found):
            raise InvalidRecordError(f"The alias {alias!a} would be shared: {', '.join(sorted(set(found)))}.")


def _aliases(profiles: Mapping[str, Profile]) -> Iterator[tuple[str, str]]:
    for profile_id, profile in profiles.items():
        for alias in profile.aliases:
            yield profile_id, alias


def _check_profiles_of(assignment: TextGuidanceAssignment, profiles: Mapping[str, Profile]) -> None:
    _check_active(assignment, assignment.primary_profile_id, profiles, TextPromptContract)
    for profile_id in assignment.supplemental_profile_ids:
        _check_active(assignment, profile_id, profiles, TextUsageRecipe)


def _check_active(
    assignment: TextGuidanceAssignment,
    profile_id: str,
    profiles: Mapping[str, Profile],
    kind: type[Profile],
) -> None:
    profile = profiles.get(profile_id)
    if not isinstance(profile, kind) or profile.deprecated:
        told = "prompt contract" if kind is TextPromptContract else "usage recipe"
        raise InvalidRecordError(
            f"{assignment.model_name!a} would have {profile_id!a}, which is no active {told}."
        )
