"""What people have said about the groups of text models: aliases, families, name schemas (spec 23)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_families import GroupFamilies
from horde_model_reference.domain.text_group_schema import TextModelGroupNameSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDirectory:
    """Aliases, families and saved name schemas at one moment."""

    aliases: GroupAliases = field(default_factory=GroupAliases)
    families: GroupFamilies = field(default_factory=GroupFamilies)
    schemas: Mapping[str, TextModelGroupNameSchema] = field(
        default_factory=dict[str, TextModelGroupNameSchema]
    )
    """Saved schemas by the name of their group."""

    def names(self) -> frozenset[str]:
        """Return the names of groups, and the other names of these, of which anything is said."""
        aliases = chain.from_iterable(self.aliases.entries.values())
        members = chain.from_iterable(self.families.members.values())
        return frozenset(chain(self.aliases.entries, aliases, members, self.schemas))

    def schema_of(self, group: str) -> TextModelGroupNameSchema | None:
        """Return the saved schema of a group, else that of the group it is an alias of; None without one."""
        return self.schemas.get(group) or self.schemas.get(self.aliases.resolve(group))

    def schema_for(self, group: str) -> TextModelGroupNameSchema | None:
        """Return the same for a name that somebody typed: without one of its own, case doesn't count."""
        folded = group.casefold()
        others = (schema for name, schema in self.schemas.items() if name.casefold() == folded)
        return self.schema_of(group) or next(others, None)


NO_DIRECTORY = TextDirectory()
"""Where nobody has said anything."""
