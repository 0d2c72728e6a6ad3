"""What edits of aliases, families and name schemas of text models have to write (spec 23)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from horde_model_reference.catalog.text_directory import group_aliases, group_families, name_schemas
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_families import GroupFamilies
from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema
from horde_model_reference.review.ports import ResourceWrite, UnitOfWork

NameSchemas = Mapping[str, TextModelGroupNameSchema]


def edited_aliases(
    uow: UnitOfWork, edit: Callable[[GroupAliases], GroupAliases]
) -> tuple[GroupAliases, list[ResourceWrite]]:
    """Return the aliases after an edit, and what it has to write."""
    before = uow.resources.catalog(CatalogName.text_aliases).made(group_aliases)
    after = edit(before)
    writes = _writes(ResourceType.text_alias, _alias_documents(before), _alias_documents(after))
    return after, list(writes)


def edited_families(
    uow: UnitOfWork, edit: Callable[[GroupFamilies], GroupFamilies]
) -> tuple[GroupFamilies, list[ResourceWrite]]:
    """Return the families after an edit, and what it has to write."""
    before = uow.resources.catalog(CatalogName.text_families).made(group_families)
    after = edit(before)
    writes = _writes(ResourceType.text_family, _family_documents(before), _family_documents(after))
    return after, list(writes)


def edited_schemas(
    uow: UnitOfWork, edit: Callable[[NameSchemas], NameSchemas]
) -> tuple[NameSchemas, list[ResourceWrite]]:
    """Return the name schemas after an edit, and what it has to write."""
    before = uow.resources.catalog(CatalogName.text_name_schemas).made(name_schemas)
    after = edit(before)
    writes = _writes(ResourceType.text_name_schema, _schema_documents(before), _schema_documents(after))
    return after, list(writes)


def rename_writes(uow: UnitOfWork, old: str, new: str) -> list[ResourceWrite]:
    """Return what a new name of a group has to write; nothing where that is done already.

    The old name becomes an alias; the family and the saved schema go over to the new name.

    Raises:
        ConflictError: the new name is an alias of another group, or the old one is.
    """
    aliases = uow.resources.catalog(CatalogName.text_aliases).made(group_aliases)
    if aliases.canonical_of(old) == new:
        return []
    _, alias_writes = edited_aliases(uow, lambda aliases: aliases.renamed(old, new))
    _, family_writes = edited_families(uow, lambda families: families.renamed(old, new))
    _, schema_writes = edited_schemas(uow, lambda schemas: _renamed(schemas, old, new))
    return [*alias_writes, *family_writes, *schema_writes]


def _renamed(schemas: NameSchemas, old: str, new: str) -> NameSchemas:
    if old not in schemas:
        return schemas
    rest = {name: schema for name, schema in schemas.items() if name != old}
    return {new: schemas[old], **rest}


def _writes(
    resource_type: ResourceType, before: Mapping[str, Document], after: Mapping[str, Document]
) -> Iterator[ResourceWrite]:
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield ResourceWrite(resource_type=resource_type, key=key, document=after.get(key))


def _alias_documents(aliases: GroupAliases) -> dict[str, dict[str, Any]]:
    return {name: {"aliases": list(aliases.entries[name])} for name in aliases}


def _family_documents(families: GroupFamilies) -> dict[str, dict[str, Any]]:
    return {name: {"members": list(families.members[name])} for name in families}


def _schema_documents(schemas: NameSchemas) -> dict[str, dict[str, Any]]:
    return {name: schema.model_dump() for name, schema in schemas.items()}
