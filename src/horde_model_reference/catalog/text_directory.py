"""Aliases, families and name schemas of text models, out of the side resources (spec 23)."""

from collections.abc import Callable

from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_directory import TextDirectory
from horde_model_reference.domain.text_families import GroupFamilies
from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema

NameSchemas = dict[str, TextModelGroupNameSchema]

DIRECTORY_CATALOGS = (CatalogName.text_aliases, CatalogName.text_families, CatalogName.text_name_schemas)
"""What a directory is made of."""


def group_aliases(catalog: ResourceCatalog) -> GroupAliases:
    """Return the aliases of all groups."""
    found = catalog.all(ResourceType.text_alias)
    return GroupAliases({key: tuple(each.document["aliases"]) for key, each in found.items()})


def group_families(catalog: ResourceCatalog) -> GroupFamilies:
    """Return the families of all groups."""
    found = catalog.all(ResourceType.text_family)
    return GroupFamilies({key: tuple(each.document["members"]) for key, each in found.items()})


def name_schemas(catalog: ResourceCatalog) -> NameSchemas:
    """Return the saved name schemas by group."""
    return {
        key: TextModelGroupNameSchema.model_validate(
            {name: value for name, value in each.document.items() if name != "metadata"}
        )
        for key, each in catalog.all(ResourceType.text_name_schema).items()
    }


def text_directory(catalog_of: Callable[[CatalogName], ResourceCatalog]) -> TextDirectory:
    """Return everything that is said about the groups; each part is made once a revision."""
    aliases, families, schemas = map(catalog_of, DIRECTORY_CATALOGS)
    return TextDirectory(
        aliases=aliases.made(group_aliases),
        families=families.made(group_families),
        schemas=schemas.made(name_schemas),
    )
