"""What change sets to the image baselines mean (spec 24, Image baselines)."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.baseline_catalog import (
    ImageBaselineChange,
    ImageBaselineChangeSet,
    ImageBaselineRecord,
)
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import (
    OPEN_STATUSES,
    ChangeFilter,
    Document,
    Operation,
    ResourceKind,
)
from horde_model_reference.domain.errors import InvalidRecordError, RevisionConflictError
from horde_model_reference.domain.resources import CatalogName, Resource, ResourceType
from horde_model_reference.domain.validation import field_problems
from horde_model_reference.review.policy import check_name
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork

_TYPE: Final = ResourceType.image_baseline
_RESERVED: Final = frozenset({"export", "change-sets"})
"""Names that lead to something else in the addresses of baselines."""


class BaselineChangeSets:
    """Change sets to the catalogue of image baselines."""

    catalog: CatalogName = CatalogName.image_baselines
    parts: Mapping[ResourceType, str] = MappingProxyType({_TYPE: "baselines"})

    def wanted(self, catalog: ResourceCatalog, change_set: Document) -> Sequence[ResourceWrite]:
        """Return what the baselines that are named shall become."""
        del catalog
        return [
            ResourceWrite(resource_type=_TYPE, key=change.name, document=_wanted_document(change))
            for change in _read(change_set).changes
        ]

    def check(self, uow: UnitOfWork, change_set: Document) -> None:
        """Refuse a change set that does not fit the catalogue, the models or the queue.

        Raises:
            RevisionConflictError: a baseline is not what the proposer saw.
            InvalidRecordError: it breaks a rule.
        """
        changes = _read(change_set).changes
        known = uow.resources.catalog(self.catalog).all(_TYPE)
        for change in changes:
            _check_one(change, known.get(change.name))
        _check_names(_after(known, changes), [change.name for change in changes])
        removed = [known[change.name] for change in changes if change.operation == "delete"]
        if removed:
            _check_unused(uow, removed)


def _read(change_set: Document) -> ImageBaselineChangeSet:
    try:
        return ImageBaselineChangeSet.model_validate(change_set)
    except ValidationError as error:
        raise InvalidRecordError(
            "This is no change set for image baselines.", problems=field_problems(error)
        ) from error


def _wanted_document(change: ImageBaselineChange) -> Document | None:
    if change.operation == "delete" or change.record is None:
        return None
    return change.record.model_dump(mode="json")


def _check_one(change: ImageBaselineChange, current: Resource | None) -> None:
    name = change.name
    if change.operation == "delete" and current is None:
        raise InvalidRecordError(f"There is no image baseline {name!a} to delete.")
    if change.operation == "upsert":
        if change.record is None:
            raise InvalidRecordError(f"To write the image baseline {name!a}, its record is needed.")
        if change.record.name != name:
            raise InvalidRecordError(f"The image baseline is called {change.record.name!a}, not {name!a}.")
        _check_address(name)
        for alternative in change.record.alternative_names:
            check_name(_TYPE, alternative)
    if _record(current) != change.expected_before:
        raise RevisionConflictError(f"The image baseline {name!a} is not what was expected to be there.")


def _check_address(name: str) -> None:
    check_name(_TYPE, name)
    if "/" in name or name in _RESERVED:
        raise InvalidRecordError(f"An image baseline can't be called {name!a}.")


def _record(resource: Resource | None) -> ImageBaselineRecord | None:
    return None if resource is None else ImageBaselineRecord.model_validate(resource.document)


def _after(
    known: Mapping[str, Resource], changes: Iterable[ImageBaselineChange]
) -> dict[str, tuple[str, ...]]:
    """Return all names of each baseline as they will be."""
    names = {name: _names(resource) for name, resource in known.items()}
    for change in changes:
        names.pop(change.name, None)
        if change.record is not None and change.operation == "upsert":
            names[change.name] = (change.name, *change.record.alternative_names)
    return names


def _names(resource: Resource) -> tuple[str, ...]:
    return (resource.key, *resource.document["alternative_names"])


def _check_names(names: Mapping[str, Sequence[str]], touched: Iterable[str]) -> None:
    for name in touched:
        own = set(names.get(name, ()))
        for other, taken in names.items():
            if other != name and (shared := own.intersection(taken)):
                raise InvalidRecordError(
                    f"{min(shared)!a} would be a name of two image baselines, {name!a} and {other!a}."
                )


def _check_unused(uow: UnitOfWork, removed: Iterable[Resource]) -> None:
    owner_of: dict[object, str] = {name: found.key for found in removed for name in _names(found)}
    for model, baseline in _baselines_in_use(uow):
        if (owner := owner_of.get(baseline)) is not None:
            raise InvalidRecordError(f"The image baseline {owner!a} is used by {model!a}.")


def _baselines_in_use(uow: UnitOfWork) -> Iterable[tuple[str, object]]:
    """Return the image models, and those that are proposed, with the baseline that each names."""
    for name, document in uow.records.documents(Category.image_generation):
        yield name, document.get("baseline")
    wanted = ChangeFilter(statuses=OPEN_STATUSES, categories=(Category.image_generation,))
    for change in uow.changes.find(wanted).items:
        is_model = change.resource_kind is ResourceKind.model_reference
        if is_model and change.operation is not Operation.delete and change.payload is not None:
            yield change.model_name, change.payload.get("baseline")
