"""Editing licences and licensed assets: the rules, each checked inside the transaction (spec 24)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.changes import ChangeFilter, ChangeStatus, Document
from horde_model_reference.domain.errors import (
    InvalidRecordError,
    PreconditionFailedError,
    ResourceExistsError,
    ResourceInUseError,
    ResourceNotFoundError,
)
from horde_model_reference.domain.license_expressions import spdx_identifiers
from horde_model_reference.domain.licensing import LicensedAsset, LicenseDefinition
from horde_model_reference.domain.resources import CatalogName, Resource, ResourceType
from horde_model_reference.review.policy import ReviewRules, check_licenses, check_name, rules_now
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork
from horde_model_reference.review.resources import Plan

Precondition = Callable[[Resource], bool]
"""Tells whether a resource is still what the editor looked at."""

_OPEN: Final = ChangeFilter(statuses=(ChangeStatus.pending, ChangeStatus.approved))
_NAMED_AT_MOST: Final = 3
_RESERVED: Final = frozenset({"noassertion", "none"})


def whatever_it_is(_resource: Resource) -> bool:
    """Let an edit through, whatever the editor looked at."""
    return True


def create_definition(definition: LicenseDefinition) -> Plan:
    """Return the plan for a new licence.

    It raises InvalidRecordError where the identifiers are not what SPDX lists, and ResourceExistsError for an
    id that is taken, in whichever case: SPDX makes no difference there.
    """

    def plan(uow: UnitOfWork) -> list[ResourceWrite]:
        _check_definition(definition)
        known = _definitions(uow)
        taken = {key.casefold(): key for key in known}.get(definition.license_id.casefold())
        if taken is not None:
            raise ResourceExistsError(f"There is a licence {taken!a} already.")
        return [_write(ResourceType.license_definition, definition.license_id, definition)]

    return plan


def replace_definition(definition: LicenseDefinition, *, condition: Precondition = whatever_it_is) -> Plan:
    """Return the plan for another definition of a licence; it may raise ResourceNotFoundError and others."""

    def plan(uow: UnitOfWork) -> list[ResourceWrite]:
        current = _existing(_definitions(uow), definition.license_id, "licence")
        _check_definition(definition)
        _check(condition, current)
        return [_write(ResourceType.license_definition, definition.license_id, definition)]

    return plan


def delete_definition(license_id: str, *, condition: Precondition = whatever_it_is) -> Plan:
    """Return the plan for the end of a licence.

    It raises ResourceInUseError where a model, a file of one, an asset or an open change names the licence.
    """

    def plan(uow: UnitOfWork) -> list[ResourceWrite]:
        current = _existing(_definitions(uow), license_id, "licence")
        _check_unused(uow, license_id)
        _check(condition, current)
        return [_write(ResourceType.license_definition, license_id, None)]

    return plan


def create_asset(asset: LicensedAsset) -> Plan:
    """Return the plan for a new asset.

    It raises ResourceExistsError, or InvalidRecordError for licences that are not to be used.
    """

    def plan(uow: UnitOfWork) -> list[ResourceWrite]:
        check_name(asset.asset_kind, asset.asset_identifier)
        if asset.key in _assets(uow):
            raise ResourceExistsError(f"There is an asset {asset.key!a} already.")
        check_licenses(_document(asset), None, _rules(uow))
        return [_write(ResourceType.licensed_asset, asset.key, asset)]

    return plan


def replace_asset(asset: LicensedAsset, *, condition: Precondition = whatever_it_is) -> Plan:
    """Return the plan for another description of an asset.

    A conclusion that stays as it is may name a licence that was deprecated since.
    """

    def plan(uow: UnitOfWork) -> list[ResourceWrite]:
        current = _existing(_assets(uow), asset.key, "asset")
        check_licenses(_document(asset), current.document, _rules(uow))
        _check(condition, current)
        return [_write(ResourceType.licensed_asset, asset.key, asset)]

    return plan


def delete_asset(key: str, *, condition: Precondition = whatever_it_is) -> Plan:
    """Return the plan for the end of an asset; it may raise ResourceNotFoundError."""

    def plan(uow: UnitOfWork) -> list[ResourceWrite]:
        _check(condition, _existing(_assets(uow), key, "asset"))
        return [_write(ResourceType.licensed_asset, key, None)]

    return plan


def licenses_named(document: Document) -> frozenset[str]:
    """Return the licences that a record or an asset names, for itself or for one of its files."""
    licensing: Document = document.get("licensing") or {}
    files: Mapping[str, Document] = licensing.get("files") or {}
    return frozenset(each for part in (licensing, *files.values()) for each in part.get("license_ids") or ())


def _check_definition(definition: LicenseDefinition) -> None:
    if not definition.name.strip() or not definition.canonical_url.strip():
        raise InvalidRecordError("A licence needs a name, and an address where its text is.")
    license_id, spdx_identifier = definition.license_id, definition.spdx_identifier
    known = spdx_identifiers()
    if license_id.casefold() in _RESERVED:
        raise InvalidRecordError(f"{license_id!a} says that there is no licence, or that nobody looked.")
    if license_id not in known and (spelling := _spelt_otherwise(license_id, known)):
        raise InvalidRecordError(f"SPDX spells {license_id!a} {spelling}.")
    if spdx_identifier is None:
        return
    if spdx_identifier not in known:
        spelling = _spelt_otherwise(spdx_identifier, known)
        hint = f"; it spells it {spelling}" if spelling else ""
        raise InvalidRecordError(f"SPDX does not list {spdx_identifier!a}{hint}.")
    if license_id in known and license_id != spdx_identifier:
        raise InvalidRecordError(f"SPDX lists {license_id!a} itself, not as {spdx_identifier!a}.")


def _spelt_otherwise(identifier: str, known: Iterable[str]) -> str | None:
    return next((each for each in known if each.casefold() == identifier.casefold()), None)


def _check_unused(uow: UnitOfWork, license_id: str) -> None:
    users = list(_users(uow, license_id))
    if not users:
        return
    named = ", ".join(users[:_NAMED_AT_MOST])
    more = f" and {len(users) - _NAMED_AT_MOST} others" if len(users) > _NAMED_AT_MOST else ""
    raise ResourceInUseError(f"The licence {license_id!a} is used by {named}{more}.")


def _users(uow: UnitOfWork, license_id: str) -> Iterator[str]:
    for category, name, document in uow.records.mentioning(f'"{license_id}"'):
        if license_id in licenses_named(document):
            yield f"{category}:{name}"
    for key, asset in _assets(uow).items():
        if license_id in licenses_named(asset.document):
            yield key
    for change in uow.changes.find(_OPEN).items:
        if license_id in licenses_named(change.payload or {}):
            yield f"change {change.change_id}"


def _check(condition: Precondition, current: Resource) -> None:
    if not condition(current):
        raise PreconditionFailedError(
            f"{current.key!a} is at revision {current.revision}, which is not what you looked at."
        )


def _existing(known: Mapping[str, Resource], key: str, what: str) -> Resource:
    if key not in known:
        raise ResourceNotFoundError(f"There is no {what} {key!a}.")
    return known[key]


def _licensing(uow: UnitOfWork) -> ResourceCatalog:
    return uow.resources.catalog(CatalogName.licensing)


def _definitions(uow: UnitOfWork) -> Mapping[str, Resource]:
    return _licensing(uow).all(ResourceType.license_definition)


def _assets(uow: UnitOfWork) -> Mapping[str, Resource]:
    return _licensing(uow).all(ResourceType.licensed_asset)


def _rules(uow: UnitOfWork) -> ReviewRules:
    return rules_now(uow, ReviewRules(follows_catalogs=True))


def _write(
    resource_type: ResourceType, key: str, model: LicenseDefinition | LicensedAsset | None
) -> ResourceWrite:
    return ResourceWrite(
        resource_type=resource_type, key=key, document=None if model is None else _document(model)
    )


def _document(model: LicenseDefinition | LicensedAsset) -> dict[str, Any]:
    return model.model_dump(mode="json")
